from __future__ import annotations

import json
import os
import threading
from contextlib import closing
from pathlib import Path

import pytest

from hl7console.errors import (
    ConsoleError,
    DamagedDatabaseError,
    EnvironmentFaultError,
    NewerDatabaseError,
    UsageError,
    WrongKeyError,
)
from hl7console.store import rotation
from hl7console.store.connection import Database
from hl7console.store.keys import KeySource, key_file_path
from hl7console.store.measures.loading import load_hours
from hl7console.store.measures.reader import MeasureReader
from hl7console.store.measures.records import Scope
from hl7console.store.record import RECORD_NAME, read_record
from hl7console.store.recovery import parse_recovery_code
from hl7console.store.rotation import rotate_key
from hl7console.store.workspace import KIND_DEMO, Workspace, default_workspace, opens


class FakeKeyStore:
    """A key store in memory."""

    def __init__(self) -> None:
        self.entries: dict[tuple[str, str], str] = {}

    def get_password(self, service_name: str, username: str) -> str | None:
        return self.entries.get((service_name, username))

    def set_password(self, service_name: str, username: str, password: str) -> None:
        self.entries[service_name, username] = password

    def delete_password(self, service_name: str, username: str) -> None:
        del self.entries[service_name, username]


class StuckKeyStore(FakeKeyStore):
    """One that waits for a dialog nobody sees."""

    def __init__(self) -> None:
        super().__init__()
        self.release = threading.Event()

    def get_password(self, service_name: str, username: str) -> str | None:
        self.release.wait(30)
        return None

    set_password = get_password  # type: ignore[assignment]


@pytest.fixture
def key_store() -> FakeKeyStore:
    return FakeKeyStore()


@pytest.fixture
def in_store(key_store, tmp_path) -> KeySource:
    return KeySource(key_store=key_store, key_folder=tmp_path / "keys")


@pytest.fixture
def in_file(tmp_path) -> KeySource:
    return KeySource(use_key_store=False, key_folder=tmp_path / "keys")


@pytest.fixture
def by_passphrase(tmp_path, monkeypatch) -> KeySource:
    monkeypatch.setattr("hl7console.store.keys._SCRYPT_N", 2**14)
    file = tmp_path / "passphrase"
    file.write_text("correct horse\n", encoding="utf-8")
    return KeySource(passphrase_file=file, key_folder=tmp_path / "keys")


@pytest.fixture(params=["in_store", "in_file", "by_passphrase"])
def source(request) -> KeySource:
    return request.getfixturevalue(request.param)


def test_made_once_then_opened(tmp_path, source):
    made = Workspace.open(tmp_path / "w", source)
    again = Workspace.open(tmp_path / "w", source)
    assert (made.created, again.created) == (True, False)
    assert made.key == again.key
    assert len(made.key) == 32
    assert parse_recovery_code(made.recovery_code) == made.key
    assert again.recovery_code == ""
    assert made.key.hex() not in repr(made)
    assert made.recovery_code not in repr(made)
    for file in (tmp_path / "w").iterdir():
        assert made.key not in file.read_bytes()


def test_the_recovery_code_opens_it_when_the_key_is_lost(tmp_path, source, key_store):
    made = Workspace.open(tmp_path / "w", source)
    recovery = KeySource(recovery_key=parse_recovery_code(made.recovery_code.lower()))
    assert Workspace.open(tmp_path / "w", recovery).key == made.key
    with pytest.raises(WrongKeyError):
        Workspace.open(tmp_path / "w", KeySource(recovery_key=os.urandom(32)))


def test_places_in_their_order(tmp_path, in_store, in_file, by_passphrase):
    places = {
        "a": (by_passphrase, "passphrase"),
        "b": (in_store, "key_store"),
        "c": (KeySource(use_key_store=False, prompt=lambda _: "typed"), "passphrase"),
        "d": (in_file, "key_file"),
        "e": (
            KeySource(use_key_store=False, prompt=lambda _: "", key_folder=tmp_path / "k"),
            "key_file",
        ),
    }
    for name, (source, place) in places.items():
        made = Workspace.open(tmp_path / name, source)
        assert made.key_place == place, name
        assert bool(made.warning) == (place == "key_file"), name


def test_a_key_store_that_does_not_answer_is_not_waited_for(tmp_path):
    stuck = StuckKeyStore()
    source = KeySource(key_store=stuck, timeout_s=0.05, key_folder=tmp_path / "keys")
    made = Workspace.open(tmp_path / "w", source)
    assert made.key_place == "key_file"
    record = read_record(tmp_path / "w")
    record.place = "key_store"
    record.write(tmp_path / "w")
    with pytest.raises(EnvironmentFaultError, match="did not answer"):
        Workspace.open(tmp_path / "w", source)
    stuck.release.set()


def test_without_a_key_store_a_file_is_used(tmp_path):
    """The test environment's keyring backend holds nothing, as on a machine without one."""
    made = Workspace.open(tmp_path / "w", KeySource(key_folder=tmp_path / "keys"))
    assert made.key_place == "key_file"
    assert str(tmp_path / "keys") in made.warning


