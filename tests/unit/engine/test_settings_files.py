"""Settings as a file: the same settings come back, and nothing that came by a file sends."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hl7console.engine.settings_files import SettingsFile, as_text, guarded, parse
from hl7console.errors import UsageError
from hl7console.settings import (
    DestinationSettings,
    Environment,
    ListenerSettings,
    OnRefusal,
    RouteSettings,
)

NAMES = st.text(
    st.characters(min_codepoint=32, exclude_categories=("Cs",)), min_size=1, max_size=20
).filter(str.strip)
TEXTS = st.text(st.characters(exclude_categories=("Cs",)), max_size=30)


@given(
    st.lists(
        st.builds(
            RouteSettings,
            name=NAMES,
            filter=TEXTS,
            destinations=st.lists(NAMES, min_size=1, max_size=3, unique=True).map(tuple),
            recipe=TEXTS,
            enabled=st.booleans(),
        ),
        max_size=3,
        unique_by=lambda route: route.name,
    )
)
def test_any_route_comes_back(routes: list[RouteSettings]):
    assert parse(as_text(SettingsFile(routes=tuple(routes)))).routes == tuple(routes)


def test_every_kind_comes_back_and_first_values_are_left_out():
    settings = SettingsFile(
        (ListenerSettings("in", port=0, allowed_addresses=("10.0.0.0/8",), drop_duplicates=True),),
        (
            DestinationSettings(
                "out",
                "ris.example",
                environment=Environment.PRODUCTION,
                on_refusal=OnRefusal.STOP,
                retry_first_s=0.5,
                max_unknown=0,
            ),
            DestinationSettings("plain"),
        ),
        (RouteSettings("all", "", ("out", "plain")),),
    )
    text = as_text(settings)
    assert parse(text) == settings
    assert "connect_timeout_s" not in text
    assert text.count("[[") == 4


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("x = ", "Not a file of settings"),
        ("[[thing]]\nname='x'", "Unknown part of settings: thing."),
        ("[listener]\nname='x'", "in two brackets"),
        ("[[route]]\nfilter=''", "A route in the file has no name."),
        ("[[listener]]\nname='x'\n[[listener]]\nname='x'", "The file has the listener x twice."),
        ("[[listener]]\nname='x'\ncolour='red'", "The listener x: Unknown setting: colour."),
        ("[[listener]]\nname='x'\nport='high'", "The listener x has a value of the wrong type."),
        ("[[destination]]\nname='x'\nport=0", "The destination x: A port must be between"),
    ],
)
def test_a_file_that_is_wrong_says_where(text: str, told: str):
    with pytest.raises(UsageError) as caught:
        parse(text)
    assert told in caught.value.text


def test_what_came_by_a_file_is_off_until_approved():
    on, changed, new = (DestinationSettings(name) for name in ("on", "changed", "new"))
    off = DestinationSettings("off", enabled=False)
    found = SettingsFile(destinations=(on, changed, new, off))
    stored = (on, DestinationSettings("changed", port=99), DestinationSettings("off"))
    kept = guarded(found, stored, ())
    assert [d.enabled for d in kept.destinations] == [True, False, False, False]
    kept = guarded(found, stored, ("changed", "off"))
    assert [d.enabled for d in kept.destinations] == [True, True, False, True]
    with pytest.raises(UsageError, match="no destination named other"):
        guarded(found, stored, ("other",))


def test_the_file_in_the_help_is_one(tmp_path: Path):
    from hl7console import assets

    text = assets.asset_path("help/command-line.md").read_text(encoding="utf-8")
    block = text[text.index("[[listener]]") :]
    found = parse(block[: block.index("```")])
    assert [d.name for d in found.destinations] == ["Test RIS"]
    assert found.routes[0].destinations == ("Test RIS",)
