"""Which stations a step is for: the message's, the profile's rules, or open to its modality."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from hl7console.worklist.entries import MessageEntry
from hl7console.worklist.mapped import Mapped
from hl7console.worklist.mapping.context import Context
from hl7console.worklist.profiles.profile import Profile
from hl7console.worklist.profiles.rules import StationRule, matches
from hl7console.worklist.reading import View


def place_step(context: Context, order: Mapped, step: Mapped) -> None:
    """Put stations, their names and the room by the profile's rules, where none were sent.

    A step that has no station then is ``open``, if the profile opens such steps; `open` is "" on
    any other.
    """
    profile = context.profile
    if profile.stations:
        place = str(order.values.get("location", ""))
        codes = _texts(order.values.get("procedure_codes", ()))
        locations = (place, place.partition("-")[0]) if place else ()
        _apply(profile.stations, context.sender, step, codes, locations, ())
    if step.values.get("station_aet") or not profile.options.open_stations:
        step.put("open", "", "", "station_known")
    else:
        step.put("open", 1, "", "open_station")


def assign(
    view: View, profile: Profile, step: Mapped, entry: MessageEntry, *,
    procedures: Sequence[str] = (), locations: Sequence[str] = (), resources: Sequence[str] = (),
) -> bool:  # fmt: skip
    """Put stations by the profile's rules for an appointment's resources.

    Args:
        view: The message.
        profile: Its profile.
        step: Columns of the step; `modality` is looked at, stations are put.
        entry: The journal entry.
        procedures: Procedure codes of the step.
        locations: Where the patient is.
        resources: AIG-3 and AIL-3.

    Returns:
        Whether a rule held.
    """
    sender = Context(view, profile, entry).sender
    return _apply(profile.stations, sender, step, procedures, locations, resources)


def _texts(value: object) -> Sequence[str]:
    return [str(part) for part in value] if isinstance(value, list | tuple) else ()


def _apply(
    rules: Iterable[StationRule], sender: str, step: Mapped, procedures: Sequence[str],
    locations: Sequence[str], resources: Sequence[str],
) -> bool:  # fmt: skip
    application, _, facility = sender.partition("|")
    senders = (application, facility, sender)
    modality = (str(step.values.get("modality", "")),)
    for rule in rules:
        if (
            matches(rule.sender, senders)
            and matches(rule.modality, modality)
            and matches(rule.location, locations)
            and matches(rule.procedure, procedures)
            and matches(rule.resource, resources)
        ):
            _put(rule, step)
            return True
    return False


def _put(rule: StationRule, step: Mapped) -> None:
    values = step.values
    if rule.aet and not values.get("station_aet"):
        step.put("station_aet", list(rule.aet), "", "station_rule")
    if rule.name and not values.get("station_name"):
        step.put("station_name", [name[:16] for name in rule.name], "", "station_rule")
    if rule.room and not values.get("sps_location"):
        step.put("sps_location", rule.room[:16], "", "station_rule")
