"""Where the workbench is: under /admin/workbench/, before the admin's own addresses."""

from django.urls import path

from scraping.workbench import catalogue_views, folder_views, place_views, views

urlpatterns = [
    path("", views.start, name="workbench"),
    path("draft/<slug:key>/", views.see, name="workbench-see"),
    path("draft/<slug:key>/page", views.as_received, name="workbench-page"),
    path("draft/<slug:key>/original", views.original, name="workbench-original"),
    path("draft/<slug:key>/list/", place_views.place, name="workbench-place"),
    path("run/<int:pk>/", place_views.outcome, name="workbench-outcome"),
    path("catalogue/", catalogue_views.show, name="workbench-catalogue"),
    path("folder/", folder_views.upload, name="workbench-folder"),
    path("folder/<slug:key>/", folder_views.progress, name="workbench-import"),
]
