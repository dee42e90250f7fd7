"""From bytes to text: byte-order marks, declared, sniffed and wrong encodings, by the WHATWG's labels."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass, field

from charset_normalizer import from_bytes

# What browsers read for a label that says less (https://encoding.spec.whatwg.org/#names-and-labels).
_LABELS = {
    "gb2312": "gb18030", "gb_2312-80": "gb18030", "gbk": "gb18030", "x-gbk": "gb18030", "cp936": "gb18030",
    "chinese": "gb18030", "csgb2312": "gb18030", "hz-gb-2312": "gb18030", "euc-cn": "gb18030", "gb18030": "gb18030",
    "iso-8859-1": "cp1252", "iso8859-1": "cp1252", "latin1": "cp1252", "latin-1": "cp1252", "us-ascii": "cp1252",
    "ascii": "cp1252", "l1": "cp1252", "windows-1252": "cp1252", "x-cp1252": "cp1252", "ansi": "cp1252",
    "iso-8859-9": "cp1254", "latin5": "cp1254", "windows-1254": "cp1254",
    "iso-8859-11": "cp874", "tis-620": "cp874", "windows-874": "cp874",
    "shift_jis": "cp932", "shift-jis": "cp932", "sjis": "cp932", "x-sjis": "cp932", "ms_kanji": "cp932",
    "windows-31j": "cp932", "ms932": "cp932", "cp932": "cp932",
    "euc-kr": "cp949", "ks_c_5601-1987": "cp949", "ksc5601": "cp949", "korean": "cp949", "windows-949": "cp949",
    "big5": "big5hkscs", "big5-hkscs": "big5hkscs", "cn-big5": "big5hkscs", "x-x-big5": "big5hkscs",
    "windows-1251": "cp1251", "x-cp1251": "cp1251", "koi": "koi8-r", "koi8": "koi8-r", "koi8_r": "koi8-r",
    "utf8": "utf-8", "unicode-1-1-utf-8": "utf-8", "x-unicode20utf8": "utf-8",
    "unicode": "utf-16-le", "ucs-2": "utf-16-le", "utf-16": "utf-16-le", "utf-16le": "utf-16-le",
    "utf-16be": "utf-16-be",
    "visual": "iso-8859-8", "logical": "iso-8859-8", "iso-8859-8-i": "iso-8859-8",
}  # fmt: skip
_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF32_LE, "utf-32-le"), (codecs.BOM_UTF32_BE, "utf-32-be"),
          (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))  # fmt: skip
_META = re.compile(rb"""<meta[^>]{0,300}?charset\s{0,9}=\s{0,9}["']?\s{0,9}([\w:.-]{2,40})""", re.I)
_XML = re.compile(rb"""^\s{0,99}<\?xml[^>]{0,200}?encoding\s{0,9}=\s{0,9}["']([\w:.-]{2,40})""", re.I)
_DECLARED_WITHIN = 8192  # bytes; browsers look at the first 1,024, real pages declare later
# Encodings of real lists, tried when a declaration is missing or wrong; a sample decides among them.
_CANDIDATES = ("gb18030", "cp932", "big5hkscs", "cp949", "euc_jp", "cp1251", "koi8-r", "cp1252", "cp1250", "cp1253",
               "cp1254", "cp1255", "cp1256", "cp874")  # fmt: skip
_SAMPLE = 256 * 1024
_WESTERN = {"cp1252", "cp1254", "cp1250", "iso8859-15", "iso8859-2", "mac-roman"}
_RUNS = re.compile(r"[^\W\d_a-zA-Z]{3,}")


@dataclass(slots=True)
class Decoded:
    text: str
    encoding: str
    warnings: list[str] = field(default_factory=list)


def known(label: str) -> str:
    """Python's codec for a label as servers and pages write it; "" for one that is not known."""
    label = label.strip().strip("\"'").lower()
    name = _LABELS.get(label, label)
    try:
        info = codecs.lookup(name)
    except (LookupError, ValueError):
        return ""
    # base64, rot13 and the like are codecs too, but no encodings of text.
    return info.name if getattr(info, "_is_text_encoding", True) and info.name not in {"idna", "punycode"} else ""


def declared(body: bytes) -> str:
    """The codec that the body itself declares (meta or XML declaration); "" for none or one that is not known."""
    head = body[:_DECLARED_WITHIN]
    found = _XML.search(head) or _META.search(head)
    name = known(found[1].decode("ascii", "ignore")) if found else ""
    # A declaration that was read as ASCII cannot have been written in UTF-16: the standard says UTF-8 is meant.
    return "utf-8" if name.startswith("utf-16") else name


