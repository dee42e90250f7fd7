"""Finding what a person named on the command line, with a sentence that helps where there is no such thing."""

from difflib import get_close_matches

from django.core.management.base import CommandError

from procurement.models import Snapshot, VendorList


def find_list(slug: str) -> VendorList:
    """The list with that slug.

    Raises:
        CommandError: there is none; names those with a like slug.
    """
    found = VendorList.objects.select_related("authority").filter(slug=slug).first()
    if found is not None:
        return found
    near = get_close_matches(slug, VendorList.objects.values_list("slug", flat=True), n=3, cutoff=0.5)
    hint = (
        f" Did you mean {', '.join(near)}?"
        if near
        else " Create it with: ingest LIST FILE --create TITLE --jurisdiction CC"
    )
    raise CommandError(f"There is no list {slug!r}.{hint}")


def find_snapshot(number: int) -> Snapshot:
    """The snapshot with that number.

    Raises:
        CommandError: there is none.
    """
    found = Snapshot.objects.select_related("list__authority", "capture").filter(pk=number).first()
    if found is None:
        raise CommandError(f"There is no snapshot {number}.")
    return found
