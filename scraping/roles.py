"""Who may do what: three groups that cover the work. Others may be added beside them in the admin."""

from __future__ import annotations

from typing import Any

APPS = ["vendors", "procurement", "scraping"]
DECIDE = "procurement.decide_snapshot"


def _all_of(app_label: str, *names: str) -> list[str]:
    return [f"{app_label}.{verb}_{name}" for name in names for verb in ("add", "change", "delete")]


# Permissions beyond looking at everything, which each role has.
ROLES: dict[str, list[str]] = {
    "analyst": [],
    "curator": [
        *_all_of("vendors", "vendor", "alias", "identifier", "ownership"),
        "vendors.change_printedname",
        *_all_of("procurement", "report", "statement"),
        DECIDE,
    ],
    "operator": [*_all_of("scraping", "source"), *_all_of("procurement", "authority", "vendorlist"), DECIDE],
}


def make(apps: Any) -> None:
    """Make the groups, and give each what its role needs and it does not have yet. What was given besides, stays.

    Permissions of models that exist already are needed; `apps` is a registry, a migration's or the project's own.
    """
    group_model, permission_model = apps.get_model("auth", "Group"), apps.get_model("auth", "Permission")
    content_types = apps.get_model("contenttypes", "ContentType")
    snapshot, _ = content_types.objects.get_or_create(app_label="procurement", model="snapshot")
    permission_model.objects.get_or_create(
        content_type=snapshot,
        codename="decide_snapshot",
        defaults={"name": "Can publish, withdraw and restore snapshots"},
    )
    looking = permission_model.objects.filter(content_type__app_label__in=APPS, codename__startswith="view_")
    log = permission_model.objects.filter(content_type__app_label="admin", codename="view_logentry")
    for role, names in ROLES.items():
        group, _ = group_model.objects.get_or_create(name=role)
        group.permissions.add(*looking, *log)
        for name in names:
            app_label, codename = name.split(".")
            group.permissions.add(permission_model.objects.get(content_type__app_label=app_label, codename=codename))
