"""The store of captures: bytes kept once per SHA-256, compressed, never altered.

One file a hash under `settings.CAPTURE_DIR`, written whole before the database speaks of it, so that a kill leaves at
most a file that nothing refers to.
"""

import os
import tempfile
from hashlib import sha256
from pathlib import Path

import zstandard
from django.conf import settings


class CaptureError(Exception):
    """Stored bytes are missing or are no longer what was received."""


def path_of(digest: str) -> Path:
    """Where the bytes with that SHA-256 (hex) are kept."""
    return Path(settings.CAPTURE_DIR) / digest[:2] / f"{digest}.zst"


def keep(body: bytes) -> str:
    """Keep bytes and return their SHA-256 (hex). Keeping the same bytes again writes nothing.

    Raises:
        CaptureError: the store cannot be written; nothing was kept.
    """
    digest = sha256(body).hexdigest()
    path = path_of(digest)
    if path.exists():
        return digest
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, draft = tempfile.mkstemp(dir=path.parent, prefix=".draft-")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(zstandard.compress(body))
                file.flush()
                os.fsync(file.fileno())
            Path(draft).replace(path)
        except BaseException:
            Path(draft).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise CaptureError(
            f"The capture could not be kept in {path.parent} ({error.strerror}). "
            "Nothing was recorded; free space or mend its permissions, then run it again."
        ) from error
    return digest


def read(digest: str) -> bytes:
    """The bytes with that SHA-256 (hex).

    Raises:
        CaptureError: they are missing, or no longer have that hash.
    """
    path = path_of(digest)
    try:
        body = zstandard.decompress(path.read_bytes())
    except FileNotFoundError as error:
        raise CaptureError(f"Capture sha256:{digest} is missing from {path}. Restore it from a backup.") from error
    except (OSError, zstandard.ZstdError) as error:
        raise CaptureError(
            f"Capture sha256:{digest} in {path} cannot be read ({error}). Restore it from a backup."
        ) from error
    if sha256(body).hexdigest() != digest:
        raise CaptureError(f"Capture sha256:{digest} in {path} no longer has its hash. Restore it from a backup.")
    return body
