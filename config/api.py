"""The API as one object: its title, its description, its page for people, and how it says that something is wrong."""

import logging
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.urls import URLPattern, re_path
from ninja import NinjaAPI, Swagger
from ninja.errors import HttpError, ValidationError
from ninja.operation import Operation

from procurement.api.asking import BlankIsAbsent, sentence
from procurement.api.routes import router

logger = logging.getLogger(__name__)

_ABOUT = """
What governments' lists of approved, preferred and excluded vendors said, when, and on what evidence.

Everything is read-only and needs no key. Items come as `{"items": […], "count": n, "next": address or null}`; errors as
`{"error": "a sentence"}`. Times are UTC. A date means the list *as last observed on or before its end*; a vendor that
was not observed is not thereby absent. Evidence is given as addresses of snapshots on this site.
"""


class ApiPage(Swagger):
    """The browser's page, all of it from this site."""

    template = "api_docs.html"


class Api(NinjaAPI):
    """Names each operation by what it is about, not by the module that answers."""

    def get_openapi_operation_id(self, operation: Operation) -> str:
        return operation.view_func.__name__


api = Api(
    title="Whitelist Tracker",
    version="1",
    description=_ABOUT,
    openapi_url="/openapi.json",
    docs_url="/docs",
    # Swagger's page would send the schema's address to a validator elsewhere.
    docs=ApiPage(settings={"validatorUrl": None, "supportedSubmitMethods": ["get"]}),
    urls_namespace="api",
    parser=BlankIsAbsent(),
)
api.add_router("/v1", router)


def _error(message: str, status: int) -> HttpResponse:
    return JsonResponse({"error": message}, status=status, json_dumps_params={"ensure_ascii": False})


@api.exception_handler(HttpError)
def _refused(request: HttpRequest, error: HttpError) -> HttpResponse:
    return _error(str(error), error.status_code)


@api.exception_handler(ValidationError)
def _not_understood(request: HttpRequest, error: ValidationError) -> HttpResponse:
    return _error(sentence(error), 400)


@api.exception_handler(Exception)
def _failed(request: HttpRequest, error: Exception) -> HttpResponse:
    logger.exception("%s failed", request.path, exc_info=error)
    return _error("This failed on our side and has been logged. Try again later, or with a narrower question.", 500)


def _reading(view: Callable[..., Any]) -> Callable[..., HttpResponse]:
    """Answers HEAD as GET, and says in the API's own words that it takes nothing else."""

    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.method == "HEAD":
            request.method = "GET"
        if request.method != "GET":
            refused = _error(f"This address can only be read: use GET, not {request.method}.", 405)
            refused.headers["Allow"] = "GET, HEAD"
            return refused
        try:
            response: HttpResponse = view(request, *args, **kwargs)
            return response
        except Http404:
            return missing(request)

    answer.csrf_exempt = True  # type: ignore[attr-defined]
    return answer


def missing(request: HttpRequest) -> HttpResponse:
    """What is said of an address under /api/ that is none."""
    return _error("There is nothing at this address. What there is stands in /api/openapi.json and /api/docs.", 404)


def _patterns() -> list[URLPattern]:
    patterns = [pattern for pattern in api.urls[0] if isinstance(pattern, URLPattern)]
    reading = [URLPattern(p.pattern, _reading(p.callback), p.default_args, p.name) for p in patterns]
    return [*reading, re_path(r"^[\s\S]*\Z", missing)]


urls = (_patterns(), "ninja", api.urls_namespace)
