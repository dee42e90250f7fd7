"""The addresses of the pages. Those of exports end in an extension, see procurement/exports."""

from django.urls import path

from procurement.views import changes, comparisons, evidence, home, lists, search, vendors

urlpatterns = [
    path("", home.home, name="home"),
    path("lists/", lists.lists, name="lists"),
    path("lists/<slug:slug>/", lists.list_now, name="list"),
    path("lists/<slug:slug>/on/", lists.as_of_form, name="as-of-form"),
    path("lists/<slug:slug>/on/<str:day>/", lists.as_of, name="as-of"),
    path("lists/<slug:slug>/compare/", comparisons.comparison_form, name="comparison-form"),
    path("lists/<slug:slug>/compare/<str:ends>/", comparisons.comparison, name="comparison"),
    path("changes/", changes.changes, name="changes"),
    path("vendors/", vendors.vendors, name="vendors"),
    path("vendors/<slug:slug>/", vendors.vendor, name="vendor"),
    path("snapshots/<int:pk>/", evidence.snapshot, name="snapshot"),
    path("captures/<int:pk>/raw", evidence.raw, name="capture-raw"),
    path("search/", search.search, name="search"),
]