@pytest.mark.skipif(os.name == "nt", reason="modes are POSIX")
def test_only_the_user_can_read_key_and_workspace(tmp_path, in_file):
    Workspace.open(tmp_path / "w", in_file)
    record = read_record(tmp_path / "w")
    assert key_file_path(in_file, record.workspace_id).stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "w").stat().st_mode & 0o777 == 0o700


@pytest.mark.skipif(os.name == "nt", reason="modes are POSIX")
def test_a_folder_that_holds_other_things_stays_open_to_others(tmp_path, in_file):
    folder = tmp_path / "shared"
    folder.mkdir()
    folder.chmod(0o755)
    (folder / "letter.txt").write_text("not ours")
    Workspace.open(folder, in_file)
    assert folder.stat().st_mode & 0o777 == 0o755


def test_wrong_missing_and_unexpected_passphrases(tmp_path, by_passphrase, in_file, monkeypatch):
    Workspace.open(tmp_path / "w", by_passphrase)
    wrong = tmp_path / "wrong"
    wrong.write_text("incorrect horse", encoding="utf-8")
    empty = tmp_path / "empty"
    empty.write_text("\n", encoding="utf-8")
    cases = [
        (KeySource(passphrase_file=wrong), WrongKeyError),
        (KeySource(), WrongKeyError),
        (KeySource(passphrase_file=empty), UsageError),
        (KeySource(passphrase_file=tmp_path / "none"), UsageError),
    ]
    for source, error in cases:
        with pytest.raises(error):
            Workspace.open(tmp_path / "w", source)
    asked = KeySource(prompt=lambda _: "correct horse")
    assert Workspace.open(tmp_path / "w", asked).key
    Workspace.open(tmp_path / "f", in_file)
    with pytest.raises(UsageError, match="not protected"):
        Workspace.open(tmp_path / "f", by_passphrase)


def test_a_lost_key(tmp_path, in_file, in_store, key_store):
    Workspace.open(tmp_path / "f", in_file)
    for file in (tmp_path / "keys").iterdir():
        file.unlink()
    with pytest.raises(WrongKeyError, match="missing"):
        Workspace.open(tmp_path / "f", in_file)
    Workspace.open(tmp_path / "s", in_store)
    name = next(iter(key_store.entries))
    key_store.entries[name] = "bm90IGEga2V5"
    with pytest.raises(WrongKeyError):
        Workspace.open(tmp_path / "s", in_store)
    key_store.entries.clear()
    with pytest.raises(WrongKeyError):
        Workspace.open(tmp_path / "s", in_store)


def test_damage_is_told_from_a_wrong_key(tmp_path, in_file):
    made = Workspace.open(tmp_path / "w", in_file)
    made.database_path.write_bytes(os.urandom(8192))
    with pytest.raises(DamagedDatabaseError):
        Workspace.open(tmp_path / "w", in_file)
    made.database_path.write_bytes(b"")
    with pytest.raises(DamagedDatabaseError, match="empty"):
        Workspace.open(tmp_path / "w", in_file)
    made.database_path.unlink()
    with pytest.raises(DamagedDatabaseError, match="missing"):
        Workspace.open(tmp_path / "w", in_file)
    assert not made.database_path.exists()


@pytest.mark.parametrize("text", ["", "{", "[]", '{"version": 1}', "null", '{"version": "x"}'])
def test_a_damaged_record(tmp_path, in_file, text):
    Workspace.open(tmp_path / "w", in_file)
    (tmp_path / "w" / RECORD_NAME).write_text(text, encoding="utf-8")
    with pytest.raises(DamagedDatabaseError):
        Workspace.open(tmp_path / "w", in_file)


def test_a_newer_record_and_a_newer_schema(tmp_path, in_file):
    made = Workspace.open(tmp_path / "w", in_file)
    database = Database(made.database_path, made.key)
    database.execute("PRAGMA user_version = 99")
    database.close()
    with pytest.raises(NewerDatabaseError):
        Workspace.open(tmp_path / "w", in_file)
    file = tmp_path / "w" / RECORD_NAME
    values = json.loads(file.read_text(encoding="utf-8"))
    file.write_text(json.dumps({**values, "version": 99}), encoding="utf-8")
    with pytest.raises(NewerDatabaseError):
        Workspace.open(tmp_path / "w", in_file)


def test_a_database_without_its_record(tmp_path, in_file):
    Workspace.open(tmp_path / "w", in_file)
    (tmp_path / "w" / RECORD_NAME).unlink()
    with pytest.raises(DamagedDatabaseError):
        Workspace.open(tmp_path / "w", in_file)


def test_kinds_of_workspaces_do_not_mix(tmp_path, in_file):
    demo = Workspace.open(tmp_path / "d", in_file, kind=KIND_DEMO)
    assert demo.is_demo
    Workspace.open(tmp_path / "w", in_file)
    with pytest.raises(UsageError):
        Workspace.open(tmp_path / "w", in_file, kind=KIND_DEMO)
    with pytest.raises(UsageError):
        Workspace.open(tmp_path / "d", in_file)
    with pytest.raises(UsageError):
        Workspace.open(tmp_path / "none", in_file, create=False)
    assert not (tmp_path / "none").exists()


