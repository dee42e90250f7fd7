"""What every question to the API may carry, and how a wrong one is refused."""

from collections.abc import Callable
from functools import wraps
from typing import Any, get_origin, get_type_hints

from django.http import HttpRequest, QueryDict
from ninja import Field, Schema
from ninja.errors import HttpError, ValidationError
from ninja.parser import Parser
from pydantic import BaseModel

from procurement.tables import Table

MOST_ITEMS = 1000
DEEPEST = 100_000


class Paging(Schema):
    limit: int = Field(100, ge=1, le=MOST_ITEMS, description="Items on a page.")
    offset: int = Field(0, ge=0, le=DEEPEST, description="Items to pass over; beyond, take the export instead.")


class BlankIsAbsent(Parser):
    """Takes a blank parameter for one that is not given, as forms send it."""

    def parse_querydict(self, data: Any, list_fields: list[str], request: HttpRequest) -> dict[str, Any]:
        given = QueryDict(mutable=True)
        for name, values in data.lists():
            if kept := [value for value in values if value]:
                given.setlist(name, kept)
        return dict(super().parse_querydict(given, list_fields, request))


def strict(view: Callable[..., Any]) -> Callable[..., Any]:
    """Refuse parameters that a view does not know: a filter that is misspelt must not pass for one that is obeyed."""
    known: dict[str, bool] = {}  # name: whether it may be repeated
    for hint in get_type_hints(view).values():
        if isinstance(hint, type) and issubclass(hint, BaseModel):
            for name, field in hint.model_fields.items():
                known[field.alias or name] = get_origin(field.annotation) is list

    @wraps(view)
    def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        for name, values in request.GET.lists():
            if name not in known:
                asked = ", ".join(sorted(known)) or "none"
                raise HttpError(400, f"“{name}” is no parameter of this address. It takes: {asked}.")
            if len(values) > 1 and not known[name]:
                raise HttpError(400, f"“{name}” is given {len(values)} times. Give it once.")
            if any("\0" in value for value in values):
                raise HttpError(400, f"“{name}” holds a NUL, which no text has. Take it out.")
        return view(request, *args, **kwargs)

    return checked


def sentence(error: ValidationError) -> str:
    """What is wrong with the parameters, in words."""
    return " ".join(f"{_name(problem['loc'])}: {problem['msg'].rstrip('.')}." for problem in error.errors)


def _name(location: tuple[str | int, ...]) -> str:
    """Which parameter an error is about. Of one of several values, the framework says the argument's name before."""
    names = [str(part) for part in location[1:] if isinstance(part, str)]
    return names[1] if len(names) > 1 else names[0]


def page(request: HttpRequest, table: Table[Any], paging: Paging) -> dict[str, Any]:
    """One page of a table, with the address of the next."""
    count = table.count()
    following = paging.offset + paging.limit
    after = None
    if following < count:
        query = request.GET.copy()
        query["limit"], query["offset"] = str(paging.limit), str(following)
        after = request.build_absolute_uri(f"{request.path}?{query.urlencode()}")
    return {"items": table.page(paging.offset, paging.limit), "count": count, "next": after}
