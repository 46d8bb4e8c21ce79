"""Mapping profiles.

Modules: hl7console.worklist.profiles.loading,
hl7console.worklist.profiles.options,
hl7console.settings.key_lines,
hl7console.worklist.profiles.library,
hl7console.worklist.profiles.columns,
hl7console.worklist.profiles.sources,
hl7console.worklist.profiles.rules,
hl7console.worklist.profiles.profile,
hl7console.worklist.profiles.book.
"""

from __future__ import annotations

from dataclasses import fields

import pytest

from hl7console.errors import UsageError
from hl7console.settings.key_lines import key_lines
from hl7console.worklist.entries import InputEntry
from hl7console.worklist.profiles import shipped, shipped_text
from hl7console.worklist.profiles.book import ProfileBook
from hl7console.worklist.profiles.columns import COLUMNS
from hl7console.worklist.profiles.loading import ProfileError, load_profile, shipped_profile
from hl7console.worklist.profiles.options import CHOICES, Options
from hl7console.worklist.profiles.rules import matches
from hl7console.worklist.profiles.sources import parse_source
from hl7console.worklist.rows import LISTENER
from hl7console.worklist.state import State
from hl7console.worklist.turn import RefusedError, Severity, Turn


@pytest.mark.parametrize("name", shipped())
def test_shipped_profiles_load(name: str):
    profile = shipped_profile(name)
    assert profile.name == name
    assert len(profile.digest) == 64
    assert set(profile.fields) == set(COLUMNS)


def test_the_shipped_profiles_differ_in_what_they_are_for():
    assert shipped_profile("default").options.open_stations
    assert not shipped_profile("ihe-swf").options.open_stations
    assert shipped_profile("dcm4chee-like").control["NW_IP"] == "SCHEDULED"
    quirks = shipped_profile("site-quirks")
    assert quirks.options.use_obr_25
    assert quirks.options.split_comma_names
    assert [s.path for s in quirks.fields["accession"]] == ["OBR-3", "ORC-3"]
    assert quirks.zone is not None


def test_the_default_profile_has_the_default_options():
    assert shipped_profile("default").options == Options()


@pytest.mark.parametrize("option", [o.name for o in fields(Options)])
def test_every_option_can_be_set(option: str):
    default = getattr(Options(), option)
    if isinstance(default, bool):
        written, wanted = str(not default).lower(), not default
    elif isinstance(default, int):
        written, wanted = str(default + 3), default + 3
    elif isinstance(default, tuple):
        word = "YYYY MM DD" if option == "date_formats" else "A"
        written, wanted = f'["{word}"]', (word,)
    else:
        word = {"zone": "Europe/Berlin", "time_unknown": "0730"}.get(option, "X")
        word = next((w for w in CHOICES.get(option, ()) if w != default), word)
        written, wanted = f'"{word}"', word
    profile = load_profile(f"[options]\n{option} = {written}\n", "t")
    assert getattr(profile.options, option) == wanted


MISTAKES = [
    ("a = 1\nb = ", 2),
    ("\n[option]\nx = 1", 2),
    ('[options]\nopen_stations = true\n\nopen_station = true', 4),
    ('[options]\n# a comment\nopen_stations = "yes"', 3),
    ('[options]\nzone = "Mars/Olympus"', 2),
    ('[options]\ntombstone_days = -1', 2),
    ('[options]\ntombstone_days = true', 2),
    ('[options]\nunknown_patient = "maybe"', 2),
    ('[options]\ntime_unknown = "25"', 2),
    ('[options]\ndate_formats = [1]', 2),
    ('[options]\ndate_formats = ["YYYY-MM"]', 2),
    ('[fields]\naccession = [\n  "OBR-18",\n  "OBR18",\n]', 2),
    ('[fields]\naccession = ["OBR-18"]\nacession = []', 3),
    ('[fields]\nrp_id = ["OBR-0"]', 2),
    ('[codes.priority]\nS = "STAT"\nR = 3', 3),
    ('[codes.sexes]\nM = "M"', 1),
    ('[[station]]\naet = "CT1"\n\n[[station]]\nmodality = "CT"\naet = "MUCH_TOO_LONG_TITLE"', 6),
    ('[[station]]\nmodality = "CT"', 1),
    ('[[station]]\naet = "CT1"\nroms = "R"', 3),
    ('[station]\naet = "CT1"', 1),
    ('[[procedure]]\nmodality = "CT"', 1),
    ('[[procedure]]\ncode = "A"\nlocal = ["B"]', 3),
    ('[control]\nNW_SC = "SCHEDULED"\nNW = "SCHEDULED"', 3),
    ('[control]\nNW_SC = "PLANNED"', 2),
    ('[modality_equivalents]\nCR = 3', 2),
    ('[authorities]\nA = 3', 2),
    ('base = "none-such"', 1),
    ('base = "test"', 1),
    ('options = 3', 1),
]  # fmt: skip


@pytest.mark.parametrize(("text", "line"), MISTAKES)
def test_a_mistake_names_its_line(text: str, line: int):
    with pytest.raises(ProfileError) as caught:
        load_profile(text, "test")
    assert caught.value.line == line
    assert f"Line {line} of the profile test" in caught.value.text
    assert isinstance(caught.value, UsageError)


