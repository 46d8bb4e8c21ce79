from __future__ import annotations

import os
import pickle
import threading
from multiprocessing import Pipe
from pathlib import Path

import pytest

from hl7console.engine.console import EngineSnapshot, ImportFiles, InterfaceStatus, LinkState
from hl7console.engine.handover_wire import (
    ADDRESS_FILE_NAME,
    Answer,
    Fault,
    HandoverAddress,
    HandoverError,
    Request,
    forget_address,
    new_address,
    prove_as_client,
    prove_as_owner,
    receive,
    send,
)
from hl7console.engine.sender import NotSentError
from hl7console.errors import ConsoleError, EnvironmentFaultError, UsageError
from hl7console.settings import ListenerSettings


@pytest.mark.parametrize(
    "value",
    [
        Request("submit", ImportFiles((Path("a"),), b"MSH")),
        Answer(EngineSnapshot(interfaces=(InterfaceStatus("a", "x", LinkState.FAILED, "", ""),))),
        Answer((ListenerSettings("a"),)),
        Fault("UsageError", "No.", "Yes."),
    ],
)
def test_values_of_the_contract_cross(value: object):
    one, other = Pipe()
    with one, other:
        send(one, value)
        assert receive(other) == value


def test_members_cross_also_where_python_pickles_them_by_name(monkeypatch: pytest.MonkeyPatch):
    def by_name(self: LinkState, _protocol: int) -> object:
        return getattr, (LinkState, self.name)

    monkeypatch.setattr(LinkState, "__reduce_ex__", by_name)
    one, other = Pipe()
    with one, other:
        send(one, Answer(LinkState.FAILED))
        assert receive(other) == Answer(LinkState.FAILED)


class Evil:
    def __reduce__(self):
        return os.system, ("exit 1",)


class Lookup:
    def __reduce__(self):
        return getattr, ("text", "upper")


def _global(module: str, name: str) -> bytes:
    """Return a pickle that looks a name up."""
    texts = (b"\x8c" + bytes([len(t)]) + t.encode() for t in (module, name))
    return b"\x80\x04" + b"".join(texts) + b"\x93."


@pytest.mark.parametrize(
    "data",
    [
        pickle.dumps(Evil()),
        pickle.dumps(Lookup()),
        pickle.dumps(os.system),
        _global("hl7console.engine.handover_wire", "send"),
        _global("hl7console.engine.handover_wire", "os.system"),
        _global("hl7console.engine.handover_wire", "Path"),
        _global("hl7console.engine.attached", "AttachedConsole"),
        b"garbage",
        b"",
    ],
)
def test_nothing_else_is_unpickled(data: bytes):
    one, other = Pipe()
    with one, other:
        one.send_bytes(data)
        with pytest.raises((HandoverError, EOFError)):
            receive(other)


def test_errors_keep_their_kind_text_and_hint():
    for error, kind in (
        (UsageError("a", hint="b"), UsageError),
        (NotSentError("a", hint="b"), EnvironmentFaultError),
    ):
        told = Fault.of(error).to_error()
        assert (type(told), told.text, told.hint) == (kind, "a", "b")
    assert type(Fault("annotations", "x").to_error()) is ConsoleError
    assert type(Fault("Nothing", "x").to_error()) is ConsoleError


def prove(owner_key: bytes, client_key: bytes) -> tuple[bool, bool]:
    one, other = Pipe()
    results = []

    def own() -> None:
        try:
            prove_as_owner(one, owner_key)
        except HandoverError:
            results.append(False)
        else:
            results.append(True)
        finally:
            one.close()

    thread = threading.Thread(target=own)
    thread.start()
    try:
        prove_as_client(other, client_key)
        client = True
    except HandoverError:
        client = False
    thread.join(10)
    other.close()
    return results[0], client


def test_both_sides_prove_the_key():
    assert prove(b"k" * 32, b"k" * 32) == (True, True)
    assert prove(b"k" * 32, b"x" * 32) == (False, False)


def test_the_address_file(tmp_path: Path):
    address = new_address(tmp_path)
    address.save(tmp_path)
    assert HandoverAddress.load(tmp_path) == address
    forget_address(tmp_path, address)
    assert HandoverAddress.load(tmp_path) is None
    for content in (b"", b"{}", b"\xff", b'{"address": 1, "family": "x", "key": "zz", "pid": 1}'):
        (tmp_path / ADDRESS_FILE_NAME).write_bytes(content)
        assert HandoverAddress.load(tmp_path) is None


def test_an_address_file_in_use_does_not_hold_up_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    address = new_address(tmp_path)
    address.save(tmp_path)

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "in use")

    monkeypatch.setattr(Path, "unlink", refuse)
    forget_address(tmp_path, address)


def test_each_owner_has_a_key_of_its_own(tmp_path: Path):
    assert new_address(tmp_path).key != new_address(tmp_path).key
