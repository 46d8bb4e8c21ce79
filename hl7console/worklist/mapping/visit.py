"""PV1 and the account number: the visit's columns.

References:
    HL7 v2.5.1 section 3.4.3 (PV1); IHE RAD TF-2 4.4.4.1.2.2.
"""

from __future__ import annotations

from hl7console.worklist.entries import MessageEntry
from hl7console.worklist.mapped import Mapped
from hl7console.worklist.mapping import identifiers, names
from hl7console.worklist.mapping.context import Context
from hl7console.worklist.mapping.identifiers import Number
from hl7console.worklist.mapping.plan import fill, plan_of
from hl7console.worklist.mapping.times import moment_of
from hl7console.worklist.profiles.profile import Profile
from hl7console.worklist.reading import Seg, View


def map_visit(
    view: View, profile: Profile, entry: MessageEntry, pv1: Seg | None, pid: Seg | None
) -> Mapped:
    """Return the columns of the visit that a message tells; empty where it tells none.

    Beside the worklist's: `visit_no`, `visit_authority`, `visit_issuer`, `account_no`,
    `account_authority`, `account_issuer`, `alternate_visit` (PV1-50), `discharge_date` and
    `discharge_time` (PV1-45).
    """
    context = Context.of(view, profile, entry)
    out = Mapped()
    if pid is not None:
        _put(out, "account", identifiers.number_of_cx(context, pid, 18))
    if pv1 is not None:
        _put(out, "visit", identifiers.number_of_cx(context, pv1, 19))
        fill(context, plan_of(profile, "visit"), {"PV1": pv1}, out)
        _put_referring(context, pv1, out)
        if alternate := identifiers.number_of_cx(context, pv1, 50):
            out.put("alternate_visit", alternate.value, alternate.path)
        moment = moment_of(pv1.get(45), profile) if pv1.raw(45) else None
        if moment is not None and moment.date:
            out.put("discharge_date", moment.date, pv1.path(45))
            out.put("discharge_time", moment.time, pv1.path(45))
    if profile.options.require_admission_id and not (
        out.values.get("visit_no") or out.values.get("account_no")
    ):
        out.flag("admission_id_missing", "PV1-19")
    return out


def _put(out: Mapped, prefix: str, number: Number | None) -> None:
    if number is None:
        return
    authority, path = number.authority, number.path
    out.put(f"{prefix}_no", number.value, path)
    rule = "aa_defaulted" if authority.is_defaulted else ""
    out.put(f"{prefix}_authority", authority.key, path, rule)
    if authority.namespace or authority.universal_id:
        issuer = [authority.namespace, authority.universal_id, authority.universal_type]
        out.put(f"{prefix}_issuer", issuer, path, rule)
    if authority.is_defaulted:
        out.flag("aa_defaulted", path)


def _put_referring(context: Context, pv1: Seg, out: Mapped) -> None:
    sources = context.profile.fields.get("referring", ())
    if sources and sources[0].segment == "PV1":
        field = sources[0].field
        for written in pv1.repetitions(field):
            odd: list[str] = []
            name = names.pn_of_xcn(context, written, odd)
            for flag in odd:
                out.flag(flag, pv1.path(field))
            if name:
                out.put("referring", name, pv1.path(field))
                return


def map_prior_visit(view: View, profile: Profile, mrg: Seg, entry: MessageEntry) -> tuple[str, str]:
    """Return number and authority's key of the prior visit (MRG-5); empty where there is none."""
    number = identifiers.number_of_cx(Context.of(view, profile, entry), mrg, 5)
    return (number.value, number.authority.key) if number is not None else ("", "")
