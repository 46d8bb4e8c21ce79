from __future__ import annotations

from pathlib import Path

import pytest

from hl7console.cli.target_options import settings_of
from hl7console.errors import UsageError
from hl7console.settings import Tls

NOTHING = {
    "use_tls": False,
    "ca": None,
    "cert": None,
    "private_key": None,
    "no_host_check": False,
    "timeout_s": None,
}


def settings(destination: str, **given: object):
    return settings_of(destination, **(NOTHING | given))


def test_an_address_makessettings_of():
    made = settings("[::1]:2575", timeout_s=3.0)
    assert made is not None
    assert (made.host, made.port, made.tls, made.response_timeout_s) == ("::1", 2575, Tls.OFF, 3.0)


def test_a_name_is_looked_up_by_the_engine():
    assert settings("Test RIS") is None


def test_tls_with_and_without_our_certificate(tmp_path):
    ca, cert, key = (tmp_path / name for name in ("ca.pem", "c.pem", "c.key"))
    server = settings("h:1", use_tls=True, ca=ca)
    assert server is not None
    assert (server.tls, server.tls_ca_path) == (Tls.SERVER, str(ca))
    mutual = settings("h:1", use_tls=True, cert=cert, private_key=key, no_host_check=True)
    assert mutual is not None
    assert (mutual.tls, mutual.tls_check_host) == (Tls.MUTUAL, False)


@pytest.mark.parametrize(
    ("destination", "given"),
    [
        ("h:1", {"ca": Path("ca.pem")}),
        ("h:1", {"no_host_check": True}),
        ("h:1", {"use_tls": True, "cert": Path("c.pem")}),
        ("h:1", {"use_tls": True, "private_key": Path("c.key")}),
        ("Test RIS", {"use_tls": True}),
        ("Test RIS", {"timeout_s": 5.0}),
    ],
)
def test_options_that_contradict_each_other(destination, given):
    with pytest.raises(UsageError):
        settings(destination, **given)
