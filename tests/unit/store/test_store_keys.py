from __future__ import annotations

import os
from pathlib import Path

import pytest

from hl7console.errors import EnvironmentFaultError, UsageError, WrongKeyError
from hl7console.store import keys
from hl7console.store.keys import KeySource, KeyStoreUnavailableError


@pytest.fixture(autouse=True)
def cheap_scrypt(monkeypatch) -> None:
    monkeypatch.setattr(keys, "_SCRYPT_N", 2**14)


def test_a_passphrase_locks_and_unlocks():
    key = keys.new_key()
    record = keys.wrap_key(key, "Zürich 山")
    assert keys.unwrap_key(record, "Zürich 山") == key
    assert key not in str(record).encode()
    assert keys.wrap_key(key, "Zürich 山") != record
    with pytest.raises(WrongKeyError):
        keys.unwrap_key(record, "Zurich 山")


@pytest.mark.parametrize(
    "change",
    [
        {"salt": "AAAA"},
        {"sealed": "AAAA"},
        {"nonce": "!"},
        {"scrypt_n": 2**30},
        {"scrypt_n": "x"},
        {"salt": None},
    ],
)
def test_a_record_that_was_changed_opens_nothing(change):
    record = keys.wrap_key(keys.new_key(), "p") | change
    with pytest.raises(WrongKeyError):
        keys.unwrap_key(record, "p")


def test_the_check_text_tells_keys_apart():
    key = keys.new_key()
    assert keys.is_checked(key, keys.key_check(key))
    assert not keys.is_checked(keys.new_key(), keys.key_check(key))
    assert key.hex()[:16] != keys.key_check(key)


def test_key_files(tmp_path):
    source = KeySource(key_folder=tmp_path / "a" / "b")
    assert keys.read_key_file(source, "w") is None
    key = os.urandom(32)
    path = keys.write_key_file(source, "w", key)
    assert keys.read_key_file(source, "w") == key
    assert keys.write_key_file(source, "w", os.urandom(32)) == path
    assert keys.read_key_file(source, "w") != key
    assert [p.name for p in path.parent.iterdir()] == ["w.key"]
    for content in (b"", b"bm8=", b"\xff\xfe", b"not base64!"):
        path.write_bytes(content)
        with pytest.raises((WrongKeyError, EnvironmentFaultError)):
            keys.read_key_file(source, "w")


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path, monkeypatch):
    path = tmp_path / "f"
    keys.write_private(path, b"old")

    def fail(_handle: int) -> None:
        raise OSError(28, "full")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="full"):
        keys.write_private(path, b"new")
    assert path.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["f"]


def test_a_file_that_is_being_read_is_replaced_a_moment_later(tmp_path, monkeypatch):
    path = tmp_path / "f"
    keys.write_private(path, b"old")
    refusals = [PermissionError(13, "in use")] * 2
    replace = Path.replace

    def busy(draft: Path, target: Path) -> Path:
        if refusals:
            raise refusals.pop()
        return replace(draft, target)

    monkeypatch.setattr(Path, "replace", busy)
    monkeypatch.setattr(keys, "os", Windows(os))
    keys._put_in_place(_written(tmp_path / "f.new", b"new"), path)
    assert path.read_bytes() == b"new"


def test_on_other_systems_a_refusal_is_final(tmp_path, monkeypatch):
    def refuse(_draft: Path, _target: Path) -> None:
        raise PermissionError(13, "not yours")

    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.raises(PermissionError):
        keys.write_private(tmp_path / "f", b"new")
    assert list(tmp_path.iterdir()) == []


class Windows:
    """The module ``os`` as it is there, as far as that matters here."""

    name = "nt"

    def __init__(self, real: object) -> None:
        self._real = real

    def __getattr__(self, name: str) -> object:
        return getattr(self._real, name)


def _written(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


class Broken:
    """A key store whose every use fails, with its secrets in the error."""

    def get_password(self, service_name: str, username: str) -> str | None:
        raise RuntimeError("SECRET")

    def set_password(self, service_name: str, username: str, password: str) -> None:
        raise RuntimeError(password)

    def delete_password(self, service_name: str, username: str) -> None:
        raise RuntimeError("SECRET")


class Forgetful(Broken):
    """One that takes keys and does not keep them, as the null backend does."""

    def get_password(self, service_name: str, username: str) -> str | None:
        return None

    def set_password(self, service_name: str, username: str, password: str) -> None:
        return


@pytest.mark.parametrize("store", [Broken(), Forgetful()])
def test_a_key_store_that_fails_is_none(store):
    with pytest.raises(KeyStoreUnavailableError) as caught:
        keys.store_in_key_store(KeySource(key_store=store), "w", os.urandom(32))
    assert caught.value.__cause__ is None
    keys.delete_from_key_store(KeySource(key_store=store), "w")


def test_the_first_line_of_a_passphrase_file(tmp_path):
    file = tmp_path / "p"
    file.write_bytes(b"\xef\xbb\xbfsecret phrase \r\nsecond line")
    assert KeySource(passphrase_file=file).passphrase() == "secret phrase "
    file.write_bytes(b"\xff\xfe\xff")
    with pytest.raises(UsageError):
        KeySource(passphrase_file=file).passphrase()
    assert KeySource().passphrase() is None
    assert "hl7console" in str(KeySource().folder())
