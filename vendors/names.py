"""How a printed name becomes a key. Nothing here guesses: two names either have the same key or they do not.

The ladder, each rung on top of the one before:

1. ``fold``: presentation. Unicode compatibility (full-width letters, ㈱), canonical composition, case,
   zero-width characters and soft hyphens dropped, trademark signs made one, runs of white space made one
   space.
2. Traditional Chinese characters become simplified, one by one.
3. Punctuation: dotted abbreviations close up (S.A.S. → sas), apostrophes go, & becomes "and", any other sign is a
   space, and no space stands beside a Chinese or Japanese character.
4. Legal forms go, whole words only, from the ends where their script puts them: Inc and GmbH behind, ООО before or
   behind, 有限公司 behind, 株式会社 before or behind. What would be left of one character is left whole.

Places (北京…, …(中国), (Americas)) and words such as Group or 集团 stay in the key, because they tell one firm from
another; ``parts`` shows them apart for those who rank suggestions. Accents stay as well.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from importlib import resources
from typing import NamedTuple

# ---------------------------------------------------------------------------------------------------------------------
# 1. Presentation

_IGNORED = [0xAD, 0x34F, 0x61C, 0x180E, 0xFEFF, *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2070)]
_VARIATIONS = [*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)]
# NFKC would glue the letters TM to the word before them, so the trademark signs become the one that it leaves alone.
_SHOWN: dict[int, str | None] = {**dict.fromkeys([*_IGNORED, *_VARIATIONS]), 0x2122: "®", 0x2120: "®"}


def fold(text: str) -> str:
    """The text without its presentation. Two strings with the same fold are the same text shown differently."""
    if text.isascii():
        return " ".join(text.lower().split())
    shown = unicodedata.normalize("NFKC", text.translate(_SHOWN)).casefold()
    return " ".join(unicodedata.normalize("NFKC", shown).split())


# ---------------------------------------------------------------------------------------------------------------------
# 2. Traditional to simplified


def _simplified() -> dict[int, str]:
    """OpenCC's table of characters. Its table of phrases would make a character's reading hang on its neighbours."""
    lines = resources.files("opencc").joinpath("dictionary/TSCharacters.txt").read_text("utf-8").splitlines()
    pairs = (line.split("\t") for line in lines if "\t" in line)
    return {ord(old): new.split()[0] for old, new in pairs if len(old) == 1}


_SIMPLIFIED = _simplified()

# ---------------------------------------------------------------------------------------------------------------------
# 3. Punctuation

_LETTER = "a-z\u00df-\u024f\u0370-\u052f"
_ABBREVIATION = re.compile(rf"(?<![^\W_])(?:[{_LETTER}][./]\ ?)+[{_LETTER}](?![^\W_])\.?")
_BRACKETED_FORM = re.compile(r"\((株|有|同|资|주|유)\)")
_TRADEMARKS = re.compile(r"\((?:r|tm|sm|c)\)")
_APOSTROPHES = re.compile(r"['’‘ʼ`´]")
_SIGNS = re.compile(r"(?:[^\w+#]|_)+")
_WIDE = "\u3005-\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_BESIDE_WIDE = re.compile(rf"(?<=[{_WIDE}]) | (?=[{_WIDE}])")
_HAS_WIDE = re.compile(f"[{_WIDE}]")


def _close_up(match: re.Match[str]) -> str:
    return re.sub(r"[./ ]", "", match.group()) + " "


def _plain(text: str) -> str:
    """Folded text with one spelling of punctuation: words with one space between them."""
    text = _ABBREVIATION.sub(_close_up, _TRADEMARKS.sub(" ", text) if "(" in text else text)
    text = _APOSTROPHES.sub("", text.replace("&", " and "))
    return _SIGNS.sub(" ", text).strip()


# ---------------------------------------------------------------------------------------------------------------------
# 4. Legal forms. Longest first is seen to below.

_BEHIND = """
inc|incorporated|corp|corporation|co|company|and co|and company|ltd|limited|llc|llp|lllp|lp|plc|pllc|pbc|ulc|dac
pty|pty ltd|proprietary limited|pte|pte ltd|pvt|pvt ltd|private limited|sdn bhd|bhd|berhad|tbk
gmbh|ggmbh|mbh|gesmbh|ag|kg|kgaa|ohg|ug|ug haftungsbeschränkt|ek|gmbh and co kg|gmbh and co kgaa|ag and co kgaa|se
se and co kgaa|sa|sas|sasu|sarl|eurl|snc|sca|sa nv|spa|srl|srls|sl|slu|sau|sa de cv|sab de cv|s de rl de cv|sapi de cv
ltda|eireli|lda|cia ltda|bv|nv|vof|bvba|sprl|ab|ab publ|publ ab|asa|as|aps|ivs|oy|oyj|oy ab|abp|hf|ehf|ou|oü|uab|sia
sro|s ro|spol sro|spol s ro|sp zoo|sp z oo|spzoo|sp zoo sp k|kft|zrt|nyrt|bt|doo|dd|ad|ead|ood|eood
aş|ltd şti|san ve tic aş|kk|gk|yk|kabushiki kaisha|kabushiki gaisha|godo kaisha|jsc|ojsc|cjsc|pjsc|joint stock company
public joint stock company|open joint stock company|closed joint stock company|limited liability company
public limited company|fze|fzco|fz llc|fzllc|wll|psc|saoc|saog|ооо|оао|ао|пао|зао|нао|фгуп|гуп|муп|тоо|оу|чп|тов|ат|прат
общество с ограниченной ответственностью|акционерное общество|публичное акционерное общество
открытое акционерное общество|закрытое акционерное общество|непубличное акционерное общество
товарищество с ограниченной ответственностью|주식회사|유한회사|유한책임회사
"""
_BEFORE = """
ооо|оао|ао|пао|зао|нао|фгуп|гуп|муп|тоо|чп|тов|ат|прат|ooo|oao
общество с ограниченной ответственностью|акционерное общество|публичное акционерное общество
открытое акционерное общество|закрытое акционерное общество|непубличное акционерное общество
товарищество с ограниченной ответственностью|주식회사|유한회사|유한책임회사|công ty cổ phần|công ty tnhh
"""
# Stripped from unsegmented text too. A bare 公司 goes, but not where it is the end of 分公司, 子公司, 总公司 or 母公司.
_WIDE_BEHIND = """
股份有限公司|有限责任公司|股份有限责任公司|有限公司|股份公司|无限公司|股份两合公司|公司
株式会社|有限会社|合同会社|合资会社|合名会社
"""
_WIDE_BEFORE = "株式会社|有限会社|合同会社|合资会社|合名会社"
_NOT_A_FORM = ("分公司", "子公司", "总公司", "母公司")


def _forms(text: str) -> list[str]:
    return sorted(re.split(r"[|\n]", text.strip()), key=len, reverse=True)


_BEHIND_WORDS = frozenset(_forms(_BEHIND))
_BEFORE_WORDS = frozenset(_forms(_BEFORE))
_LONGEST_WORDS = max(form.count(" ") + 1 for form in _BEHIND_WORDS | _BEFORE_WORDS)
_BEHIND_WIDE = tuple(_forms(_WIDE_BEHIND))
_BEFORE_WIDE = tuple(_forms(_WIDE_BEFORE))


_SPELLED_OUT = dict(
    zip("株有同资주유", ["株式会社", "有限会社", "合同会社", "合资会社", " 주식회사 ", " 유한회사 "], strict=True)
)


def _without_word_forms(words: list[str]) -> tuple[list[str], list[str]]:
    """Words without legal forms at their ends, and the forms. At least two characters stay."""
    found: list[str] = []
    stripped = True
    while stripped:
        stripped = False
        for n in range(min(_LONGEST_WORDS, len(words) - 1), 0, -1):
            for form, rest, known in (
                (" ".join(words[-n:]), words[:-n], _BEHIND_WORDS),
                (" ".join(words[:n]), words[n:], _BEFORE_WORDS),
            ):
                if form in known and sum(map(len, rest)) > 1:
                    found.append(form)
                    words, stripped = rest, True
                    break
            if stripped:
                break
    return words, found


def _without_wide_forms(text: str) -> tuple[str, list[str]]:
    """Unsegmented text without the legal forms at its ends, and the forms. At least two characters stay."""
    found: list[str] = []
    if text in _BEHIND_WIDE:
        return text, found
    for form in _BEHIND_WIDE:
        if text.endswith(form) and len(text) - len(form) > 1 and not text.endswith(_NOT_A_FORM):
            text = text[: -len(form)].rstrip()
            found.append(form)
            break
    for form in _BEFORE_WIDE:
        if text.startswith(form) and len(text) - len(form) > 1:
            text = text[len(form) :].lstrip()
            found.append(form)
            break
    return text, found


def _reduce(text: str) -> tuple[str, str]:
    """(key, legal forms) of a name."""
    folded = fold(text)
    if not folded.isascii():
        folded = _BRACKETED_FORM.sub(lambda match: _SPELLED_OUT[match.group(1)], folded.translate(_SIMPLIFIED))
    words, forms = _without_word_forms(_plain(folded).split())
    key = " ".join(words)
    if not key.isascii() and _HAS_WIDE.search(key):
        key = _BESIDE_WIDE.sub("", key)
        before = ""
        # What stood behind a form comes to the end when the form goes: Foo Inc 有限公司.
        while key != before:
            before = key
            key, wide = _without_wide_forms(key)
            words, more = _without_word_forms(key.split())
            key, forms = " ".join(words), forms + wide + more
    return key or folded, " ".join(forms)


@lru_cache(maxsize=65536)
def name_key(text: str) -> str:
    """The key by which a vendor's name is linked (see the ladder above). Empty only where the text shows nothing."""
    return _reduce(text)[0]


