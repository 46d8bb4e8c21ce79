"""The options of a mapping profile: every switch that the rules know, with its default."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Options:
    """The ``[options]`` table of a profile. The field docstrings are the help text."""

    open_stations: bool = True
    """A step without a station is open to every allowed AE that asks for its modality."""
    zone: str = ""
    """The department's time zone (IANA name); "" takes times as they are written."""
    primary_authority: str = ""
    """The assigning authority whose identifier is shown to modalities."""
    default_authority: str = ""
    """For identifiers without an authority; "" takes the sender (MSH-4, MSH-3, listener)."""
    trusted_authorities: tuple[str, ...] = ()
    """Only these identify a patient; empty trusts all."""
    use_pid_2: bool = True
    """Take PID-2 where PID-3 is empty."""
    split_comma_names: bool = False
    """Split a name in one component at its comma."""
    unknown_patient: str = "create"
    """What an order for an unknown patient does: create or refuse."""
    merged_patient: str = "follow"
    """What a message naming a merged identifier does: follow or refuse."""
    hold_demographic_conflicts: bool = True
    """Known identifier, but name and birth date both differ: keep the rows until confirmed."""
    demographics_from_orders: str = "fill"
    """What a new order does to the patient: fill (empty values only), update or ignore."""
    merge_across_authorities: bool = False
    """Apply a merge whose identifiers have different authorities; else they are linked."""
    cancels_visit_flags_rows: bool = True
    """A11 and A38 flag the open rows of the visit."""
    arrive_on_a10: bool = False
    """A10 moves scheduled rows to arrived."""
    flag_discharged: bool = False
    """A03 flags the open rows of the visit."""
    sender_role: str = "auto"
    """Who sends orders on this listener: placer, filler, or auto (filler when ORC-3 and SC/XO)."""
    use_obr_25: bool = False
    """Take OBR-25 for an empty ORC-5."""
    sc_a_completes: bool = False
    """SC with ORC-5 = A completes the step."""
    create_by_update: bool = True
    """A complete update for an unknown order makes it."""
    cancel_missing_in_update: bool = False
    """A step missing from a full re-send of its procedure is cancelled."""
    tombstone_days: int = 30
    """How long a cancel waits for its order."""
    pending_days: int = 7
    """How long an update waits for its order."""
    skew_ahead_minutes: int = 5
    """An event time further ahead of its arrival is not believed."""
    skew_behind_days: int = 7
    """An event time further behind its arrival is not believed."""
    siu_cancels_sps: bool = False
    """S15 and S17 cancel the step; else it goes back to unscheduled."""
    create_from_siu: bool = False
    """An appointment without an order makes an incomplete row."""
    final_report_completes: bool = False
    """A final report completes the step."""
    reject_unknown_modalities: bool = False
    """A modality that DICOM doesn't define is refused, not only flagged."""
    time_unknown: str = "000000"
    """Start time of a step whose date is known and whose time is not."""
    long_accessions: str = "conflict"
    """An accession over 16 characters: conflict (not served) or tail (last 16, where unique)."""
    accession_prefix: str = ""
    """Taken off the front of accessions."""
    require_admission_id: bool = False
    """Neither PV1-19 nor PID-18: flag."""
    default_modality: str = ""
    """The modality of orders that tell none, by no field and no table."""
    date_formats: tuple[str, ...] = ()
    """Other ways of writing a date that this site uses, such as ``YYYY-MM-DD hh:mm``; flagged."""
    critical_flags: tuple[str, ...] = ("PANIC", "CRIT")
    """Values of OBX-8 that make a result critical, beside HH, LL, AA, < and >."""
    critical_codes: tuple[str, ...] = ()
    """Codes of OBX-3 that make a result critical."""
    critical_phrases: tuple[str, ...] = ()
    """Words in OBX-5 or NTE-3 that make a result critical, letter case aside."""
    pregnancy_from_obx: bool = False
    """Take the pregnancy status from an OBX with LOINC 82810-3."""


CHOICES: dict[str, tuple[str, ...]] = {
    "unknown_patient": ("create", "refuse"),
    "merged_patient": ("follow", "refuse"),
    "demographics_from_orders": ("fill", "update", "ignore"),
    "sender_role": ("auto", "placer", "filler"),
    "long_accessions": ("conflict", "tail"),
}
"""By option: the words that it takes."""
