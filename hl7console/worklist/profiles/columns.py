"""The columns whose fields a profile names, and what kind of value each has.

References:
    DICOM PS3.4 Table K.6-1; PS3.5 section 6.2 (value representations).
"""

from __future__ import annotations

from typing import NamedTuple


class Column(NamedTuple):
    """One column of a row that a message fills."""

    area: str
    """patient, visit, order or step."""
    kind: str
    """How its value is read: see `mapping.plan`."""
    vr: str
    """DICOM value representation; decides about values that are too long."""


def _table(area: str, text: str) -> dict[str, Column]:
    rows = [line.split() for line in text.strip().splitlines()]
    return {name: Column(area, kind, vr) for name, kind, vr in rows}


COLUMNS: dict[str, Column] = {
    **_table("patient", """
        patient_name     xpn      PN
        birth_date       birth    DA
        sex              sex      CS
        mother_name      xpn      PN
        address          address  LO
        phone            text     SH
        language         code     SQ
        medical_alerts   texts    LO
        patient_state    text     LO
        special_needs    needs    LO
        confidentiality  text     LO
        """),
    **_table("visit", """
        location         place    LO
        patient_class    text     LO
        admit_dt         when     DT
        """),
    **_table("order", """
        referring        xcn      PN
        transport        text     LO
        accession        number   SH
        accession_issuer hd       SQ
        placer_no        number   LO
        placer_issuer    hd       SQ
        filler_no        number   LO
        filler_issuer    hd       SQ
        group_no         number   LO
        rp_id            number   SH
        rp_desc          text     LO
        rp_code          code     SQ
        study_uid        uid      UI
        priority         priority SH
        reason           text     LO
        reason_code      code     SQ
        requesting       xcn      PN
        requesting_service text   LO
        confid_code      text     LO
        recipients       xcns     PN
        entered_by       xcn      PN
        callback         text     SH
        issue_dt         when     DT
        institution      text     LO
        institution_code code     SQ
        inst_address     address  ST
        department       text     LO
        """),
    **_table("step", """
        sps_id           number   SH
        start_dt         start    DT
        modality         modality CS
        station_aet      titles   AE
        station_name     names    SH
        sps_location     text     SH
        performer        cnn      PN
        sps_desc         text     LO
        protocol         code     SQ
        premedication    text     LO
        contrast         text     LO
        sps_comments     long     LT
        """),
}  # fmt: skip
"""All columns of ``[fields]`` by name."""

MOST: dict[str, int] = {"SH": 16, "LO": 64, "AE": 16, "CS": 16, "ST": 1024, "LT": 10240}
"""Characters that a value representation takes."""
