"""The admin's pages as tests use them: who looks at them, and their forms as a browser fills them in."""

from typing import Any

from bs4 import BeautifulSoup, Tag
from django.apps import apps
from django.contrib.auth.models import Group, User
from django.test import Client
from django.urls import reverse

from scraping import pipeline, roles
from scraping.models import Run, Source


def person(name: str, role: str = "") -> User:
    """Somebody on the staff: in a role, or, without one, a superuser."""
    user = User.objects.create(username=name, is_staff=True, is_superuser=not role)
    if role:
        roles.make(apps)
        user.groups.add(Group.objects.get(name=role))
    return user


def signed_in(user: User, **options: Any) -> Client:
    client = Client(**options)
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def page(client: Client, address: str) -> BeautifulSoup:
    response = client.get(address)
    assert response.status_code == 200, (address, response.status_code)
    return BeautifulSoup(response.content, "lxml")


def filled(soup: BeautifulSoup, form_id: str) -> dict[str, Any]:
    """What a browser would send of a form that nobody touched."""
    form = soup.find("form", id=form_id)
    assert isinstance(form, Tag), form_id
    data: dict[str, Any] = {}
    for field in form.find_all(["input", "textarea", "select"]):
        name, kind = field.get("name"), field.get("type", "")
        if (
            not name
            or kind in {"submit", "button"}
            or (kind in {"checkbox", "radio"} and not field.has_attr("checked"))
        ):
            continue
        if field.name == "select":
            chosen = [option.get("value", option.text) for option in field.find_all("option", selected=True)]
            data[name] = chosen if field.has_attr("multiple") else (chosen or [""])[0]
        elif field.name == "textarea":
            data[name] = field.text.removeprefix("\n")
        else:
            data[name] = field.get("value", "on" if kind == "checkbox" else "")
    return data


def messages_on(response: Any) -> list[str]:
    return [str(message) for message in response.context["messages"]]


def change(obj: object) -> str:
    return reverse(f"admin:{obj._meta.app_label}_{obj._meta.model_name}_change", args=[obj.pk])


def changelist(model: type) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")


def finished(source: Source, outcome: str, reason: str = "") -> Run:
    run = Run.objects.create(list=source.list, source=source)
    pipeline.finish(run, outcome, reason=reason)
    return run
