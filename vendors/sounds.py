"""How a name sounds, so that names in different scripts can be compared. For ranking only, never for linking.

``latin`` writes any script in plain Latin letters: Chinese by its pinyin, all else by transliteration. ``skeleton``
keeps the consonants alone, in the classes that Chinese renderings of foreign names do not tell apart (b and p, d and t,
l and r, …): Symantec and 赛门铁克 (sài mén tiě kè) are both "smntk".
"""

from __future__ import annotations

import re
from functools import lru_cache

from anyascii import anyascii
from pypinyin import lazy_pinyin

_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0003ffff]+")
_OTHER = re.compile(r"[^a-z0-9 +#]+")


def has_han(text: str) -> bool:
    """Whether the text holds a Chinese character."""
    return not text.isascii() and _HAN.search(text) is not None


@lru_cache(maxsize=65536)
def _syllables(run: str) -> tuple[str, ...]:
    """The pinyin of a run of Chinese characters."""
    return tuple(lazy_pinyin(run))


@lru_cache(maxsize=65536)
def latin(key: str) -> str:
    """A key in plain Latin letters, digits and spaces."""
    if key.isascii():
        return key
    text = _HAN.sub(lambda match: "".join(_syllables(match.group())), key)
    return _OTHER.sub("", anyascii(text).lower())


_ENGLISH = [
    (re.compile(pattern), sound)
    for pattern, sound in (
        (r"sch|sh|tch|ch(?=[eiy])", "s"),
        (r"ch|ck|q", "k"),
        (r"ph", "f"),
        (r"th", "t"),
        (r"gh", "g"),
        (r"wr", "r"),
        (r"x", "ks"),
        (r"c(?=[eiy])", "s"),
        (r"c", "k"),
    )
]
# Pinyin's j and q are how ki and gi are rendered (基 in 卡巴斯基); its x, z, c, zh, ch, sh are all heard as s.
_PINYIN = [(re.compile(pattern), sound) for pattern, sound in ((r"zh|ch|sh|z|c|x", "s"), (r"q|j", "k"), (r"ng", "n"))]
_CLASSES = str.maketrans("bdgjrvwz", "ptkklffs", "aeiouy ")
_DOUBLE = re.compile(r"(.)\1+")


@lru_cache(maxsize=65536)
def skeleton(key: str) -> str:
    """The consonants of a key by class; digits stay."""
    if has_han(key):
        syllables = (s for run in _HAN.findall(key) for s in _syllables(run))
        text = " ".join("r" if s == "er" else s for s in syllables)
        rules = _PINYIN
    else:
        text, rules = latin(key), _ENGLISH
    for pattern, sound in rules:
        text = pattern.sub(sound, text)
    return _DOUBLE.sub(r"\1", text).translate(_CLASSES)
