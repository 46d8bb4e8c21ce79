"""How the owner of a workspace and the programs beside it talk: where, and in which words.

The owner listens on a Unix socket or a Windows named pipe. Where that is and the key that opens
it are in one file that only the user can read. Both sides prove the key before anything is
unpickled, and unpickling knows the contract's own types only.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import io
import json
import os
import pickle
import secrets
import sys
import tempfile
from dataclasses import dataclass, field
from enum import Enum
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from hl7console import errors
from hl7console.errors import ConsoleError
from hl7console.store.keys import write_private

ADDRESS_FILE_NAME = "handover.json"
"""File in the workspace's folder with address, family and key of the owner."""

SOCKET_FILE_NAME = "handover.sock"

LONGEST_SOCKET_PATH_BYTES = 100
"""AF_UNIX paths end at 104 (macOS) to 108 bytes (Linux)."""

AUTHENTICATION_TIMEOUT_S = 2.0

PAUSE = "pause"
"""Method of a request about the job that a connection carries: its value says whether to wait."""

_NONCE_BYTES = 32

_ALLOWED_MODULES = (
    "hl7console.engine.alert_commands",
    "hl7console.engine.console",
    "hl7console.engine.dicom_commands",
    "hl7console.engine.events",
    "hl7console.engine.handover_wire",
    "hl7console.engine.metrics_commands",
    "hl7console.engine.repair_commands",
    "hl7console.engine.snapshot",
    "hl7console.errors",
    "hl7console.settings.base",
    "hl7console.settings.dicom",
    "hl7console.settings.interfaces",
    "hl7console.settings.metrics",
    "hl7console.settings.retention",
    "hl7console.store.alert_records",
)

_ALLOWED_PATHS = frozenset({"Path", "PosixPath", "WindowsPath", "PurePosixPath", "PureWindowsPath"})


class HandoverError(Exception):
    """The other side is not who it should be, or spoke nonsense."""


@dataclass(frozen=True, slots=True)
class Request:
    """What a client asks for: the name of a method and its one argument."""

    method: str
    value: object = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Answer:
    """What the owner answers."""

    value: object = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Fault:
    """A `ConsoleError` on its way to the client."""

    kind: str
    text: str
    hint: str = ""

    @classmethod
    def of(cls, error: ConsoleError) -> Fault:
        """Return it with the nearest kind that is declared in `hl7console.errors`."""
        kinds = [c.__name__ for c in type(error).__mro__ if c.__module__ == errors.__name__]
        return cls(kinds[0], error.text, error.hint)

    def to_error(self) -> ConsoleError:
        """Return the error to raise at the client's."""
        kind = getattr(errors, self.kind, ConsoleError)
        is_known = isinstance(kind, type) and issubclass(kind, ConsoleError)
        return (kind if is_known else ConsoleError)(self.text, hint=self.hint)


@dataclass(frozen=True, slots=True)
class HandoverAddress:
    """Where the owner can be reached."""

    address: str
    family: str
    """``AF_UNIX`` or ``AF_PIPE``."""
    key: bytes
    pid: int

    def __repr__(self) -> str:
        return f"HandoverAddress({self.address!r}, pid={self.pid})"

    def save(self, workspace: Path) -> None:
        """Write the address file, for the user's eyes only, in one step."""
        content = json.dumps(
            {
                "address": self.address,
                "family": self.family,
                "key": self.key.hex(),
                "pid": self.pid,
            }
        )
        write_private(workspace / ADDRESS_FILE_NAME, content.encode("utf-8"))

    @classmethod
    def load(cls, workspace: Path) -> HandoverAddress | None:
        """Read the address file; None when it is missing or not whole."""
        try:
            values = json.loads((workspace / ADDRESS_FILE_NAME).read_text(encoding="utf-8"))
            return cls(
                str(values["address"]),
                str(values["family"]),
                bytes.fromhex(values["key"]),
                int(values["pid"]),
            )
        except (OSError, ValueError, KeyError, TypeError):
            return None


