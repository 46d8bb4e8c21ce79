"""Certificates for the tests of this folder."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from engine_kit import Certificates


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    """A CA, a server, a client, and one each expired, foreign and for another host."""
    return Certificates.make(tmp_path_factory.mktemp("certificates"))
