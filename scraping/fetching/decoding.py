"""A response's body: read within bounds, decoded, and whole to the last byte."""

import io
import zlib
from collections.abc import Iterator

import requests

from scraping.fetching.connecting import Clock
from scraping.fetching.errors import FetchError, truncated

ACCEPTED = "gzip, deflate"
PIECE = 65_536
GZIP_MAGIC = b"\x1f\x8b"
MOST_CODINGS = 2


def read_body(response: requests.Response, where: str, *, max_bytes: int, clock: Clock) -> bytes:
    """The decoded body, at most `max_bytes` both on the wire and decoded.

    Raises FetchError "too_large", "timeout", "truncated" or "bad_encoding"; urllib3's own errors pass through.
    """
    codings = _codings(response, where)
    length = response.headers.get("Content-Length", "")
    if length.isdecimal() and int(length[:20]) > max_bytes:
        raise _too_large(where, max_bytes)
    if length == "0":
        return b""

    def bounded(chunks: Iterator[bytes]) -> Iterator[bytes]:
        size = 0
        for chunk in chunks:
            clock.check(where)
            size += len(chunk)
            if size > max_bytes:
                raise _too_large(where, max_bytes)
            yield chunk

    chunks = bounded(response.raw.stream(PIECE, decode_content=False))
    for coding in reversed(codings):
        chunks = bounded(_inflated(chunks, coding, where, clock))
    buffer = io.BytesIO()
    for chunk in chunks:
        buffer.write(chunk)
    clock.check(where)
    body = buffer.getvalue()
    if not body and not length and not response.raw.chunked:
        # The library takes headers that were cut off for complete ones.
        raise truncated(where, "nothing came after the headers")
    return body


def _codings(response: requests.Response, where: str) -> list[str]:
    """The content codings in the order in which they were applied. Raises FetchError "bad_encoding"."""
    transfer = response.headers.get("Transfer-Encoding", "chunked").strip().lower()
    named = [name.strip().lower() for name in response.headers.get("Content-Encoding", "").split(",")]
    codings = [name.removeprefix("x-") for name in named if name not in {"", "identity"}]
    if (
        len(codings) > MOST_CODINGS
        or not set(codings) <= {"gzip", "deflate"}
        or transfer not in {"chunked", "identity"}
    ):
        sent = ", ".join(codings if transfer == "chunked" else [*codings, transfer])[:80]
        message = f"{where} sent the page packed as {sent}, though only {ACCEPTED} was offered; tell its operator."
        raise FetchError("bad_encoding", message)
    return codings


def _inflated(chunks: Iterator[bytes], coding: str, where: str, clock: Clock) -> Iterator[bytes]:
    """Decoded pieces of at most PIECE bytes; a stream that does not reach its own end mark is truncated."""
    engine = None
    held = b""
    for chunk in chunks:
        data, held = held + chunk, b""
        pending = False  # output that zlib still holds although it has taken all input
        while data or pending:
            if engine is None or engine.eof:
                if len(data) < len(GZIP_MAGIC):
                    held = data
                    break
                if engine is not None and not (coding == "gzip" and data.startswith(GZIP_MAGIC)):
                    return  # padding after the end, which every browser ignores too
                engine = zlib.decompressobj(_window(coding, data))
            try:
                piece = engine.decompress(data, PIECE)
            except zlib.error as error:
                message = f"{where} sent a page whose {coding} packing is damaged ({error}); it is tried again."
                raise FetchError("bad_encoding", message, True) from error
            yield piece
            data = engine.unconsumed_tail or engine.unused_data
            pending = len(piece) == PIECE and not engine.eof
    clock.check(where)
    if engine is None or not engine.eof:
        raise truncated(where, f"its {coding} packing has no end")


def _window(coding: str, head: bytes) -> int:
    """zlib's `wbits`; "deflate" means a zlib stream, but some servers send it without zlib's two bytes of header."""
    if coding == "gzip":
        return 31
    return 15 if head[0] & 15 == 8 and int.from_bytes(head[:2], "big") % 31 == 0 else -15


def _too_large(where: str, max_bytes: int) -> FetchError:
    message = f"{where} sent more than {max_bytes:,} bytes; check the address, or raise the source's limit."
    return FetchError("too_large", message)
