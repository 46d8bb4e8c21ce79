"""The wheel, unpacked away from the checkout, finds its resources and starts."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent

PROBE = """
import sys
sys.path.insert(0, sys.argv[1])
import hl7console
from hl7console import assets
assert hl7console.__file__.startswith(sys.argv[1]), hl7console.__file__
assert "_resources" in str(assets.resources_path())
assert assets.read_text("help/changelog.md")
from hl7console.hl7v2.dictionary import load
assert load("2.5.1").field("PID", 3).name
from hl7console.__main__ import main
sys.argv = ["hl7console", "--help"]
main()
"""


def test_an_unpacked_wheel_runs(tmp_path: Path):
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", tmp_path],
        cwd=ROOT, check=True, capture_output=True,
    )  # fmt: skip
    (wheel,) = tmp_path.glob("*.whl")
    site = tmp_path / "site"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
        names = archive.namelist()
    assert not [n for n in names if n.startswith(("tests/", "packaging/"))]
    assert any(n.endswith("licenses/LICENSE") for n in names)
    done = subprocess.run(
        [sys.executable, "-c", PROBE, str(site)],
        cwd=tmp_path, env=os.environ | {"PYTHONPATH": ""}, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "demo" in done.stdout