def new_address(workspace: Path) -> HandoverAddress:
    """Choose where to listen, with a fresh key; a socket file left by a crash is removed.

    Only the owner of the workspace may call this.
    """
    key = secrets.token_bytes(32)
    if sys.platform == "win32":
        pipe = rf"\\.\pipe\hl7console-{secrets.token_hex(16)}"
        return HandoverAddress(pipe, "AF_PIPE", key, os.getpid())
    path = workspace / SOCKET_FILE_NAME
    if len(os.fsencode(path)) > LONGEST_SOCKET_PATH_BYTES:
        path = Path(tempfile.mkdtemp(prefix="hl7console-")) / SOCKET_FILE_NAME
    with contextlib.suppress(OSError):
        path.unlink(missing_ok=True)
    return HandoverAddress(str(path), "AF_UNIX", key, os.getpid())


def forget_address(workspace: Path, address: HandoverAddress) -> None:
    """Remove what `new_address` and `save` left behind."""
    with contextlib.suppress(OSError):  # Windows keeps a file that somebody is just reading
        (workspace / ADDRESS_FILE_NAME).unlink(missing_ok=True)
    if address.family == "AF_UNIX":
        path = Path(address.address)
        with contextlib.suppress(OSError):
            path.unlink(missing_ok=True)
        if path.parent != workspace:
            with contextlib.suppress(OSError):
                path.parent.rmdir()


# Words.


def send(connection: Connection, value: object) -> None:
    """Send one value of the contract."""
    written = io.BytesIO()
    _ContractPickler(written, protocol=pickle.HIGHEST_PROTOCOL).dump(value)
    connection.send_bytes(written.getvalue())


def receive(connection: Connection) -> object:
    """Wait for one value of the contract.

    Raises:
        EOFError: The other side has gone.
        HandoverError: What came is not of the contract.
    """
    try:
        return _ContractUnpickler(io.BytesIO(connection.recv_bytes())).load()
    except (pickle.UnpicklingError, AttributeError, TypeError, ValueError, IndexError) as fault:
        raise HandoverError("a value that is not of the contract") from fault


class _ContractPickler(pickle.Pickler):
    def reducer_override(self, value: object) -> Any:  # noqa: ANN401 - as pickle declares it
        # Early releases of Python 3.11 would have a member fetched by `getattr`.
        if isinstance(value, Enum):
            return type(value), (value.value,)
        return NotImplemented


class _ContractUnpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> object:
        is_path = module.split(".")[0] == "pathlib" and name in _ALLOWED_PATHS
        if is_path or (module in _ALLOWED_MODULES and "." not in name):
            found = super().find_class(module, name)
            if isinstance(found, type) and (is_path or found.__module__ == module):
                return found
        raise pickle.UnpicklingError(f"{module}.{name} is not of the contract")


# Proof of the key.


def prove_as_client(connection: Connection, key: bytes) -> None:
    """Prove the key to the owner, and make it prove the same.

    Raises:
        HandoverError: The other side does not know the key, or does not answer in time.
    """
    theirs = _receive_raw(connection)
    mine = secrets.token_bytes(_NONCE_BYTES)
    connection.send_bytes(mine + _proof(key, b"client", theirs, mine))
    if not hmac.compare_digest(_receive_raw(connection), _proof(key, b"owner", theirs, mine)):
        raise HandoverError("the owner does not know the key")


def prove_as_owner(connection: Connection, key: bytes) -> None:
    """Let a client prove the key, and prove it in turn.

    Raises:
        HandoverError: The other side does not know the key, or does not answer in time.
    """
    mine = secrets.token_bytes(_NONCE_BYTES)
    connection.send_bytes(mine)
    answer = _receive_raw(connection)
    theirs, proof = answer[:_NONCE_BYTES], answer[_NONCE_BYTES:]
    if not hmac.compare_digest(proof, _proof(key, b"client", mine, theirs)):
        raise HandoverError("the client does not know the key")
    connection.send_bytes(_proof(key, b"owner", mine, theirs))


def _receive_raw(connection: Connection) -> bytes:
    if not connection.poll(AUTHENTICATION_TIMEOUT_S):
        raise HandoverError("no answer in time")
    try:
        return connection.recv_bytes(1024)
    except (EOFError, OSError) as fault:
        raise HandoverError("the connection ended") from fault


def _proof(key: bytes, role: bytes, owner_nonce: bytes, client_nonce: bytes) -> bytes:
    return hmac.new(key, role + owner_nonce + client_nonce, hashlib.sha256).digest()
