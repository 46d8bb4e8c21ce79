"""The attributes of the worklist: which column each is, and what may be asked and answered.

References:
    DICOM PS3.4 Table K.6-1 (attributes of the Modality Worklist Information Model); PS3.6.
"""

from __future__ import annotations

from typing import NamedTuple

STEP_SEQUENCE = "ScheduledProcedureStepSequence"
CHARSET = "SpecificCharacterSet"


class Attribute(NamedTuple):
    """One attribute of the model."""

    keyword: str
    vr: str
    column: str
    """Column of the line (`lines`); "" for one that is always empty."""
    type: str
    """Return key type: 1, 1C, 2, 2C or 3."""
    matches: bool = False
    """Whether a value of it narrows the answer down."""
    parts: tuple[str, ...] = ()
    """Keywords of a sequence's items, in the order of the column's list."""


HD = ("LocalNamespaceEntityID", "UniversalEntityID", "UniversalEntityIDType")
CODE = ("CodeValue", "CodeMeaning", "CodingSchemeDesignator")


def _sq(keyword: str, column: str, kind: str, parts: tuple[str, ...]) -> Attribute:
    return Attribute(keyword, "SQ", column, kind, False, parts)


_A = Attribute

TOP: dict[str, Attribute] = {
    a.keyword: a
    for a in (
        _A("PatientName", "PN", "patient_name", "1", True),
        _A("PatientID", "LO", "patient_id", "1", True),
        _A("IssuerOfPatientID", "LO", "issuer", "3", True),
        _sq("IssuerOfPatientIDQualifiersSequence", "issuer_oid", "3", HD[1:]),
        _sq("OtherPatientIDsSequence", "other_ids", "3",
            ("PatientID", "IssuerOfPatientID", "TypeOfPatientID")),
        _A("PatientBirthDate", "DA", "birth_date", "2", True),
        _A("PatientSex", "CS", "sex", "2", True),
        _A("PatientWeight", "DS", "weight_kg", "2"),
        _A("PatientSize", "DS", "size_m", "3"),
        _A("PatientMotherBirthName", "PN", "mother_name", "3"),
        _A("PatientAddress", "LO", "address", "3"),
        _A("PatientTelephoneNumbers", "SH", "phone", "3"),
        _sq("PatientPrimaryLanguageCodeSequence", "language", "3", CODE),
        _A("PatientComments", "LT", "patient_comments", "3"),
        _A("MedicalAlerts", "LO", "medical_alerts", "2"),
        _A("Allergies", "LO", "allergies", "2"),
        _A("PregnancyStatus", "US", "pregnancy", "2"),
        _A("PatientState", "LO", "patient_state", "2"),
        _A("SpecialNeeds", "LO", "special_needs", "2"),
        _A("ConfidentialityConstraintOnPatientDataDescription", "LO", "confidentiality", "2"),
        _A("AdmissionID", "LO", "admission_id", "2", True),
        _sq("IssuerOfAdmissionIDSequence", "admission_issuer", "3", HD),
        _A("RouteOfAdmissions", "LO", "patient_class", "3"),
        _A("CurrentPatientLocation", "LO", "location", "2"),
        _A("AdmittingDate", "DA", "admit_date", "3"),
        _A("AdmittingTime", "TM", "admit_time", "3"),
        _A("ReferringPhysicianName", "PN", "referring", "2", True),
        _A("PatientTransportArrangements", "LO", "transport", "2"),
        _A("AccessionNumber", "SH", "accession", "2", True),
        _sq("IssuerOfAccessionNumberSequence", "accession_issuer", "3", HD),
        _A("PlacerOrderNumberImagingServiceRequest", "LO", "placer_no", "3"),
        _sq("OrderPlacerIdentifierSequence", "placer_issuer", "3", HD),
        _A("FillerOrderNumberImagingServiceRequest", "LO", "filler_no", "3"),
        _sq("OrderFillerIdentifierSequence", "filler_issuer", "3", HD),
        _A("RequestedProcedureID", "SH", "rp_id", "1", True),
        _A("RequestedProcedureDescription", "LO", "rp_desc", "1C"),
        _sq("RequestedProcedureCodeSequence", "rp_code", "1C", CODE),
        _A("StudyInstanceUID", "UI", "study_uid", "1", True),
        _A("RequestedProcedurePriority", "SH", "priority", "2", True),
        _A("ReasonForTheRequestedProcedure", "LO", "reason", "3"),
        _sq("ReasonForRequestedProcedureCodeSequence", "reason_code", "3", CODE),
        _A("RequestedProcedureComments", "LT", "rp_comments", "3"),
        _A("RequestingPhysician", "PN", "requesting", "2", True),
        _A("RequestingService", "LO", "requesting_service", "3"),
        _A("ConfidentialityCode", "LO", "confid_code", "3"),
        _A("NamesOfIntendedRecipientsOfResults", "PN", "recipients", "3"),
        _A("OrderEnteredBy", "PN", "entered_by", "3"),
        _A("OrderCallbackPhoneNumber", "SH", "callback", "3"),
        _A("IssueDateOfImagingServiceRequest", "DA", "issue_date", "3"),
        _A("IssueTimeOfImagingServiceRequest", "TM", "issue_time", "3"),
        _A("InstitutionName", "LO", "institution", "3"),
        _sq("InstitutionCodeSequence", "institution_code", "3", CODE),
        _A("InstitutionAddress", "ST", "inst_address", "3"),
        _A("InstitutionalDepartmentName", "LO", "department", "3"),
        _sq("ReferencedStudySequence", "", "2", ()),
        _sq("ReferencedPatientSequence", "", "2", ()),
    )
}  # fmt: skip
"""The attributes outside the step's sequence, by keyword."""

