"""Scheduled procedure steps: one for each IPC of an order, else one.

References:
    HL7 v2.5.1 section 4.5.6 (IPC); IHE RAD TF-2 4.4.4.1.2.2; DICOM PS3.4 Table K.6-1.
"""

from __future__ import annotations

from collections.abc import Sequence

from hl7console.worklist import stations
from hl7console.worklist.mapped import Mapped, MappedOrder
from hl7console.worklist.mapping import studies
from hl7console.worklist.mapping.context import Context
from hl7console.worklist.mapping.groups import OrderGroup
from hl7console.worklist.mapping.numbers import MOST_SH, check_number
from hl7console.worklist.mapping.patient import note_text
from hl7console.worklist.mapping.plan import Plan, fill
from hl7console.worklist.mapping.texts import fitted, several_lines
from hl7console.worklist.reading import Seg


def map_steps(context: Context, group: OrderGroup, mapped: MappedOrder, plan: Plan) -> None:
    """Add the steps of an order to what is mapped of it.

    A step without a number gets one by `number_steps`, once all orders of the message are mapped.
    """
    segments = group.segments
    ipcs: Sequence[Seg | None] = group.steps or (None,)
    for place, ipc in enumerate(ipcs):
        if ipc is not None:
            segments = {**segments, "IPC": ipc}
        out = Mapped()
        fill(context, plan, segments, out)
        _inherit(context, mapped.order, out)
        if notes := group.step_notes.get(place):
            lines = [text for note in notes if (text := note_text(note))]
            if lines and not out.values.get("sps_comments"):
                path = notes[0].path(3)
                text = fitted(out, "sps_comments", several_lines("\n".join(lines)), "LT", path)
                out.put("sps_comments", text, path)
        check_number(out, "sps_id")
        stations.place_step(context, mapped.order, out)
        mapped.steps.append(out)


def _inherit(context: Context, order: Mapped, out: Mapped) -> None:
    """Put what a step has of its procedure, where it tells nothing of its own."""
    values = order.values
    out.put("study_uid", values["study_uid"], order.paths["study_uid"],
            order.rules.get("study_uid", ""))  # fmt: skip
    if codes := values.get("procedure_codes"):
        out.put("procedure_code_raw", codes, order.paths["procedure_codes"])
    if not out.values.get("modality"):
        _modality(context, order, out)
    if not out.values.get("sps_desc") and values.get("rp_desc"):
        out.put("sps_desc", values["rp_desc"], order.paths["rp_desc"], "from_procedure")


def _modality(context: Context, order: Mapped, out: Mapped) -> None:
    table = order.values.get("table_modality")
    if isinstance(table, str) and table:
        rule = order.rules["table_modality"]
        out.put("modality", table, order.paths["table_modality"], rule)
    elif context.options.default_modality:
        out.put("modality", context.options.default_modality.upper(), "", "default_modality")


def number_steps(orders: list[MappedOrder]) -> None:
    """Give the steps that were sent without a number theirs, from the procedure's.

    The procedure's number where it is alone, with ``-1``, ``-2`` behind it where the message has
    several such steps of one procedure.
    """
    waiting: dict[tuple[str, str], list[tuple[Mapped, Mapped]]] = {}
    for mapped in orders:
        order = mapped.order
        for step in mapped.steps:
            if not step.values.get("sps_id"):
                key = str(order.values["study_uid"]), str(order.values["rp_id"])
                waiting.setdefault(key, []).append((order, step))
    for (study_uid, rp_id), steps in waiting.items():
        for number, (order, step) in enumerate(steps, 1):
            wanted = rp_id if len(steps) == 1 else f"{rp_id}-{number}"
            if len(wanted) <= MOST_SH:
                step.put("sps_id", wanted, order.paths["rp_id"], "sps_is_rp")
            else:
                made = studies.generated_sps_id(study_uid, rp_id, str(number))
                step.put("sps_id", made, "", "sps_generated")
