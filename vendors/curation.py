"""What a curator decides about names. Every change of a link goes through here, in one transaction with its cause.

A printed name follows the aliases: one vendor's alias with its key links it, none unlinks it, and where several vendors
have that key it stays as a person linked it. The receivers at the end keep this true however an alias is changed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from typing import Any

from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Model
from django.db.models.signals import post_delete, post_init, post_save, pre_delete
from django.dispatch import Signal, receiver

from vendors import index, names
from vendors.models import Alias, PrintedName, Vendor

# Sent inside the transaction, with names: list[int], the PrintedNames whose vendor changed.
names_relinked = Signal()

_CHUNK = 2000


def add_alias(
    vendor: Vendor, text: str, *, language: str = "", source: str = "", by: AbstractBaseUser | None = None
) -> Alias:
    """Gives a vendor a name, which links every printed name with the same key, past and to come.

    An alias that the vendor has already is returned as it is. Raises ValidationError where the name shows nothing, is
    too long, or is another vendor's.
    """
    key = names.name_key(text)
    if not key:
        raise ValidationError("The name is empty. Write the name as it is printed.")
    with transaction.atomic():
        same = list(Alias.objects.select_related("vendor").filter(key=key))
        for alias in same:
            if alias.vendor_id == vendor.pk:
                return alias
        if same:
            raise ValidationError(
                f"“{text}” is a name of {same[0].vendor.name} already (“{same[0].text}”), so it cannot tell "
                f"{vendor.name} from it. Nothing was changed. Take that alias away first, or add a longer name."
            )
        alias = Alias(vendor=vendor, text=text.strip(), key=key, language=language, source=source)
        alias.full_clean()
        alias.save()
        _log(by, vendor, f"Added the name “{alias.text}”.")
    return alias


def link(printed_name: PrintedName, vendor: Vendor, by: AbstractBaseUser | None = None) -> None:
    """Links a printed name to a vendor, and every other that has its key, by making it the vendor's alias.

    Where the key is an alias of other vendors too, this one printed name is linked and no alias is made.
    """
    with transaction.atomic():
        if Alias.objects.filter(key=printed_name.key).exclude(vendor=vendor).exists():
            if printed_name.vendor_id != vendor.pk:
                PrintedName.objects.filter(pk=printed_name.pk).update(vendor=vendor)
                names_relinked.send(PrintedName, names=[printed_name.pk])
                _log(by, vendor, f"Linked the printed name “{printed_name.text}”, which other vendors have too.")
        else:
            add_alias(vendor, printed_name.text, by=by)
            relink([printed_name.key])
        printed_name.refresh_from_db()


def unlink(printed_name: PrintedName, by: AbstractBaseUser | None = None) -> None:
    """Undoes ``link``: takes the vendor's alias with this key away, and with it every link that it made."""
    vendor = printed_name.vendor
    if vendor is None:
        return
    with transaction.atomic():
        for alias in Alias.objects.filter(vendor=vendor, key=printed_name.key):
            alias.delete()
        if PrintedName.objects.filter(pk=printed_name.pk, vendor=vendor).update(vendor=None):
            names_relinked.send(PrintedName, names=[printed_name.pk])
        _log(by, vendor, f"Unlinked the printed name “{printed_name.text}”.")
        printed_name.refresh_from_db()


def relink(keys: Collection[str]) -> list[int]:
    """Makes the printed names with these keys follow the aliases. Returns and announces those whose vendor changed."""
    changed: list[int] = []
    ordered = sorted(set(keys))
    with transaction.atomic():
        for start in range(0, len(ordered), _CHUNK):
            chunk = ordered[start : start + _CHUNK]
            owners: dict[str, set[int]] = defaultdict(set)
            for key, vendor_id in Alias.objects.filter(key__in=chunk).values_list("key", "vendor_id"):
                owners[key].add(vendor_id)
            moved: dict[int | None, list[int]] = defaultdict(list)
            rows = PrintedName.objects.select_for_update().filter(key__in=chunk).order_by("pk")
            for pk, key, linked in rows.values_list("pk", "key", "vendor_id"):
                right = _follow(owners[key], linked)
                if right != linked:
                    moved[right].append(pk)
            for right, pks in moved.items():
                for first in range(0, len(pks), _CHUNK):
                    PrintedName.objects.filter(pk__in=pks[first : first + _CHUNK]).update(vendor_id=right)
                changed += pks
        if changed:
            names_relinked.send(PrintedName, names=changed)
    return changed


def _follow(owners: set[int], linked: int | None) -> int | None:
    if len(owners) == 1:
        return next(iter(owners))
    return linked if linked in owners else None


def _log(by: AbstractBaseUser | None, vendor: Vendor, message: str) -> None:
    """Puts a person's decision in the admin's log. What a command does has no person, and its own record."""
    if by is not None:
        LogEntry.objects.create(
            user_id=by.pk,
            content_type=ContentType.objects.get_for_model(Vendor),
            object_id=str(vendor.pk),
            object_repr=str(vendor)[:200],
            action_flag=CHANGE,
            change_message=message,
        )


@receiver(post_init, sender=Alias)
def _remember_key(instance: Alias, **kwargs: Any) -> None:
    # Only what the database holds: a deferred key would be fetched here, once for each row.
    instance._kept_key = instance.__dict__.get("key", "") if instance.pk else ""  # type: ignore[attr-defined]


@receiver(post_save, sender=Alias)
def _alias_saved(instance: Alias, **kwargs: Any) -> None:
    before: str = instance._kept_key  # type: ignore[attr-defined]
    with transaction.atomic():
        if before and before != instance.key:
            index.remove([(instance.pk, before)])
        if before != instance.key:
            index.add([(instance.pk, instance.key)])
        relink({before, instance.key} - {""})
    instance._kept_key = instance.key  # type: ignore[attr-defined]


@receiver(post_delete, sender=Alias)
def _alias_deleted(instance: Alias, **kwargs: Any) -> None:
    with transaction.atomic():
        index.remove([(instance.pk, instance.key)])
        relink([instance.key])


@receiver(pre_delete, sender=Vendor)
def _vendor_goes(instance: Model, **kwargs: Any) -> None:
    """Unlinks by name what the database would unlink in silence."""
    linked = PrintedName.objects.filter(vendor_id=instance.pk)
    pks = list(linked.values_list("pk", flat=True))
    if pks:
        with transaction.atomic():
            linked.update(vendor=None)
            names_relinked.send(PrintedName, names=pks)
