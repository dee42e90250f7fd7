"""XML: elements as the objects, arrays and texts that JSON has, so that both are searched alike."""

from __future__ import annotations

import re
from typing import Any

from lxml import etree

from .errors import TooLarge, UnreadableFormat
from .jsontree import tree_document
from .reading import MAX_CELLS, Document
from .text import Decoded

_DECLARED = re.compile(r"\A\s*<\?xml[^>]{0,300}\?>")


def open_xml(decoded: Decoded, url: str) -> Document | None:
    """Parse XML; None for a text that is none. Entities are not expanded and nothing is fetched.

    Raises UnreadableFormat where a text that declares itself XML breaks off, TooLarge past the limits.
    """
    said = _DECLARED.match(decoded.text)
    # The declaration speaks of the bytes, which are decoded already.
    text = decoded.text[said.end() :] if said else decoded.text
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True,
                             remove_pis=True, huge_tree=False)  # fmt: skip
    try:
        root = etree.fromstring(text.encode("utf-8", "replace"), parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        if said is None:
            return None
        raise UnreadableFormat(f"The XML breaks off: {error}. The answer may have been cut; fetch it again.") from error
    return tree_document("xml", {_name(root): _value(root)}, decoded, url)


def _name(tag: Any) -> str:
    return etree.QName(tag).localname if isinstance(tag.tag, str) else ""


def _value(root: Any) -> Any:
    """The root as an object; walked without recursion."""
    made: dict[Any, Any] = {}
    count = 0
    for _, tag in etree.iterwalk(root, events=("end",)):
        if not isinstance(tag.tag, str):
            continue
        count += 1
        if count > MAX_CELLS // 4:
            raise TooLarge(f"The XML holds more than {MAX_CELLS // 4:,} elements.")
        children = [child for child in tag if isinstance(child.tag, str)]
        text = " ".join("".join([tag.text or "", *(child.tail or "" for child in tag)]).split())
        if not children and not tag.attrib:
            made[tag] = text
            continue
        found: dict[str, Any] = {etree.QName(key).localname: value for key, value in tag.attrib.items()}
        several: dict[str, int] = {}
        for child in children:
            several[_name(child)] = several.get(_name(child), 0) + 1
        for child in children:
            name = _name(child)
            value = made.pop(child)
            if several[name] > 1:
                if not isinstance(found.get(name), list):
                    found[name] = []
                found[name].append(value)
            else:
                found[name] = value
        if text:
            found["text"] = text
        made[tag] = found
    return made[root]
