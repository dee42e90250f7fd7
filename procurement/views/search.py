"""One search over everything."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from procurement import searching
from procurement.models import FOREVER

# Below these a likeness suggests nothing: who typed no name, and found rows, is not asked whether it was one.
_LIKELY, _VERY_LIKELY = 0.65, 0.85


@require_safe
def search(request: HttpRequest) -> HttpResponse:
    """Vendors, lists, rows and statements that hold the text `q`, in any script."""
    text = searching.clean(request.GET.get("q", ""))
    results = searching.search(text)
    enough = _VERY_LIKELY if results.count else _LIKELY
    context = {
        "search_text": text,
        "results": results,
        "suggestions": [s for s in results.suggestions if s.score >= enough][:3],
        "cut": len(request.GET.get("q", "")) > searching.LONGEST,
        "longest": searching.LONGEST,
        "forever": FOREVER,
    }
    return render(request, "procurement/search.html", context)
