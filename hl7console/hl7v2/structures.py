"""The message structure that a message type and event imply when MSH-9.3 is empty.

References:
    HL7 v2.5.1 chapter 2, table 0354 (message structure).
"""

from __future__ import annotations

_OTHER_EVENTS = {
    "ADT_A01": "A04 A08 A13",
    "ADT_A05": "A14 A28 A31",
    "ADT_A06": "A07",
    "ADT_A09": "A10 A11",
    "ADT_A21": "A22 A23 A25 A26 A27 A29 A32 A33",
    "ADT_A30": "A34 A35 A36 A46 A47 A48 A49",
    "ADT_A39": "A40 A41 A42",
    "ADT_A43": "A44",
    "ADT_A50": "A51",
    "ADT_A52": "A53",
    "ADT_A54": "A55",
    "ADT_A61": "A62",
    "CRM_C01": "C02 C03 C04 C05 C06 C07 C08",
    "CSU_C09": "C10 C11 C12",
    "LSU_U12": "U13",
    "MDM_T01": "T03 T05 T07 T09 T11",
    "MDM_T02": "T04 T06 T08 T10",
    "MFK_M01": "M02 M03 M04 M05 M06 M07 M08 M09 M10 M11",
    "MFQ_M01": "M02 M03 M04 M05 M06",
    "PEX_P07": "P08",
    "PGL_PC6": "PC7 PC8",
    "PMU_B01": "B02",
    "PMU_B04": "B05 B06",
    "PPR_PC1": "PC2 PC3",
    "QBP_Q21": "Q22 Q23 Q24 Q25",
    "QCN_J01": "J02",
    "QRY_PC4": "PC9 PCE PCK",
    "RDE_O11": "O25",
    "REF_I12": "I13 I14 I15",
    "RPA_I08": "I09 I10 I11",
    "RQA_I08": "I09 I10 I11",
    "RQC_I05": "I06",
    "RQI_I01": "I02 I03 I07",
    "RRE_O12": "O26",
    "RRI_I12": "I13 I14 I15",
    "RSP_K23": "K24",
    "SDR_S31": "S36",
    "SDR_S32": "S37",
    "SIU_S12": "S13 S14 S15 S16 S17 S18 S19 S20 S21 S22 S23 S24 S26",
    "SLR_S28": "S29 S30 S34 S35",
    "SRM_S01": "S02 S03 S04 S05 S06 S07 S08 S09 S10 S11",
    "SRR_S01": "S02 S03 S04 S05 S06 S07 S08 S09 S10 S11",
    "TCU_U10": "U11",
}
"""Structures that serve more events than the one in their name."""

_BY_TYPE_AND_EVENT = {
    (structure[:3], event): structure
    for structure, events in _OTHER_EVENTS.items()
    for event in events.split()
}


def implied_structure(message_type: str, event: str) -> str:
    """Return the structure of a type and event; the type alone where there is no event.

    Any text is accepted: an unknown pair gives ``TYPE_EVENT``, an acknowledgement ``ACK``.
    """
    if message_type == "ACK" or not event or not message_type:
        return message_type
    return _BY_TYPE_AND_EVENT.get((message_type, event)) or f"{message_type}_{event}"