STEP: dict[str, Attribute] = {
    a.keyword: a
    for a in (
        _A("ScheduledStationAETitle", "AE", "station_aet", "1", True),
        _A("ScheduledProcedureStepStartDate", "DA", "start_date", "1", True),
        _A("ScheduledProcedureStepStartTime", "TM", "start_time", "1", True),
        _A("Modality", "CS", "modality", "1", True),
        _A("ScheduledPerformingPhysicianName", "PN", "performer", "2", True),
        _A("ScheduledProcedureStepDescription", "LO", "sps_desc", "1C"),
        _sq("ScheduledProtocolCodeSequence", "protocol", "1C", CODE),
        _A("ScheduledProcedureStepID", "SH", "sps_id", "1", True),
        _A("ScheduledStationName", "SH", "station_name", "2", True),
        _A("ScheduledProcedureStepLocation", "SH", "sps_location", "2", True),
        _A("ScheduledProcedureStepStatus", "CS", "sps_status", "3", True),
        _A("PreMedication", "LO", "premedication", "2C"),
        _A("RequestedContrastAgent", "LO", "contrast", "2C"),
        _A("CommentsOnTheScheduledProcedureStep", "LT", "sps_comments", "3"),
    )
}  # fmt: skip
"""The attributes of the step's sequence, by keyword."""

SUPPORTED_SEQUENCES = frozenset(a.keyword for a in (*TOP.values(), *STEP.values()) if a.vr == "SQ")

WILDCARD_VRS = frozenset({"AE", "CS", "LO", "LT", "PN", "SH", "ST", "UC", "UR", "UT"})
"""In these ``*`` and ``?`` are wild cards; elsewhere a key with them matches nothing."""

MOST_CHARACTERS = {"SH": 16, "LO": 64, "AE": 16, "CS": 16, "PN": 64, "ST": 1024, "LT": 10240}
"""Longest value of a value representation, in characters; of a name, each group."""

DICOM_STATES = frozenset({"SCHEDULED", "ARRIVED", "READY", "STARTED", "DEPARTED"})
"""The states that may be sent; all others are the console's own."""