def decode(body: bytes, encoding: str = "") -> Decoded:
    """Turn bytes into text: mark, then valid UTF-8, then what was declared, then what the bytes look like.

    `encoding` is what the server said. UTF-8 that is valid and not plain ASCII is never an accident, so it goes
    before declarations. NUL characters become U+FFFD, and a warning says so.
    """
    for mark, name in _MARKS:
        if body.startswith(mark):
            return _finish(body[len(mark) :], name, [])
    if name := _unmarked_wide(body):
        return _finish(body, name, [])
    labels = [name for name in (known(encoding), declared(body)) if name]
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        near_utf8 = error.start > 0 and _mostly_utf8(body)
    else:
        return _clean(Decoded(text, "utf-8" if not text.isascii() or not labels else labels[0]))
    for name in labels:
        if name == "utf-8" or (name in _SINGLE and near_utf8):
            continue
        try:
            text = body.decode(name)
        except UnicodeDecodeError:
            continue
        if name not in _SINGLE or not _doubtful(text[:_SAMPLE], name):
            return _clean(Decoded(text, name))
    if near_utf8:
        return _finish(body, "utf-8", [])
    sniffed = _sniff(body, labels)
    warnings = []
    if labels and sniffed not in labels:
        warnings.append(f"The page declares {labels[0]}, but its bytes are {sniffed}: it was read as {sniffed}.")
    return _finish(body, sniffed, warnings)


_SINGLE = {"cp1250", "cp1251", "cp1252", "cp1253", "cp1254", "cp1255", "cp1256", "cp1257", "cp1258", "cp874", "cp866",
           "koi8-r", "koi8-u", "iso8859-2", "iso8859-5", "iso8859-6", "iso8859-7", "iso8859-8", "iso8859-13",
           "iso8859-15", "iso8859-16", "mac-roman", "mac-cyrillic"}  # fmt: skip


def _unmarked_wide(body: bytes) -> str:
    head = body[:4096]
    if len(head) < 8:
        return ""
    even, odd = head[0::2].count(0), head[1::2].count(0)
    half = len(head) // 2
    if odd > half * 0.6 and even < half * 0.1:
        return "utf-16-le"
    return "utf-16-be" if even > half * 0.6 and odd < half * 0.1 else ""


def _mostly_utf8(body: bytes) -> bool:
    """Whether the body is UTF-8 with a few broken bytes (cut characters, one pasted line)."""
    sample = body[:_SAMPLE]
    high = len(sample) - len(sample.translate(None, bytes(range(0x80, 0x100))))
    broken = sample.decode("utf-8", "replace").count("\ufffd")
    return high > 8 and broken * 20 < high


def _doubtful(text: str, name: str) -> bool:
    """Whether text in a single-byte encoding looks like another encoding's: letters where words have none.

    Every byte is a letter in such an encoding, so decoding proves nothing; but a page of one script that was read as
    another is dense with symbols and with capitals inside words.
    """
    high = [c for c in text if c > "\x7f"]
    if len(high) < 8:
        return False
    odd = sum(not c.isalpha() and c not in "«»“”‘’–—…•·§°№€£®™©\xa0" for c in high)
    if odd * 4 > len(high) or any("\x80" <= c < "\xa0" for c in high):
        return True
    return name in _WESTERN and sum(len(run) for run in _RUNS.findall(text)) * 2 > len(high)


def _sniff(body: bytes, labels: list[str]) -> str:
    high = body.translate(None, bytes(range(0x80)))
    sample = body if len(body) <= _SAMPLE else _dense(body)
    if not high:
        return "utf-8"
    best = from_bytes(sample, cp_isolation=[*_CANDIDATES], threshold=0.5, enable_fallback=False).best()
    candidates = [known(best.encoding)] if best else []
    if candidates == ["cp1250"] and _western(sample):
        candidates.insert(0, "cp1252")
    for name in [*candidates, *labels, *_CANDIDATES]:
        try:
            text = sample.decode(name, "ignore" if sample is not body else "strict")
        except UnicodeDecodeError:
            continue
        if not _doubtful(text, name):
            return name
    return candidates[0] if candidates else "cp1252"


# Bytes that are letters of central Europe in cp1250, and signs or rarities in cp1252.
_CENTRAL = frozenset(b"\x8a\x8c\x8d\x8e\x8f\x9a\x9c\x9d\x9e\x9f\xa3\xa5\xaf\xb3\xb9\xba\xbc\xbe\xbf\xfe")
_WEST = frozenset(b"\xe0\xe3\xe5\xe6\xe7\xe8\xea\xf1\xf2\xf8")  # à ã å æ ç è ê ñ ò ø


def _western(sample: bytes) -> bool:
    """Whether text that could be central or western European is western: both read every such byte as a letter."""
    high = set(sample.translate(None, bytes(range(0x80))))
    return bool(high & _WEST) and not high & _CENTRAL


def _dense(body: bytes) -> bytes:
    """The part of a long body from its first byte that is not ASCII, cut at line ends."""
    start = next((i for i, byte in enumerate(body) if byte > 0x7F), 0)
    start = body.rfind(b"\n", 0, start) + 1
    part = body[start : start + _SAMPLE]
    return part[: part.rfind(b"\n") + 1] or part


def _finish(body: bytes, name: str, warnings: list[str]) -> Decoded:
    text = body.decode(name, "replace")
    if broken := text.count("\ufffd") - body.count(b"\xef\xbf\xbd"):
        warnings.append(f"{broken} bytes are not valid {name}: they are shown as \ufffd.")
    return _clean(Decoded(text, name, warnings))


def _clean(decoded: Decoded) -> Decoded:
    if nul := decoded.text.count("\0"):
        decoded.text = decoded.text.replace("\0", "\ufffd")
        decoded.warnings.append(f"{nul} NUL characters were replaced by \ufffd.")
    decoded.text = decoded.text.removeprefix("\ufeff")
    return decoded
