# ruff: noqa: E501 - tables of words read better unbroken
"""The date that a page prints for its list, where it does so without doubt."""

from __future__ import annotations

import re
from datetime import date

_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "jan january janvier januar enero janeiro января январь gennaio",
            "feb february février fevrier februar febrero fevereiro февраля февраль febbraio",
            "mar march mars märz marzo março marco марта март",
            "apr april avril abril апреля апрель aprile",
            "may mai mayo maio мая май maggio",
            "jun june juin juni junio junho июня июнь giugno",
            "jul july juillet juli julio julho июля июль luglio",
            "aug august août aout agosto августа август",
            "sep sept september septembre septiembre setembro сентября сентябрь settembre",
            "oct october octobre oktober octubre outubro октября октябрь ottobre",
            "nov november novembre noviembre novembro ноября ноябрь",
            "dec december décembre decembre dezember diciembre dezembro декабря декабрь dicembre",
        ),
        1,
    )
    for name in names.split()
}
_SAYS = (
    r"(?:last (?:updated|modified|reviewed)(?: on)?|updated(?: on)?|as of|as at|effective(?: date| from)?|generated on|published(?: on)?|date of "
    r"(?:publication|issue|list)|list date|status:? as of|mis(?:e)? à jour(?: le)?|publié le|état au|date de publication|stand(?: vom)?|"
    r"aktualisiert am|veröffentlicht am|actualizado(?: el| a)?|fecha de (?:publicación|actualización)|publicado(?: el)?|"
    r"atualizado em|publicado em|по состоянию на|дата (?:публикации|обновления)|обновлено|تاريخ (?:النشر|التحديث)|עודכן(?: ב| בתאריך)?|"
    r"发布(?:日期|时间)|发文日期|公布日期|更新(?:日期|时间|日)|最終更新日?|掲載日|公表日|게시일|등록일|기준일)"
)
_FORMS = (
    r"(?P<y>(?:19|20)\d\d)\s?[-/.年년]\s?(?P<m>\d{1,2})\s?[-/.月월]\s?(?P<d>\d{1,2})",
    r"(?P<d>\d{1,2})(?:st|nd|rd|th|er|º|°)?\.?[\s-](?:de |of )?(?P<name>[^\W\d_]{3,10})\.?,?[\s-](?:de )?(?P<y>(?:19|20)\d\d)",
    r"(?P<name>[^\W\d_]{3,10})\.? (?P<d>\d{1,2})(?:st|nd|rd|th)?,? (?P<y>(?:19|20)\d\d)",
    r"(?P<d>\d{1,2})\.(?P<m>\d{1,2})\.(?P<y>(?:19|20)\d\d)",
    r"(?P<a>\d{1,2})/(?P<b>\d{1,2})/(?P<y>(?:19|20)\d\d)",
)
_PRINTED = re.compile(
    _SAYS
    + r"[\s:：】\])）]{0,6}(?:[^\W\d_]{3,9}day,? )?(?:"
    + "|".join(re.sub(r"\?P<(\w+)>", rf"?P<\g<1>{i}>", form) for i, form in enumerate(_FORMS))
    + ")",
    re.I,
)
_WITHIN = 200_000  # characters
_LINE = 120


def printed_date(title: str, text: str) -> date | None:
    """The one date that a page gives as its list's own; None where it gives none, several, or an ambiguous one.

    12/10/2020 is two dates, by the reader's country, so it is none; 12/18/2021 is one.
    """
    found = set()
    for line in f"{title}\n{text[:_WITHIN]}".split("\n"):
        if len(line) > _LINE:
            continue  # "As of 1 June 2019 the rules …" speaks of something else
        for hit in _PRINTED.finditer(line):
            if (one := _date(hit)) is None:
                return None
            found.add(one)
    return found.pop() if len(found) == 1 else None


def _date(hit: re.Match[str]) -> date | None:
    parts = {key.rstrip("0123456789"): value for key, value in hit.groupdict().items() if value}
    try:
        if "a" in parts:
            a, b = int(parts["a"]), int(parts["b"])
            if (a <= 12 and b <= 12) and a != b:
                return None
            month, day = (a, b) if a <= 12 else (b, a)
            return date(int(parts["y"]), month, day)
        month = _MONTHS.get(parts["name"].casefold(), 0) if "name" in parts else int(parts["m"])
        return date(int(parts["y"]), month, int(parts["d"]))
    except ValueError:
        return None