# ---------------------------------------------------------------------------------------------------------------------
# Parts

_PLACES_WIDE = tuple(
    _forms(
        """
北京|上海|天津|重庆|广东|广州|深圳|珠海|东莞|佛山|杭州|宁波|浙江|江苏|南京|苏州|无锡|常州|福建|福州|厦门|山东|济南|青岛
烟台|四川|成都|湖北|武汉|湖南|长沙|河南|郑州|河北|石家庄|陕西|西安|辽宁|沈阳|大连|吉林|长春|黑龙江|哈尔滨|安徽|合肥|江西
南昌|广西|南宁|贵州|贵阳|云南|昆明|海南|海口|山西|太原|甘肃|兰州|新疆|内蒙古|宁夏|青海|西藏|香港|澳门|台湾|台北|东京|大阪
"""
    )
)
_CITIES = frozenset(
    _forms(
        """
beijing|shanghai|tianjin|chongqing|guangdong|guangzhou|shenzhen|zhuhai|hangzhou|zhejiang|jiangsu|nanjing|suzhou|wuxi
fujian|xiamen|shandong|jinan|qingdao|sichuan|chengdu|hubei|wuhan|hunan|changsha|shenyang|dalian|hefei|taipei|tokyo
moscow|москва
"""
    )
)
_REGIONS = _CITIES | frozenset(
    _forms(
        """
china|taiwan|usa|us|uk|americas|america|europe|emea|asia|apac|japan|korea|singapore|india|germany|france|canada
australia|россия|рус|rus|russia
"""
    )
)
_ENDS_WIDE = (*_PLACES_WIDE, "中国", "亚太", "亚洲", "美国", "日本")
_PLACE_BEFORE = re.compile(f"({'|'.join(_PLACES_WIDE)})[市省]?")
_PLACE_BEHIND = re.compile(f"(?:{'|'.join(_ENDS_WIDE)})$")


