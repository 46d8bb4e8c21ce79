"""The requested procedure: its code by the tables of the profile and of the site.

References:
    HL7 v2.5.1 sections 4.5.3.4 (OBR-4) and 4.5.3.44 (OBR-44).
"""

from __future__ import annotations

from hl7console.worklist.mapped import MappedOrder
from hl7console.worklist.mapping import codes
from hl7console.worklist.mapping.context import Context, FindCode
from hl7console.worklist.mapping.texts import one_line
from hl7console.worklist.profiles.rules import matches
from hl7console.worklist.reading import Seg

_PLACES = (("OBR", 44, 0), ("OBR", 4, 0), ("IPC", 6, 0), ("OBR", 4, 3))
"""Where a procedure's code may stand, the requested procedure first; component from 0."""


def sent_codes(context: Context, segments: dict[str, Seg]) -> list[tuple[str, str, str, str]]:
    """Return code, system, text and path of each procedure code that was sent."""
    found = []
    clean = context.view.clean
    for name, field, start in _PLACES:
        seg = segments.get(name)
        raw = seg.raw(field) if seg is not None else ""
        if seg is None or not raw:
            continue
        parts = context.view.components(seg.repetitions(field)[0])[start : start + 3]
        parts += [""] * (3 - len(parts))
        code = clean(parts[0]).strip()
        if code:
            text = one_line(clean(parts[1]))
            found.append((code, clean(parts[2]).strip(), text, seg.path(field)))
    return found


def put_procedure(
    context: Context, segments: dict[str, Seg], mapped: MappedOrder, find_code: FindCode
) -> None:
    """Translate the procedure by the profile's rules and the exam-code table.

    What was sent stays in `procedure_codes` and `rp_code_raw`. A modality that a table tells is in
    `table_modality`, for steps that tell none.
    """
    sent = sent_codes(context, segments)
    if not sent:
        return
    out = mapped.order
    out.put("procedure_codes", list(dict.fromkeys([code for code, *_ in sent])), sent[0][3])
    if _by_profile(context, sent, mapped):
        return
    for code, system, _, path in sent:
        known = find_code(context.sender, code, system)
        if known is not None:
            _put_known(context, mapped, known, path, "code_table")
            return
    code, system, text, _ = sent[0]
    mapped.unmapped = (context.sender, code, system, text)


def _by_profile(
    context: Context, sent: list[tuple[str, str, str, str]], mapped: MappedOrder
) -> bool:
    for rule in context.profile.procedures:
        if rule.sender and not matches(rule.sender, senders(context)):
            continue
        for code, system, _, path in sent:
            if matches(rule.code, (code,)) and matches(rule.system, (system,)):
                local = rule.local or ("", "", "")
                _put_known(context, mapped, (*local, rule.modality), path, "procedure_rule")
                return True
    return False


def senders(context: Context) -> tuple[str, str, str]:
    """Return what a rule may call the sender: MSH-3, MSH-4 and both."""
    application, _, facility = context.sender.partition("|")
    return application, facility, context.sender


def _put_known(
    context: Context,
    mapped: MappedOrder,
    known: tuple[str, ...],
    path: str,
    rule: str,
) -> None:
    code, meaning, system, modality = known
    out = mapped.order
    if code and meaning and system:
        raw = out.values.get("rp_code")
        if raw:
            out.put("rp_code_raw", raw, out.paths["rp_code"])
        item = codes.fit_item([code, meaning, codes.scheme_of(context, system)], out, path)
        out.put("rp_code", item, path, rule)
    if modality:
        out.put("table_modality", modality.upper(), path, rule)
