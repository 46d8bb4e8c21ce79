"""Names and addresses, also on a machine that knows no names."""

from __future__ import annotations

import socket

import pytest

from hl7console.engine.sockets import addresses_of, is_localhost, peer_text


@pytest.fixture
def nameless(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without a hosts file or name server."""
    real = socket.getaddrinfo

    def only_numbers(host: str, *arguments: object, **options: object):
        if not host.replace(".", "").isdigit():
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return real(host, *arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(socket, "getaddrinfo", only_numbers)


@pytest.mark.usefixtures("nameless")
@pytest.mark.parametrize("name", ["localhost", "LocalHost", "localhost."])
def test_localhost_is_loopback_even_where_no_name_is_known(name: str):
    assert is_localhost(name)
    assert {found[4] for found in addresses_of(name, 2575)} == {("127.0.0.1", 2575)}


@pytest.mark.usefixtures("nameless")
@pytest.mark.parametrize("name", ["localhost.example", "pacs.example"])
def test_other_names_stay_unknown(name: str):
    assert not is_localhost(name)
    with pytest.raises(socket.gaierror):
        addresses_of(name, 2575)


def test_addresses_to_bind():
    assert addresses_of("127.0.0.1", 0, is_for_binding=True)[0][4] == ("127.0.0.1", 0)


@pytest.mark.parametrize(
    ("address", "text"),
    [
        (("10.0.0.1", 2575), "10.0.0.1:2575"),
        (("::1", 2575, 0, 0), "[::1]:2575"),
        ("pipe", ""),
        (None, ""),
    ],
)
def test_addresses_as_text(address: object, text: str):
    assert peer_text(address) == text
