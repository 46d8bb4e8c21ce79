from __future__ import annotations

import pytest

from hl7console.engine.console import LinkState
from hl7console.engine.links import DestinationLight, Links
from hl7console.engine.network import NetworkThread
from hl7console.errors import UsageError
from hl7console.settings import DestinationSettings, Environment


@pytest.fixture
def links() -> Links:
    found = Links(NetworkThread(), None, None)  # type: ignore[arg-type]
    for settings in (
        DestinationSettings(
            "PACS", host="127.0.0.1", port=2575, environment=Environment.PRODUCTION
        ),
        DestinationSettings("TEST", host="10.0.0.9", port=2575),
        DestinationSettings("OFF", host="10.0.0.9", port=2576, enabled=False),
    ):
        found._destinations[settings.name] = settings
    return found


def test_a_name_or_an_address(links: Links):
    assert links.resolve("TEST", None, "").host == "10.0.0.9"
    found = links.resolve("10.1.1.1:6661", None, "")
    assert (found.host, found.port) == ("10.1.1.1", 6661)
    assert links.resolve("[::1]:6661", None, "").host == "::1"
    given = DestinationSettings("mine", host="10.2.2.2", port=1)
    assert links.resolve("ignored", given, "") is given


@pytest.mark.parametrize("text", ["NONE", "host", ":2575", "host:", "host:x", "host:99999", ""])
def test_anything_else_is_refused(links: Links, text: str):
    with pytest.raises(UsageError):
        links.resolve(text, None, "")


def test_what_is_switched_off_is_refused(links: Links):
    with pytest.raises(UsageError, match="switched off"):
        links.resolve("OFF", None, "")


@pytest.mark.parametrize("to", ["PACS", "127.0.0.1:2575", "localhost:2575"])
def test_production_asks_for_its_exact_name_however_it_is_reached(links: Links, to: str):
    for confirm in ("", "pacs", to.lower()):
        with pytest.raises(UsageError, match="production") as caught:
            links.resolve(to, None, confirm)
        assert "PACS" in caught.value.hint
    assert links.resolve(to, None, "PACS")
    override = DestinationSettings("x", host="127.0.0.1", port=2575)
    with pytest.raises(UsageError, match="production"):
        links.resolve("", override, "")
    assert links.resolve("127.0.0.1:2576", None, "")


def test_a_light_shows_what_exchanges_showed():
    light = DestinationLight(DestinationSettings("PACS"))
    assert light.status().state == LinkState.IDLE
    light.exchanged(is_accepted=True)
    light.exchanged(is_accepted=False)
    status = light.status()
    assert (status.state, status.accepted, status.refused) == (LinkState.CONNECTED, 1, 1)
    since = status.since_us
    light.failed("Nothing listens.")
    status = light.status()
    assert (status.state, status.text, status.last_event) == (
        LinkState.FAILED, "Nothing listens.", "Nothing listens.",
    )  # fmt: skip
    light.exchanged(is_accepted=True)
    assert light.status().text == ""
    assert light.status().since_us >= since
    light.connected(1)
    assert light.status().connections == 1
