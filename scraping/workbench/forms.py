"""What a person is asked on the workbench."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.text import slugify

from procurement.models import Authority, VendorList
from scraping import extractors, importing
from scraping.models import Source
from vendors import countries
from vendors.admin.base import country_field

LARGEST_FILE = 50 * 1024 * 1024  # bytes, as a source's usual limit

_WIDE = {"class": "vTextField"}
_EVERY = [
    ("1", "every hour"),
    ("6", "every 6 hours"),
    ("24", "every day"),
    ("168", "every week"),
    ("720", "every 30 days"),
]


COVERAGE = [
    ("full", "the whole list: who is missing has left it"),
    ("partial", "a part, such as the latest: who is missing may still be on it"),
]


class ListField(forms.CharField):
    """A list, typed: its short name or its title, completed by the browser from a `datalist`."""

    def __init__(self, **options: Any) -> None:
        widget = forms.TextInput(attrs={**_WIDE, "list": "lists", "autocomplete": "off"})
        super().__init__(max_length=300, widget=widget, **options)

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if not text:
            return None
        lists = VendorList.objects.select_related("authority")
        found = lists.filter(slug=text).first()
        if found is None:
            named = list(lists.filter(title__iexact=text)[:2])
            if len(named) > 1:
                raise ValidationError(
                    f"Several lists are called “{text}”: give the short name of one, as in its address."
                )
            found = named[0] if named else None
        if found is None:
            raise ValidationError(f"There is no list “{text}”. Choose one that is offered, or leave it blank.")
        return found


class AddressForm(forms.Form):
    """A page to fetch."""

    url = forms.CharField(
        label="Address of the list",
        max_length=2000,
        widget=forms.TextInput(attrs={**_WIDE, "inputmode": "url", "placeholder": "https://", "autocomplete": "url"}),
    )
    list = ListField(label="For the list", required=False)

    def clean_url(self) -> str:
        url: str = self.cleaned_data["url"].strip()
        return url if "://" in url else f"https://{url}"


class FileForm(forms.Form):
    """A file to read."""

    file = forms.FileField(
        label="File", error_messages={"empty": "The file is empty: nothing was kept. Check how it was saved."}
    )
    at = forms.CharField(
        label="The list was so on",
        required=False,
        max_length=40,
        widget=forms.TextInput(attrs={"placeholder": "2014-07-31 or 2014-07-31 12:00"}),
        help_text="A day, or a day and time, UTC. Blank: the date in the file's name.",
    )
    url = forms.CharField(
        label="Address that it came from", required=False, max_length=2000, widget=forms.TextInput(attrs=_WIDE)
    )
    list = ListField(label="For the list", required=False)

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > LARGEST_FILE:
            raise ValidationError(
                f"{file.name} has {file.size:,} bytes; at most {LARGEST_FILE:,} are taken here. Nothing was kept. "
                "Bring a larger file in with: manage.py ingest."
            )
        return file

    def clean_at(self) -> datetime | None:
        text = self.cleaned_data["at"].strip().replace("Z", "")
        if not text:
            return None
        try:
            moment = datetime.fromisoformat(text)
        except ValueError as error:
            raise ValidationError(f"{text!r} is no date. Write it as 2014-07-31, or 2014-07-31 12:00.") from error
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
        if moment > timezone.now() + timedelta(minutes=5):
            raise ValidationError(f"{text} has not come yet; a list cannot have been seen then.")
        return moment

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if cleaned.get("file") and "at" in cleaned and cleaned["at"] is None:
            try:
                [named] = importing.dated([importing.Named(cleaned["file"].name, bytes)], timezone.now())
                cleaned["at"] = named.at
            except importing.ImportRefusedError:
                self.add_error("at", "The file's name gives no single date: say on which day the list was so.")
        return cleaned


class RecipeForm(forms.Form):
    """The recipe as text."""

    recipe = forms.CharField(
        label="Recipe",
        strip=False,
        max_length=64 * 1024,
        widget=forms.Textarea(attrs={"rows": 12, "cols": 60, "class": "recipe", "spellcheck": "false"}),
        error_messages={"required": "The recipe is blank. Choose a table above, or write where the rows are."},
    )

    def clean_recipe(self) -> str:
        text: str = self.cleaned_data["recipe"].replace("\r\n", "\n")
        try:
            extractors.Recipe.from_text(text)
        except extractors.RecipeError as error:
            raise ValidationError(str(error)) from error
        return text


class ListForm(forms.ModelForm):
    """A new list, with its authority: one that is known, or a new one."""

    authority = forms.ModelChoiceField(
        Authority.objects.all(), required=False, label="Authority", empty_label="A new one, named here:"
    )
    authority_name = forms.CharField(
        label="Name of a new authority", required=False, max_length=300, widget=forms.TextInput(attrs=_WIDE)
    )
    jurisdiction = country_field(blank="Choose the country")

    class Meta:
        model = VendorList
        fields = ["title", "slug", "title_printed", "language", "kind", "category", "binds", "binds_not"]
        widgets = {
            "title": forms.TextInput(attrs=_WIDE),
            "title_printed": forms.TextInput(attrs=_WIDE),
            "slug": forms.TextInput(attrs=_WIDE),
            "binds": forms.Textarea(attrs={"rows": 2, "cols": 60}),
            "binds_not": forms.Textarea(attrs={"rows": 2, "cols": 60}),
        }
        labels = {"slug": "Short name", "title_printed": "Title as printed"}
        help_texts = {
            "title": "In English, as the site's pages show it.",
            "slug": "In its address: /lists/short-name/. Blank: made from the title. It stays for good.",
        }

    order = [
        "authority", "authority_name", "jurisdiction",
        "title", "slug", "title_printed", "language", "kind", "category", "binds", "binds_not",
    ]  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.order_fields(self.order)
        self.fields["slug"].required = False
        self.fields["jurisdiction"].label = "Its country"
        for name in ("authority", "authority_name", "jurisdiction"):
            # One or the other: none of them may be left blank alone.
            self.fields[name].needed = True  # type: ignore[attr-defined]

    def clean_slug(self) -> str:
        slug = self.cleaned_data["slug"] or slugify(self.data.get(self.add_prefix("title"), ""))[:100].strip("-")
        if not slug:
            raise ValidationError("Give a short name of Latin letters, digits and hyphens: the title makes none.")
        if VendorList.objects.filter(slug=slug).exists():
            raise ValidationError(f"There is a list {slug!r} already: choose it above, or give another short name.")
        return str(slug)

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        name, code = cleaned.get("authority_name", "").strip(), cleaned.get("jurisdiction", "")
        if cleaned.get("authority") is None:
            if not name:
                self.add_error("authority_name", "Choose the authority that publishes the list, or name it here.")
            if not countries.is_code(code):
                self.add_error("jurisdiction", "Choose the country whose authority it is.")
        elif name or code:
            self.add_error("authority", "Choose an authority that is known or name a new one: not both.")
        return cleaned

    def unsaved(self) -> VendorList:
        """The list that was asked for, with its authority."""
        made: VendorList = self.save(commit=False)
        known = self.cleaned_data["authority"]
        name, code = self.cleaned_data["authority_name"].strip(), self.cleaned_data["jurisdiction"]
        made.authority = (
            known
            or Authority.objects.filter(name=name, jurisdiction=code).first()
            or Authority(name=name, jurisdiction=code)
        )
        return made


class SourceForm(forms.Form):
    """How the list is read from now on."""

    url = forms.CharField(
        label="Address to check",
        required=False,
        max_length=2000,
        widget=forms.TextInput(attrs=_WIDE),
        help_text="Blank: it is not checked; this capture alone is kept.",
    )
    coverage = forms.ChoiceField(label="The page shows", choices=COVERAGE, initial="full")
    every = forms.ChoiceField(
        label="Check it", choices=_EVERY, initial="24", help_text="Other times can be set on the source's page."
    )
    enabled = forms.BooleanField(label="Switched on", required=False, initial=True)
    why = forms.CharField(
        label="Why the recipe changes",
        required=False,
        max_length=300,
        widget=forms.TextInput(attrs=_WIDE),
        help_text="For the record: it explains what it changes.",
    )

    def __init__(
        self, *args: Any, vendor_list: VendorList | None = None, needs_why: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.vendor_list = vendor_list
        if vendor_list is not None:
            self.fields["url"].help_text = "Blank: no address is added; what the list is checked at stays as it is."
            del self.fields["coverage"]  # chosen with the list, since what saving would change depends on it
        if not needs_why:
            del self.fields["why"]
        else:
            self.fields["why"].required = True
            self.fields["why"].error_messages["required"] = (
                "Say why the recipe changes: it explains what it changes in the record."
            )

    def source(self, coverage: str) -> Source | None:
        """The source that was asked for: one that the list has at that address, else a new one; None for none."""
        url = self.cleaned_data["url"].strip()
        if not url:
            return None
        known = self.vendor_list.sources.filter(url=url).first() if self.vendor_list else None
        return known or Source(
            url=url,
            coverage=coverage,
            interval=timedelta(hours=int(self.cleaned_data["every"])),
            enabled=self.cleaned_data["enabled"],
        )

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if cleaned.get("enabled") and cleaned.get("url", "").strip() and self.vendor_list:
            rival = self.vendor_list.sources.filter(enabled=True).exclude(url=cleaned["url"].strip()).first()
            if rival:
                self.add_error(
                    "enabled",
                    f"The list is checked at {rival.url} already, and is at one address at a time. Leave this one "
                    "switched off, or switch that one off first.",
                )
        return cleaned
