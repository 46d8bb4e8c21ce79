"""What the tests of the DICOM service share: a service over invented lines."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import pytest

from hl7console.dicom.service import DicomService
from hl7console.settings import AeRules, WorklistServiceSettings
from hl7console.worklist.lines import Line

NOW = datetime(2026, 1, 5, 10, 0)  # noqa: DTZ001 - the service's clock is local time


def line(missing=(), **values) -> Line:
    known = {
        "patient_name": "DOE^JANE", "patient_id": "P1", "study_uid": "1.2.3.1", "rp_id": "R1",
        "rp_desc": "CT head", "rp_code": ["CTH", "CT head", "L"], "sps_id": "S1",
        "sps_desc": "CT head plain", "start_date": "20260105", "start_time": "101500",
        "modality": "CT", "station_aet": ["CT1"], "state": "SCHEDULED", "accession": "A1",
    }  # fmt: skip
    made = {k: v for k, v in (known | values).items() if v != ""}
    return Line(made | {"sps_status": made["state"]}, {}, tuple(missing))


class FakeSource:
    """Lines in memory, narrowed down by dates only."""

    def __init__(self, lines):
        self._lines = sorted(
            lines, key=lambda one: (one.values["start_date"], one.values["start_time"])
        )

    def candidates(self, keys, limit=-1):
        first, last = keys.date_from, keys.date_to or "9"
        return [
            n for n, one in enumerate(self._lines) if first <= str(one.values["start_date"]) <= last
        ]

    def full_lines(self, step_ids):
        return [self._lines[n] for n in step_ids]

    def close(self):
        pass


class Serving:
    """A running service and what it told."""

    def __init__(self, lines, rules=(), stored=None, **settings):
        self.events, self.queries, self.inputs = [], [], []
        self.lines = list(lines)
        settings = {"port": 0, "ae_title": "RADWL"} | settings
        context = settings.pop("context", None)
        self.service = DicomService(
            WorklistServiceSettings(**settings),
            rules={rule.ae_title: rule for rule in rules},
            open_source=lambda: FakeSource(self.lines),
            put_mpps=self.inputs.append,
            stored_mpps=lambda uid: (stored or {}).get(uid, {}),
            on_event=self.events.append,
            on_query=self.queries.append,
            context=context,
            now=lambda: NOW,
        )

    @property
    def codes(self):
        return [event.code for event in self.events]


@contextmanager
def serving(*lines, rules=(), **settings):
    made = Serving(lines, rules, **settings)
    made.host, made.port = made.service.start()
    try:
        yield made
    finally:
        assert made.service.stop(), "threads were left"


def need(program: str) -> str:
    """Return the path of a DCMTK program; skip without it, or fail where all is required."""
    # pynetdicom brings programs of the same names into the environment; they are other ones.
    own = Path(sys.executable).parent.resolve()
    places = [p for p in os.get_exec_path() if Path(p).resolve() != own]
    found = shutil.which(program, path=os.pathsep.join(places))
    if found is None:
        if os.environ.get("HL7CONSOLE_REQUIRE_ALL"):
            pytest.fail(f"{program} is not installed")
        pytest.skip(f"{program} of DCMTK is not installed")
    return found


def findscu(served, tmp_path: Path, *keys: str, aet="CT1", options=()):
    """Ask with DCMTK's findscu; return the answers as data sets, and what it printed."""
    from pydicom import dcmread

    folder = tmp_path / f"answers{len(list(tmp_path.iterdir()))}"
    folder.mkdir()
    command = [need("findscu"), "-v", "-W", "-aet", aet, "-aec", "RADWL", "-X", "-od", str(folder)]
    for key in keys:
        command += ["-k", key]
    command += [*options, "127.0.0.1", str(served.port)]
    done = subprocess.run(command, capture_output=True, timeout=60, check=False)
    answers = [dcmread(path, force=True) for path in sorted(folder.glob("*.dcm"))]
    for answer in answers:
        answer.decode()
    return answers, (done.stdout + done.stderr).decode("latin-1")


def rules(**changes) -> AeRules:
    made = AeRules(**({"ae_title": "CT1"} | changes))
    made.validate()
    return made
