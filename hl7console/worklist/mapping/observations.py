"""What observations and allergies of an order or admission say of the patient.

References:
    LOINC 29463-7, 3141-9 (weight), 8302-2 (height), 82810-3 (pregnancy); HL7 table 0128.
"""

from __future__ import annotations

from collections.abc import Iterable

from hl7console.worklist.mapped import Mapped
from hl7console.worklist.mapping.context import Context
from hl7console.worklist.mapping.texts import NULL, fitted, one_line
from hl7console.worklist.reading import Seg

_WEIGHT_CODES = frozenset({"29463-7", "3141-9"})
_SIZE_CODES = frozenset({"8302-2"})
_PREGNANCY_CODE = "82810-3"
_WEIGHT_UNITS = {"kg": 1.0, "g": 0.001, "lb": 0.45359237, "[lb_av]": 0.45359237}
_SIZE_UNITS = {"m": 1.0, "cm": 0.01, "in": 0.0254, "[in_i]": 0.0254}
_PREGNANT = {"77386006": 3, "LA15173-0": 3, "60001007": 1, "LA26683-5": 1, "261665006": 4}
_DRUG_TYPES = frozenset({"DA", "DRUG", "CONTRAST", "CA"})
_ALLERGY_TYPES = frozenset({"", "DA", "FA", "AA", "PA", "EA", "LA"})
"""Drug, food, animal, plant, environmental and pollen allergies."""


def take_observations(context: Context, observations: Iterable[Seg], out: Mapped) -> None:
    """Put weight, size and, by option, pregnancy."""
    view = context.view
    for obx in observations:
        raw = obx.raw(3)
        if not raw:
            continue
        code, name = view.part(raw), view.part(raw, 2).lower()
        if code in _WEIGHT_CODES or name == "body weight":
            _measure(obx, "weight_kg", _WEIGHT_UNITS, out)
        elif code in _SIZE_CODES or name == "body height":
            _measure(obx, "size_m", _SIZE_UNITS, out)
        elif code == _PREGNANCY_CODE and context.options.pregnancy_from_obx:
            status = _PREGNANT.get(obx.get(5), 0)
            if status:
                out.put("pregnancy", status, obx.path(5), "code_translated")


def _measure(obx: Seg, column: str, units: dict[str, float], out: Mapped) -> None:
    factor = units.get(obx.get(6).strip().lower())
    written = obx.get(5).strip().replace(",", ".")
    if not written:
        out.flag("measure_invalid", obx.path(5))
        return
    if factor is None:
        out.flag("unit_unknown", obx.path(6))
        return
    try:
        value = float(written) * factor
    except ValueError:
        out.flag("measure_invalid", obx.path(5))
        return
    if not 0 < value < 1000:
        out.flag("measure_invalid", obx.path(5))
        return
    text = written if factor == 1.0 and len(written) <= 16 else f"{value:.6g}"
    out.put(column, text, obx.path(5), "" if factor == 1.0 else "unit_converted")


def take_allergies(context: Context, segments: Iterable[Seg], out: Mapped) -> None:
    """Put allergies, the severe ones first, and alerts that are no allergies.

    Such an alert (a pacemaker) stands behind those of the order's own field. AL1-3 with ``""``
    clears the allergies.
    """
    allergies: list[tuple[int, str]] = []
    alerts: list[str] = []
    path = ""
    for seg in segments:
        raw = seg.raw(3)
        if not raw or (seg.id == "IAM" and seg.get(6).strip().upper() == "D"):
            continue
        path = path or seg.path(3)
        if raw.strip() == NULL:
            out.put("allergies", "", path, "null")
            continue
        text = one_line(context.view.part(raw, 2)) or one_line(context.view.part(raw))
        if not text:
            continue
        if seg.get(2).strip().upper() in _ALLERGY_TYPES or seg.get(2).upper() in _DRUG_TYPES:
            severe = 0 if seg.get(4).strip().upper() == "SV" else 1
            allergies.append((severe, fitted(out, "allergies", text, "LO")))
        else:
            alerts.append(fitted(out, "medical_alerts", text, "LO"))
    if allergies:
        allergies.sort(key=lambda pair: pair[0])
        out.put("allergies", list(dict.fromkeys([text for _, text in allergies])), path)
    if alerts:
        _put_alerts(alerts, path, out)


def _put_alerts(alerts: list[str], path: str, out: Mapped) -> None:
    told = out.values.get("medical_alerts")
    if isinstance(told, list) and told:
        both = list(dict.fromkeys([*told, *alerts]))
        out.put("medical_alerts", both, out.paths["medical_alerts"], "alerts_joined")
    else:
        out.put("medical_alerts", list(dict.fromkeys(alerts)), path)
