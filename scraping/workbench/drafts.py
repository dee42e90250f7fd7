"""Work that is not saved yet: what was received, and how it is to be read.

The bytes go to the store of captures, where nothing refers to them until they are saved. The rest is a row of its own
in the table of sessions: it expires like one, any process of the site finds it, and only who began it is given it.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields
from datetime import datetime
from typing import Any, Self

from django.contrib.sessions.backends.db import SessionStore

from procurement import captures
from scraping import extractors, pipeline

KEPT_FOR = 24 * 3600  # seconds after the last change


class Stored:
    """A dataclass that is kept as one row of the table of sessions, under the field name of its class."""

    key: str
    user: int

    def store(self) -> None:
        """Keep it as it is now, for another `KEPT_FOR` seconds."""
        row = SessionStore(session_key=self.key or None)
        data = asdict(self)  # type: ignore[call-overload]
        data.pop("key")
        row[_place(type(self))] = data
        row.set_expiry(KEPT_FOR)
        if self.key:
            row.save()
        else:
            row.create()
            self.key = str(row.session_key)

    def discard(self) -> None:
        SessionStore(session_key=self.key).delete()

    @classmethod
    def find(cls, key: str, user: Any) -> Self | None:
        """What is kept under a key, if this person began it; None if it has expired or never was."""
        data = SessionStore(session_key=key).get(_place(cls))
        if data is None or (user is not None and data["user"] != user.pk):
            return None
        known = {one.name for one in fields(cls)}  # type: ignore[arg-type]
        return cls(key=key, **{name: value for name, value in data.items() if name in known})  # type: ignore[call-arg]


def _place(kind: type) -> str:
    return f"workbench.{kind.__name__}"


@dataclass
class Draft(Stored):
    """One page or file on the workbench."""

    user: int
    sha256: str
    size: int
    at: str  # ISO, aware, UTC
    method: str
    url: str = ""
    file_name: str = ""
    media_type: str = ""
    encoding: str = ""
    status: int | None = None
    headers: dict[str, str] = field(default_factory=dict)
    # How it is read
    recipe: str = ""
    problem: str = ""  # why no recipe is proposed
    locator: str = ""  # the candidate that a person chose
    tables: list[dict[str, Any]] = field(default_factory=list)
    format: str = ""
    title: str = ""
    language: str = ""
    why: str = ""
    confidence: float = 0.0
    edited: bool = False  # the recipe is a person's, and no longer what was proposed
    slug: str = ""  # the slug of the list for which it was begun
    key: str = ""

    @property
    def moment(self) -> datetime:
        return datetime.fromisoformat(self.at)

    @property
    def name(self) -> str:
        """What a person calls it: its address or its file."""
        return self.url or self.file_name or "a file"

    @property
    def base(self) -> str:
        """The address at which it was found in the end."""
        return self.headers.get("X-Final-URL", self.url)

    def body(self) -> bytes:
        """The bytes as received.

        Raises:
            procurement.captures.CaptureError: the store has lost them.
        """
        return captures.read(self.sha256)

    def received(self) -> pipeline.Received:
        """The draft as the pipeline takes it."""
        return pipeline.Received(
            self.body(),
            self.moment,
            self.method,
            url=self.url,
            file_name=self.file_name,
            media_type=self.media_type,
            encoding=self.encoding,
            status=self.status,
            headers=self.headers,
        )

    def read(self, recipe: extractors.Recipe | None, locator: str = "") -> extractors.Reading:
        """Read the bytes.

        Raises:
            extractors.ExtractionError: they do not hold the list.
            procurement.captures.CaptureError: the store has lost them.
        """
        return extractors.read(
            self.body(),
            recipe=recipe,
            media_type=self.media_type,
            url=self.base or self.file_name,
            encoding=self.encoding,
            locator=locator,
        )

    def try_to_read(self) -> tuple[extractors.Reading | None, str]:
        """What its recipe reads, or why that reads nothing."""
        if not self.recipe:
            return None, self.problem
        try:
            return self.read(extractors.Recipe.from_text(self.recipe)), ""
        except (extractors.ExtractionError, captures.CaptureError) as error:
            return None, str(error)


def begin(received: pipeline.Received, user: Any, vendor_list: str = "") -> Draft:
    """Keep what was received as a draft, with the recipe that its content suggests. Drafts that expired are swept out.

    Raises:
        procurement.captures.CaptureError: the bytes could not be kept.
    """
    SessionStore.clear_expired()
    draft = Draft(
        user=user.pk,
        sha256=captures.keep(received.body),
        size=len(received.body),
        at=received.captured_at.isoformat(),
        method=received.method,
        url=received.url,
        file_name=received.file_name,
        media_type=received.media_type,
        encoding=received.encoding,
        status=received.status,
        headers=received.headers,
        slug=vendor_list,
    )
    propose(draft)
    draft.store()
    return draft


def propose(draft: Draft, locator: str = "") -> None:
    """Read the draft without a recipe, and note what was found: the candidates, the recipe, why, and how sure it is.

    Args:
        locator: the candidate to read; default: the best.
    """
    draft.locator, draft.edited = locator, False
    try:
        reading = draft.read(None, locator)
    except extractors.ExtractionError as error:
        draft.recipe, draft.problem, draft.tables = "", str(error), draft.tables if locator else []
        return
    draft.recipe, draft.problem = reading.recipe.to_text(), ""
    draft.tables = [asdict(table) for table in reading.tables]
    draft.format, draft.title, draft.language = reading.format, reading.title, reading.language
    draft.why, draft.confidence = reading.why, reading.confidence
