"""The rules of the code base, as tests."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "hl7console"
SOURCES = sorted(PACKAGE.rglob("*.py"))
PURE = ("hl7v2", "mllp", "worklist")
MOST_LINES = 400
FOLDERS_NAMED = {"dev", "etc", "home", "proc", "srv", "tmp", "usr"} | {"nowhere"}
"""The absolute folders that code, tests and help may name: the usual ones, and one that is not."""


def _name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def test_layers_point_down():
    done = subprocess.run(
        [Path(sys.executable).parent / "lint-imports", "--no-cache"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("path", SOURCES, ids=_name)
def test_files_stay_short(path: Path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= MOST_LINES


def test_no_catch_all_module_names():
    banned = re.compile(r"(utils?|helpers?|managers?|common|misc)\.py$")
    assert not [_name(p) for p in SOURCES if banned.search(p.name)]


@pytest.mark.parametrize("package", PURE)
def test_every_pure_module_has_its_unit_test(package: str):
    tests = {p.name for p in (ROOT / "tests" / "unit").rglob("test_*.py")}
    text = "\n".join(
        p.read_text(encoding="utf-8") for p in (ROOT / "tests" / "unit").rglob("test_*.py")
    )
    missing = []
    for path in sorted((PACKAGE / package).rglob("*.py")):
        dotted = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        if path.name == "__init__.py" or f"test_{path.stem}.py" in tests:
            continue
        if dotted not in text:
            missing.append(_name(path))
    assert not missing


def test_only_the_store_opens_a_database():
    offenders = []
    for path in SOURCES:
        if (PACKAGE / "store") in path.parents:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names: list[str] = []
            if isinstance(node, ast.Import):
                names = [a.name for a in node.names]
            elif isinstance(node, ast.ImportFrom):
                names = [node.module or ""]
            if any(n.split(".")[0] in {"sqlite3", "sqlcipher3", "sqlite_utils"} for n in names):
                offenders.append(_name(path))
    assert not offenders


def test_the_project_stands_alone():
    outside = re.compile(r"\.\./shared")
    absolute = re.compile(r"(?<![\w.])/([a-z_]+)/")
    found = []
    for folder in ("hl7console", "resources", "packaging", "tests"):
        for path in (ROOT / folder).rglob("*"):
            if path == Path(__file__) or "corpus" in path.parts or "__pycache__" in path.parts:
                continue
            if path.suffix not in {".py", ".sh", ".ps1", ".md", ".toml", ".json", ".svg"}:
                continue
            text = path.read_text(encoding="utf-8")
            if outside.search(text) or set(absolute.findall(text)) - FOLDERS_NAMED:
                found.append(_name(path))
    assert not found


def test_the_corpus_is_whole():
    manifest = json.loads((ROOT / "tests/corpus/manifest.json").read_text(encoding="utf-8"))
    import hashlib

    for name, digest in manifest.items():
        data = (ROOT / "tests/corpus" / name).read_bytes()
        assert hashlib.sha256(data).hexdigest() == digest, name


def test_the_changelog_and_help_are_there():
    assert (ROOT / "resources/help/changelog.md").read_text(encoding="utf-8").startswith("# ")