def test_a_start_that_was_cut_off_is_finished(tmp_path, in_file):
    made = Workspace.open(tmp_path / "w", in_file)
    record = read_record(tmp_path / "w")
    record.is_complete = False
    record.write(tmp_path / "w")
    made.database_path.unlink()
    again = Workspace.open(tmp_path / "w", in_file)
    assert again.key == made.key
    assert opens(again.database_path, again.key)


def test_a_folder_that_cannot_be_made(tmp_path, in_file):
    (tmp_path / "file").write_text("x", encoding="utf-8")
    with pytest.raises(EnvironmentFaultError):
        Workspace.open(tmp_path / "file" / "w", in_file)
    assert not (tmp_path / "keys").exists()


def test_the_default_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("HL7CONSOLE_WORKSPACE", str(tmp_path / "x"))
    assert default_workspace() == tmp_path / "x"
    monkeypatch.delenv("HL7CONSOLE_WORKSPACE")
    assert default_workspace().name == "workspace"


def test_rotation_changes_the_key_everywhere(tmp_path, source, key_store):
    made = Workspace.open(tmp_path / "w", source)
    code = rotate_key(made, source)
    again = Workspace.open(tmp_path / "w", source)
    assert again.key != made.key
    assert parse_recovery_code(code) == again.key
    assert not opens(made.database_path, made.key)
    assert read_record(tmp_path / "w").next_check == ""
    if again.key_place == "key_store":
        assert len(key_store.entries) == 1
    if again.key_place == "key_file":
        assert len(list((tmp_path / "keys").iterdir())) == 1
    rotate_key(again, source)
    assert Workspace.open(tmp_path / "w", source).key not in (made.key, again.key)


def test_rotation_keeps_the_measures_and_removes_those_that_nobody_can_read(tmp_path, in_file):
    made = Workspace.open(tmp_path / "w", in_file)
    load_hours(made.database_path, made.key, Scope.ALL, "", [(1_772_409_600, 7)])
    rotate_key(made, in_file)
    again = Workspace.open(tmp_path / "w", in_file)
    with closing(MeasureReader(again.database_path, again.key)) as reader:
        found = reader.curve(Scope.ALL, "", 1_772_409_600, 1_772_413_200, most_steps=1)
    assert found.received == [7]
    path = again.database_path.with_name("measures.db")
    path.write_bytes(b"no database" * 1000)
    rotate_key(again, in_file)
    assert not path.exists()


@pytest.mark.parametrize("where", ["before", "after", "settling"])
def test_rotation_cut_off_anywhere_leaves_it_usable(tmp_path, source, monkeypatch, where):
    made = Workspace.open(tmp_path / "w", source)

    class Killed(BaseException):
        pass

    def die(*_args: object) -> None:
        raise Killed

    plain = Database.rekey

    def rekey(database: Database, key: bytes) -> None:
        if where != "before":
            plain(database, key)
        if where != "settling":
            die()

    with monkeypatch.context() as patch:
        patch.setattr(Database, "rekey", rekey)
        if where == "settling":
            keep = rotation._keep
            calls: list[str] = []

            def keep_then_die(source, record, name, key) -> None:
                keep(source, record, name, key)
                calls.append(name)
                if len(calls) == 2:
                    die()

            patch.setattr(rotation, "_keep", keep_then_die)
        with pytest.raises(Killed):
            rotate_key(made, source)
    for _ in range(2):
        again = Workspace.open(tmp_path / "w", source)
        assert (again.key == made.key) == (where == "before")
        assert opens(again.database_path, again.key)
    rotate_key(again, source)
    assert Workspace.open(tmp_path / "w", source).key != again.key
    assert read_record(tmp_path / "w").next_check == ""


def test_rotation_while_somebody_reads_changes_nothing(tmp_path, in_file):
    made = Workspace.open(tmp_path / "w", in_file)
    holder = Database(made.database_path, made.key)
    holder.execute("BEGIN IMMEDIATE")
    with pytest.raises(ConsoleError):
        rotate_key(made, in_file)
    holder.execute("ROLLBACK")
    holder.close()
    assert Workspace.open(tmp_path / "w", in_file).key == made.key
    code = rotate_key(made, in_file)
    assert parse_recovery_code(code) == Workspace.open(tmp_path / "w", in_file).key


def test_every_place_names_no_secret_in_errors(tmp_path, by_passphrase):
    Workspace.open(tmp_path / "w", by_passphrase)
    (tmp_path / "wrong").write_text("guessed secret", encoding="utf-8")
    with pytest.raises(WrongKeyError) as caught:
        Workspace.open(tmp_path / "w", KeySource(passphrase_file=Path(tmp_path / "wrong")))
    assert "guessed" not in f"{caught.value.text} {caught.value.hint}"
    assert caught.value.__cause__ is None
