"""Data sets as plain values, and back: the border between pydicom and the rules.

References:
    DICOM PS3.5 section 6.2 (value representations), 7.5 (sequences).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from hl7console.dicom.charset import choose, known, transliterate
from hl7console.settings import AeRules
from hl7console.worklist.matching import Element, Item

if TYPE_CHECKING:
    from pydicom import Dataset

MOST_DEPTH = 8
"""Sequences within sequences that are read; nothing that we know nests deeper."""

_UNREADABLE = frozenset({"OB", "OW", "OF", "OD", "OL", "OV", "UN"})


def charsets_of(dataset: Dataset) -> tuple[str, ...]:
    """Return the character sets that a data set names; () for none."""
    value = dataset.get("SpecificCharacterSet", "") or ""
    return (value,) if isinstance(value, str) and value else tuple(str(v) for v in value)


def read_query(dataset: Dataset, rules: AeRules) -> tuple[Item, tuple[str, ...], bool]:
    """Return a request's keys, its character sets, and whether these are known.

    Raises:
        Exception: Whatever pydicom raises for bytes that are no data set.
    """
    names = charsets_of(dataset)
    is_known = known(names)
    if not names and rules.request_charset:
        dataset.SpecificCharacterSet = rules.request_charset
    elif not is_known:
        dataset.SpecificCharacterSet = "ISO_IR 100"
    _decode(dataset)
    return item_of(dataset), names if is_known else (), is_known


def _decode(dataset: Dataset) -> None:
    names = charsets_of(dataset)
    if not names:
        return
    from pydicom.charset import convert_encodings, decode_element

    encodings = convert_encodings(list(names))
    for element in dataset:
        if element.VR == "SQ":
            for part in element.value or ():
                part.SpecificCharacterSet = list(names)
                _decode(part)
                del part.SpecificCharacterSet
        else:
            decode_element(element, encodings)


def item_of(dataset: Dataset, depth: int = 0) -> Item:
    """Return a data set in plain values; unknown attributes by their number."""
    made: Item = {}
    for element in dataset:
        name = element.keyword or f"{int(element.tag):08X}"
        if element.VR == "SQ":
            parts = element.value or ()
            made[name] = [item_of(p, depth + 1) for p in parts] if depth < MOST_DEPTH else []
        elif element.VR in _UNREADABLE:
            made[name] = ()
        else:
            made[name] = _texts(element.value)
    return made


def _texts(value: object) -> tuple[str, ...]:
    if value is None or value == "":
        return ()
    if isinstance(value, list | tuple) or type(value).__name__ == "MultiValue":
        return tuple([str(part) for part in value])  # type: ignore[attr-defined]
    return (str(value),)


def texts_of(item: Item) -> Iterator[str]:
    """Yield all texts of a data set."""
    for value in item.values():
        for part in value:
            if isinstance(part, str):
                yield part
            else:
                yield from texts_of(part)


def dataset_of(item: Item, rules: AeRules, requested: Sequence[str] = ()) -> Dataset:
    """Return the data set to send, with its character set.

    Raises:
        ValueError: A value cannot be sent.
    """
    if rules.transliterate:
        item = _transliterated(item, rules.transliterate)
    names = choose(texts_of(item), rules, requested)
    dataset = _dataset(item)
    if names:
        dataset.SpecificCharacterSet = names[0] if len(names) == 1 else list(names)
    return dataset


def _transliterated(item: Item, how: str) -> Item:
    made: Item = {}
    for keyword, value in item.items():
        if isinstance(value, list):
            made[keyword] = [_transliterated(part, how) for part in value]
        else:
            made[keyword] = tuple([transliterate(text, how) for text in value])
    return made


def _dataset(item: Item) -> Dataset:
    from pydicom import Dataset
    from pydicom.datadict import dictionary_VR, tag_for_keyword

    dataset = Dataset()
    for keyword, value in item.items():
        tag = tag_for_keyword(keyword)
        if tag is None:
            tag, vr = int(keyword, 16), "UN"
        else:
            vr = dictionary_VR(tag).split(" ")[0]
        if isinstance(value, list):
            dataset.add_new(tag, "SQ", [_dataset(part) for part in value])
        else:
            dataset.add_new(tag, vr, _value(vr, value))
    return dataset


def _value(vr: str, value: Element) -> object:
    texts = [text for text in value if isinstance(text, str)]
    if vr in ("US", "UL", "SS", "SL"):
        return [int(text) for text in texts] if texts else None
    cleaned = [_clean(text, vr) for text in texts]
    return cleaned[0] if len(cleaned) == 1 else cleaned or None


def _clean(text: str, vr: str) -> str:
    """Return text without what its value representation forbids: control characters, mostly."""
    if text.isprintable():
        return text
    kept = "\r\n\t\f" if vr in ("LT", "ST", "UT") else ""
    return "".join([c if c.isprintable() or c in kept else " " for c in text]).strip()