def test_a_profile_of_differences_has_the_rest_of_its_base():
    profile = load_profile(
        'base = "default"\n[options]\nzone = "UTC"\n[fields]\naccession = ["OBR-3"]\n'
        '[codes.priority]\nX = "STAT"\n[[station]]\naet = "CT1"\n[authorities]\n'
        '"1.2:ISO" = "hosp"\n[modality_equivalents]\nct = ["PT"]',
        "mine",
    )
    base = shipped_profile("default")
    assert profile.options.open_stations
    assert profile.options.zone == "UTC"
    assert [s.path for s in profile.fields["accession"]] == ["OBR-3"]
    assert profile.fields["rp_id"] == base.fields["rp_id"]
    assert profile.codes["priority"]["X"] == "STAT"
    assert profile.codes["priority"]["S"] == "STAT"
    assert profile.authorities == {"1.2:ISO": "HOSP"}
    assert profile.modality_equivalents["CT"] == ("PT",)
    assert profile.modality_equivalents["CR"] == base.modality_equivalents["CR"]


def test_own_rules_come_before_those_of_the_base():
    quirks = len(shipped_profile("site-quirks").stations)
    profile = load_profile('base = "site-quirks"\n[[station]]\naet = "ZZ"', "mine")
    assert profile.stations[0].aet == ("ZZ",)
    assert len(profile.stations) == quirks + 1


def test_key_lines_take_no_inner_list_for_a_table():
    lines = key_lines('[t]\nx = [\n  ["a"],\n  ["b"],\n]\ny = 1')
    assert lines["t", "y"] == 6
    assert len(lines) == 3


def test_key_lines_pass_over_values_of_several_lines():
    text = 'a = """\nb = 1\n"""\n[t]\nx = [\n  "y = 2",\n]\n"k k" = 3\n[[r]]\n[[r]]\nz = 1'
    lines = key_lines(text)
    assert lines["a",] == 1
    assert ("b",) not in lines
    assert lines["t", "x"] == 5
    assert lines["t", "k k"] == 8
    assert lines["r", "1", "z"] == 11


@pytest.mark.parametrize(
    ("patterns", "values", "holds"),
    [
        ((), ["x"], True),
        (("CT*",), ["cth"], True),
        (("CT",), ["CTH"], False),
        (("A", "B"), ["b"], True),
        (("A",), [], False),
        (("*",), ["anything"], True),
    ],
)
def test_patterns(patterns: tuple[str, ...], values: list[str], holds: bool):
    assert matches(patterns, values) is holds


def test_sources():
    source = parse_source("OBR-34.1.2", is_first=False)
    assert source[:4] == ("OBR", 34, 1, 2)
    assert source.rule == "fallback"
    assert parse_source("ZDS-1", is_first=True).rule == ""
    for bad in ("OBR", "OBR-", "obr-1", "OBR-1.", "OBR-0"):
        with pytest.raises(ValueError, match=bad):
            parse_source(bad, is_first=True)


def put(book: ProfileBook, state: State, number: int, **body: str) -> Turn:
    turn = Turn(state, InputEntry(number, 0, "profile", body))
    book.put_in_force(turn, turn.entry)
    return turn


def test_the_book_keeps_a_profile_for_each_listener():
    book, state = ProfileBook(), State()
    assert book.in_force(state, "ct").name == "default"
    put(book, state, -1, listener="ct", name="ihe-swf", text=shipped_text("ihe-swf"))
    assert book.in_force(state, "ct").name == "ihe-swf"
    assert book.in_force(state, "mr").name == "default"
    put(book, state, -2, listener="ct", name="mine", text='base = "default"')
    assert book.in_force(state, "ct").name == "mine"
    assert len(list(state.all(LISTENER))) == 1
    assert ProfileBook().in_force(state, "ct").name == "mine"


def test_the_book_tells_profiles_of_the_same_text_apart_by_name():
    book, state = ProfileBook(), State()
    put(book, state, -1, listener="a", name="one", text='base = "default"')
    put(book, state, -2, listener="b", name="two", text='base = "default"')
    assert [book.in_force(state, name).name for name in "ab"] == ["one", "two"]


def test_the_book_refuses_a_profile_that_is_wrong_and_keeps_the_one_before():
    book, state = ProfileBook(), State()
    put(book, state, -1, listener="ct", name="ihe-swf", text=shipped_text("ihe-swf"))
    turn = Turn(state, InputEntry(-2, 0, "profile", {"listener": "ct", "name": "b", "text": "x"}))
    with pytest.raises(RefusedError, match="profile_invalid"):
        book.put_in_force(turn, turn.entry)
    assert turn.notes[0].severity == Severity.ERROR
    assert turn.notes[0].args["line"] == "1"
    turn.take_back()
    assert book.in_force(state, "ct").name == "ihe-swf"


def test_the_book_wants_to_know_the_listener():
    turn = Turn(State(), InputEntry(-1, 0, "profile", {"name": "b", "text": ""}))
    with pytest.raises(RefusedError, match="profile_without_listener"):
        ProfileBook().put_in_force(turn, turn.entry)
