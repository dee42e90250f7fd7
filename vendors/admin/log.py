"""The log: who curated what, and when."""

from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.utils.html import format_html
from django.utils.safestring import SafeString

from vendors.admin.base import ReadOnlyAdmin


@admin.register(LogEntry)
class LogEntryAdmin(ReadOnlyAdmin):
    """What people did in the admin. Nothing is taken out of it."""

    list_display = ["action_time", "user", "what", "record", "message"]
    list_display_links = ["action_time"]
    list_filter = ["action_flag", ("content_type", admin.RelatedOnlyFieldListFilter)]
    list_select_related = ["user", "content_type"]
    search_fields = ["object_repr", "user__username__exact"]
    search_help_text = "Part of a record's name, or a whole user name."
    fields = ["action_time", "user", "content_type", "record", "what", "message"]

    @admin.display(description="action")
    def what(self, entry: LogEntry) -> str:
        return entry.get_action_flag_display()

    @admin.display(description="record")
    def record(self, entry: LogEntry) -> SafeString | str:
        address = entry.get_admin_url()
        if entry.is_deletion() or not address:
            return entry.object_repr
        return format_html('<a href="{}">{}</a>', address, entry.object_repr)

    @admin.display(description="what was said")
    def message(self, entry: LogEntry) -> str:
        return entry.get_change_message()
