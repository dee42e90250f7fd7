"""A recipe in the form of its list's source: written as a new version, and tried before that."""

from __future__ import annotations

from typing import Any

from django import forms

from procurement.captures import CaptureError
from procurement.models import Recipe, VendorList
from scraping import extractors
from scraping.models import Source

TRY = "_try"
TRIED_ROWS = 25


class SourceForm(forms.ModelForm):
    """A source with its list's recipe: the latest version's text, which becomes a new version where it is changed."""

    recipe_text = forms.CharField(
        label="Recipe",
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 18, "cols": 90, "class": "recipe", "spellcheck": "false"}),
        help_text="Where the rows are and which column is what, as YAML. Blank: the first check proposes one.",
    )
    recipe_note = forms.CharField(
        label="Why it changes", required=False, max_length=300, widget=forms.TextInput(attrs={"class": "vTextField"})
    )

    class Meta:
        model = Source
        fields = "__all__"  # the admin's fieldsets choose  # noqa: DJ007

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.latest = latest_recipe(self.instance.list) if self.instance.pk else None
        self.initial["recipe_text"] = self.latest.text if self.latest else ""

    def clean_recipe_text(self) -> str:
        text = "\n".join(line.rstrip() for line in self.cleaned_data["recipe_text"].splitlines()).strip()
        if not text:
            if self.latest:
                raise forms.ValidationError("Versions are kept, so a recipe cannot be emptied. Write another one.")
            return ""
        try:
            extractors.Recipe.from_text(text + "\n")
        except extractors.RecipeError as error:
            raise forms.ValidationError(str(error)) from error
        return text + "\n"

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if TRY in self.data:
            self.add_error(None, "The recipe was tried; nothing was saved.")
        if self.writes_recipe(cleaned) and self.latest and not cleaned.get("recipe_note", "").strip():
            self.add_error("recipe_note", "Say why the recipe changes: it explains what it changes in the record.")
        return cleaned

    def writes_recipe(self, cleaned: dict[str, Any]) -> bool:
        """Whether the text says something else than the latest version: trailing blanks and line ends do not count."""
        text = cleaned.get("recipe_text", "")
        return bool(text) and (self.latest is None or text.strip() != self.latest.text.strip())


def latest_recipe(vendor_list: VendorList) -> Recipe | None:
    """The version of a list's recipe that is in use."""
    return vendor_list.recipes.order_by("-version").first()


def trial(source: Source, text: str) -> dict[str, Any]:
    """What a recipe's text reads from the list's last capture, or why it reads nothing."""
    capture = source.list.captures.filter(first_page=None).order_by("-captured_at").first()
    if capture is None:
        return {"error": "The list has no capture to try it on. Scrape it first; without a recipe one is proposed."}
    try:
        reading = extractors.read(
            capture.body,
            recipe=extractors.Recipe.from_text(text) if text else None,
            media_type=capture.media_type,
            url=capture.url,
            encoding=capture.encoding,
        )
    except (extractors.ExtractionError, CaptureError) as error:
        return {"error": str(error), "capture": capture}
    return {
        "capture": capture,
        "rows": reading.rows[:TRIED_ROWS],
        "count": len(reading.rows),
        "warnings": [*reading.warnings, *(["Of several pages, the first."] if capture.pages.exists() else [])],
        "proposed": "" if text else reading.recipe.to_text(),
    }
