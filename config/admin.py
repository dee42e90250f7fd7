from django.contrib import admin


class AdminSite(admin.AdminSite):
    """Where curation happens."""

    site_header = "Whitelist Tracker"
    site_title = "Whitelist Tracker"
    index_title = "Curation and operation"
    site_url = "/"
