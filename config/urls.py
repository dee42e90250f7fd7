"""Where everything is."""

from django.contrib import admin
from django.urls import include, path

from config import api
from config.health import healthz

urlpatterns = [
    path("admin/workbench/", include("scraping.workbench.urls")),
    path("admin/", admin.site.urls),
    path("api/", api.urls),
    path("healthz", healthz, name="healthz"),
    path("", include("procurement.urls_exports")),
    path("", include("procurement.urls")),
]