# Words that many firms share say little about which firm it is.
# fmt: off
COMMON = frozenset({
    "technology", "technologies", "tech", "software", "systems", "system", "networks", "network", "security", "group",
    "holding", "holdings", "international", "communications", "communication", "electronics", "electronic", "computer",
    "computers", "information", "data", "digital", "solutions", "services", "industries", "industry", "labs", "lab",
    "corporation", "enterprise", "cloud", "the", "and", "of",
})
# fmt: on
_COMMON_WIDE = re.compile(
    "信息技术|网络技术|信息|技术|科技|软件|网络|电子|集团|股份|数据|通信|计算机|系统|安全|实业|产业"
)


def _brand(core: str) -> str:
    """What is left of a name's core without common words; the core where that is nothing."""
    brand = " ".join(word for word in _COMMON_WIDE.sub("", core).split() if word not in COMMON)
    return core if not brand or brand in _ENDS_WIDE else brand


def initials(key: str) -> str:
    """The initials by which a key of several words may go, or a key of one short word itself. "" where it has none."""
    words = [word for word in key.split() if word not in {"and", "of", "the"}]
    if len(words) == 1:
        return words[0] if 2 <= len(words[0]) <= 6 else ""
    return "".join(word[0] for word in words)


class Parts(NamedTuple):
    """A name taken apart: its core, the places around it, its legal forms, and the core without common words."""

    core: str
    places: tuple[str, ...]
    form: str
    brand: str


@lru_cache(maxsize=65536)
def parts(text: str) -> Parts:
    """The parts of a name, for ranking and showing. Never for linking: 北京联想 and 联想 may be two firms."""
    core, form = _reduce(text)
    places = []
    if not core.isascii():
        before = _PLACE_BEFORE.match(core)
        if before and len(core) - before.end() > 1:
            places.append(before.group(1))
            core = core[before.end() :]
        behind = _PLACE_BEHIND.search(core)
        if behind and behind.start() > 1:
            places.append(behind.group())
            core = core[: behind.start()]
    words = core.split()
    while len(words) > 1 and words[0] in _CITIES:
        places.append(words.pop(0))
    while len(words) > 1 and words[-1] in _REGIONS:
        places.append(words.pop())
    core = " ".join(words)
    return Parts(core, tuple(places), form, _brand(core))
