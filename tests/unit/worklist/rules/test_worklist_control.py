"""Order control codes: every row of both tables."""

from __future__ import annotations

import pytest

from hl7console.worklist.profiles.options import Options
from hl7console.worklist.rules.control import (
    KEEP,
    MEANINGS,
    PREVIOUS,
    REPLACE,
    REPORT_ERROR,
    STATES,
    STOP,
    Meaning,
    meaning_of,
    rank_of,
    state_for,
)
from hl7console.worklist.states import Rank, StepState

STATUS_CODES = ["A", "CA", "CM", "DC", "ER", "HD", "IP", "RP", "SC", ""]
PAIRS = """
NW_SC SCHEDULED|NW_IP SCHEDULED|NW_ SCHEDULED|NW_HD ON_HOLD|NW_CM COMPLETED|NW_A COMPLETED
XO_SC SCHEDULED|XO_IP STARTED|XO_CM COMPLETED|XO_ KEEP|XX_SC SCHEDULED|XR_CM COMPLETED
CA_CA CANCELED|CA_ CANCELED|CA_SC -|CA_IP -|CA_CM -
DC_CA STOP|DC_DC STOP|DC_ STOP|DC_SC -
OC_CA CANCELED|OC_ CANCELED|OC_SC CANCELED|CR_CA CANCELED|CR_ CANCELED|UA_ CANCELED
OD_DC STOP|DR_DC STOP|OD_ STOP|DR_ STOP
SC_IP STARTED|SC_A KEEP|SC_CM COMPLETED|SC_DC DISCONTINUED|SC_SC SCHEDULED|SC_CA CANCELED
SC_HD ON_HOLD|SC_ER ERROR|SC_RP REPLACED|SC_ -|SR_CM COMPLETED|SR_IP STARTED
HD_ ON_HOLD|HD_HD ON_HOLD|HR_HD ON_HOLD|OH_HD ON_HOLD
RL_ PREVIOUS|RL_SC PREVIOUS|OE_SC PREVIOUS|OR_ PREVIOUS
RP_ REPLACED|RU_RP REPLACED|RQ_ REPLACED|RO_SC SCHEDULED|RO_ SCHEDULED|CH_SC SCHEDULED|CH_HD ON_HOLD
PA_ UNSCHEDULED|PA_SC UNSCHEDULED|SN_ KEEP|NA_SC KEEP
NW_CA -|NW_DC -|NW_ER -|NW_RP -|XO_A -|XO_CA -|XO_HD -|ZZ_SC -
"""
LINES = [tuple(pair.split()) for line in PAIRS.split("\n") for pair in line.split("|") if pair]


@pytest.mark.parametrize(("pair", "state"), LINES)
def test_code_and_status_give_a_state(pair: str, state: str):
    code, status = pair.split("_")
    assert state_for(code, status, {}, Options())[0] == state.replace("-", "")


def test_states_are_states_or_words():
    words = {KEEP, PREVIOUS, STOP, REPORT_ERROR, REPLACE}
    assert {state for state in STATES.values() if state not in words} <= set(StepState)
    statuses = {key.split("_")[1] for key in STATES}
    assert statuses <= {*STATUS_CODES, "*"}


@pytest.mark.parametrize(
    ("overrides", "state", "line"),
    [
        ({"NW_SC": "ARRIVED"}, "ARRIVED", "NW_SC"),
        ({"NW_*": "ON_HOLD"}, "ON_HOLD", "NW_*"),
        ({"NW_*": "ON_HOLD", "NW_SC": "READY"}, "READY", "NW_SC"),
        ({"NW_SC": "none"}, KEEP, "NW_SC"),
        ({"XO_SC": "READY"}, "SCHEDULED", "NW_SC"),
        ({}, "SCHEDULED", "NW_SC"),
    ],
)
def test_a_profile_goes_first(overrides: dict[str, str], state: str, line: str):
    assert state_for("NW", "SC", overrides, Options()) == (state, line)


def test_a_profile_may_give_an_unknown_pair_a_state():
    assert state_for("CA", "SC", {"CA_SC": "CANCELED"}, Options())[0] == "CANCELED"
    assert state_for("ZA", "SC", {"ZA_*": "READY"}, Options())[0] == "READY"


def test_some_results_complete_only_by_option():
    assert state_for("SC", "A", {}, Options(sc_a_completes=True)) == ("COMPLETED", "SC_A")
    assert state_for("SR", "A", {}, Options(sc_a_completes=True)) == ("COMPLETED", "SC_A")


HISTORY_ONLY = ["LI", "UN", "CN", "PR", "AF", "DF", "FU", "OF", "RF", "CP", "OP", "PY"]
CODES = {
    "NW": Meaning.NEW, "SN": Meaning.NUMBER, "NA": Meaning.NUMBER, "OK": Meaning.HISTORY,
    "UA": Meaning.STATE, "CA": Meaning.STATE, "OC": Meaning.STATE, "CR": Meaning.STATE,
    "UC": Meaning.UNABLE, "DC": Meaning.STATE, "OD": Meaning.STATE, "DR": Meaning.STATE,
    "UD": Meaning.UNABLE, "HD": Meaning.STATE, "HR": Meaning.STATE, "OH": Meaning.STATE,
    "UH": Meaning.UNABLE, "RL": Meaning.STATE, "OE": Meaning.STATE, "OR": Meaning.STATE,
    "UR": Meaning.UNABLE, "XO": Meaning.CHANGE, "XR": Meaning.CHANGE, "XX": Meaning.CHANGE,
    "UX": Meaning.UNABLE, "RP": Meaning.REPLACED, "RO": Meaning.REPLACEMENT,
    "RQ": Meaning.REPLACED, "RU": Meaning.REPLACED, "UM": Meaning.UNABLE, "PA": Meaning.PARENT,
    "CH": Meaning.CHILD, "SC": Meaning.STATUS, "SS": Meaning.HISTORY, "SR": Meaning.STATUS,
    "RE": Meaning.HISTORY, "RR": Meaning.HISTORY, "DE": Meaning.ERROR, "": Meaning.EMPTY,
    **dict.fromkeys(HISTORY_ONLY, Meaning.HISTORY),
}  # fmt: skip


@pytest.mark.parametrize(("code", "meaning"), CODES.items())
def test_every_code_has_its_meaning(code: str, meaning: Meaning):
    assert meaning_of(code) == meaning


def test_no_code_is_left_out():
    assert set(MEANINGS) == set(CODES)
    assert meaning_of("Q9") == Meaning.UNKNOWN


@pytest.mark.parametrize(
    ("code", "filler", "role", "rank"),
    [
        ("NW", "F1", "auto", Rank.PLACER), ("CA", "F1", "auto", Rank.PLACER),
        ("XO", "F1", "auto", Rank.FILLER), ("XO", "", "auto", Rank.PLACER),
        ("SC", "", "auto", Rank.FILLER), ("OC", "", "auto", Rank.FILLER),
        ("CA", "", "filler", Rank.FILLER), ("NW", "", "filler", Rank.FILLER),
        ("XO", "F1", "placer", Rank.PLACER), ("SC", "F1", "placer", Rank.FILLER),
    ],
)  # fmt: skip
def test_rank_by_code_and_role(code: str, filler: str, role: str, rank: Rank):
    assert rank_of(code, filler, Options(sender_role=role)) == rank
