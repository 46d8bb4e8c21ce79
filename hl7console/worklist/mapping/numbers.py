"""An order's numbers with whose they are, and those that are made up where none were sent.

References:
    IHE RAD TF-2 4.4.4.1.2.2 (accession number of at most 16 characters); DICOM PS3.5 6.2 (SH).
"""

from __future__ import annotations

from hl7console.worklist.mapped import Mapped
from hl7console.worklist.mapping import authorities, studies
from hl7console.worklist.mapping.authorities import Authority
from hl7console.worklist.mapping.context import Context
from hl7console.worklist.mapping.groups import OrderGroup
from hl7console.worklist.reading import Seg

MOST_SH = 16
"""Characters of accession number, procedure and step number."""


def put_numbers(context: Context, group: OrderGroup, index: int, out: Mapped) -> None:
    """Put accession, procedure and study numbers, made up where they were not sent.

    Args:
        context: The message.
        group: The order's segments.
        index: Which order of the message it is, from 0.
        out: The order's columns; placer, filler and accession numbers as the fields say them.
    """
    segments, values = group.segments, out.values
    for prefix, field in (("placer", 2), ("filler", 3)):
        if values.get(f"{prefix}_no"):
            _put_authority(context, segments, prefix, field, out)
    _check_agreement(segments, out)
    if values.get("accession"):
        _put_accession(context, out)
    check_number(out, "rp_id")
    key = _identity(context, out, index)
    if not values.get("rp_id"):
        accession = values.get("accession")
        if isinstance(accession, str) and 0 < len(accession) <= MOST_SH:
            out.put("rp_id", accession, out.paths["accession"], "rp_is_accession")
        else:
            out.put("rp_id", studies.generated_rp_id(*key), "", "rp_generated")
    if not values.get("study_uid"):
        uid = studies.derived_uid(*key, str(values["rp_id"]))
        out.put("study_uid", uid, "", "uid_derived")
    _check_uids(group, out)


def check_number(out: Mapped, column: str) -> None:
    """Flag a number that its value representation doesn't take; it stays as it is."""
    value = out.values.get(column)
    if isinstance(value, str) and not is_short(value):
        flag = f"{column}_too_long" if len(value) > MOST_SH else f"{column}_bad_character"
        out.flag(flag, out.paths[column])


def is_short(value: str) -> bool:
    """Return whether a number is one that SH takes."""
    return len(value) <= MOST_SH and "\\" not in value and value.isprintable()


def _put_authority(
    context: Context, segments: dict[str, Seg], prefix: str, field: int, out: Mapped
) -> None:
    path = out.paths[f"{prefix}_no"]
    seg = segments.get("OBR" if path.startswith("OBR") else "ORC")
    authority = _authority_at(context, seg, field)
    rule = "aa_defaulted" if authority.is_defaulted else ""
    out.put(f"{prefix}_authority", authority.key, path, rule)
    if authority.is_defaulted:
        if authority.namespace:
            out.put(f"{prefix}_issuer", [authority.namespace, "", ""], "", rule)
        out.flag("aa_defaulted", path)


def _authority_at(context: Context, seg: Seg | None, field: int) -> Authority:
    raw = seg.raw(field) if seg is not None else ""
    if seg is None or not raw:
        return authorities.of_parts(context, "", "", "")
    return authorities.of_ei(context, context.view.components(seg.repetitions(field)[0]))


def _check_agreement(segments: dict[str, Seg], out: Mapped) -> None:
    orc, obr = segments.get("ORC"), segments.get("OBR")
    if orc is None or obr is None:
        return
    for field, flag in ((2, "placer_numbers_differ"), (3, "filler_numbers_differ")):
        one, other = orc.raw(field), obr.raw(field)
        if one and other and one != other:
            one, other = orc.get(field), obr.get(field)
            if one and other and one != other:
                out.flag(flag, obr.path(field))


def _put_accession(context: Context, out: Mapped) -> None:
    options, path = context.options, out.paths["accession"]
    value = str(out.values["accession"])
    prefix = options.accession_prefix
    if prefix and value.startswith(prefix) and len(value) > len(prefix):
        value = value[len(prefix) :]
        out.put("accession", value, path, "prefix_removed")
    if len(value) > MOST_SH and options.long_accessions == "tail":
        out.put("accession", value[-MOST_SH:], path, "accession_tail")
        out.put("accession_sent", value, path)
        out.flag("accession_tail", path)
    check_number(out, "accession")
    _put_accession_authority(context, out)


def _put_accession_authority(context: Context, out: Mapped) -> None:
    issuer = out.values.get("accession_issuer")
    if isinstance(issuer, list) and out.paths["accession"].startswith("IPC"):
        authority = authorities.of_parts(context, *issuer)
        out.put("accession_authority", authority.key, out.paths["accession_issuer"])
        return
    key = context.default_key
    out.put("accession_authority", key, out.paths["accession"], "aa_defaulted")
    if context.options.default_authority:
        value = [context.options.default_authority, "", ""]
        out.put("accession_issuer", value, "", "aa_defaulted")


def _identity(context: Context, out: Mapped, index: int) -> tuple[str, ...]:
    """Return what identifies the order: accession, placer or filler number; else the message."""
    values = out.values
    for column, authority in (
        ("accession", "accession_authority"),
        ("placer_no", "placer_authority"),
        ("filler_no", "filler_authority"),
    ):
        if values.get(column):
            kind = "" if column == "accession" else column
            return (kind, str(values.get(authority, "")), str(values[column]))
    out.flag("order_without_number")
    return ("entry", context.default_key, f"{context.entry.number}.{index}")


def _check_uids(group: OrderGroup, out: Mapped) -> None:
    if len(group.steps) < 2:
        return
    first = ""
    for ipc in group.steps:
        uid = ipc.get(3).strip()
        first = first or uid
        if uid and uid != first:
            out.flag("study_uids_differ", ipc.path(3))
            return
