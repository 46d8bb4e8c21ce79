"""Where a workspace's data key comes from and where it is kept.

The data key is 256 random bits. It never leaves this module's callers except into the database
engine. Order of the places: a passphrase file given, the key the workspace's record names (system
key store, key file or passphrase), and for a new workspace the key store, a prompt where there is
a terminal, else a key file in the user's configuration folder.

References:
    RFC 7914 (scrypt), NIST SP 800-38D (AES-GCM).
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import hmac
import os
import secrets
import subprocess
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, TypeVar

import platformdirs
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from hl7console.errors import EnvironmentFaultError, UsageError, WrongKeyError
from hl7console.store.recovery import KEY_BYTES

R = TypeVar("R")

KEY_STORE_TIMEOUT_S = 5.0
"""How long the system's key store may take; it may be waiting for a dialog nobody sees."""

SERVICE = "hl7console"
"""Name of our entries in the system's key store."""

_SCRYPT_N = 2**15
_SCRYPT_R = 8
_SCRYPT_P = 1


class KeyStore(Protocol):
    """The part of ``keyring`` that is used."""

    def get_password(self, service_name: str, username: str) -> str | None:
        """Return the entry, or None."""

    def set_password(self, service_name: str, username: str, password: str) -> None:
        """Store the entry."""

    def delete_password(self, service_name: str, username: str) -> None:
        """Remove the entry."""


def new_key() -> bytes:
    """Return a new random data key."""
    return secrets.token_bytes(KEY_BYTES)


def key_check(key: bytes) -> str:
    """Return a text that tells a wrong key from a damaged database, and gives nothing away."""
    return hashlib.sha256(b"hl7console key check" + key).hexdigest()[:16]


def is_checked(key: bytes, check: str) -> bool:
    """Return whether a key fits the check text."""
    return hmac.compare_digest(key_check(key), check)


@dataclass(frozen=True, slots=True)
class KeySource:
    """Where to look for the key, and how to ask for it.

    Not for the Qt thread: the key store may take seconds.
    """

    passphrase_file: Path | None = None
    prompt: Callable[[str], str] | None = field(default=None, repr=False)
    """Asks for a passphrase on a terminal; None where there is none."""
    key_store: KeyStore | None = field(default=None, repr=False)
    """Replaces the system's key store (tests)."""
    use_key_store: bool = True
    key_folder: Path | None = None
    """Replaces the folder of key files."""
    recovery_key: bytes | None = field(default=None, repr=False)
    """The key from a recovery code; wins over all else."""
    timeout_s: float = KEY_STORE_TIMEOUT_S

    def passphrase(self) -> str | None:
        """Return the passphrase of the file given, or None without one.

        Raises:
            UsageError: The file cannot be read or is empty.
        """
        if self.passphrase_file is None:
            return None
        try:
            text = self.passphrase_file.read_text(encoding="utf-8-sig")
        except (OSError, UnicodeDecodeError):
            raise UsageError("The passphrase file cannot be read.") from None
        line = text.splitlines()[0] if text else ""
        if not line:
            raise UsageError("The passphrase file is empty.")
        return line

    def folder(self) -> Path:
        """Return the folder of key files."""
        if self.key_folder is not None:
            return self.key_folder
        return platformdirs.user_config_path("hl7console", appauthor=False) / "keys"


def wrap_key(key: bytes, passphrase: str) -> dict[str, str | int]:
    """Return the data key locked with a passphrase, as plain values for a JSON file."""
    salt, nonce = secrets.token_bytes(16), secrets.token_bytes(12)
    lock = AESGCM(_stretch(passphrase, salt, _SCRYPT_N))
    sealed = lock.encrypt(nonce, key, b"hl7console data key")
    return {
        "salt": base64.b64encode(salt).decode(),
        "nonce": base64.b64encode(nonce).decode(),
        "sealed": base64.b64encode(sealed).decode(),
        "scrypt_n": _SCRYPT_N,
    }


def unwrap_key(record: dict[str, str | int], passphrase: str) -> bytes:
    """Return the data key that `wrap_key` locked.

    Raises:
        WrongKeyError: The passphrase is wrong, or the record was changed.
    """
    wrong = WrongKeyError(
        "The passphrase does not open the workspace.",
        hint="Try again, or use the recovery code.",
    )
    try:
        salt = base64.b64decode(str(record["salt"]), validate=True)
        nonce = base64.b64decode(str(record["nonce"]), validate=True)
        sealed = base64.b64decode(str(record["sealed"]), validate=True)
        cost = int(record.get("scrypt_n", _SCRYPT_N))
        if cost not in {2**n for n in range(14, 21)}:
            raise wrong
        return AESGCM(_stretch(passphrase, salt, cost)).decrypt(
            nonce, sealed, b"hl7console data key"
        )
    except (KeyError, ValueError, InvalidTag):
        raise wrong from None


def _stretch(passphrase: str, salt: bytes, cost: int) -> bytes:
    return Scrypt(salt=salt, length=32, n=cost, r=_SCRYPT_R, p=_SCRYPT_P).derive(
        passphrase.encode("utf-8")
    )


class KeyStoreUnavailableError(EnvironmentFaultError):
    """The system has no key store, or it did not answer in time."""


def store_in_key_store(source: KeySource, name: str, key: bytes) -> None:
    """Put a key into the system's key store.

    Raises:
        KeyStoreUnavailableError: There is none, or it did not answer in time.
    """
    text = base64.b64encode(key).decode()

    def work(store: KeyStore) -> None:
        store.set_password(SERVICE, name, text)
        if store.get_password(SERVICE, name) != text:
            raise KeyStoreUnavailableError("The system's key store did not keep the key.")

    _with_key_store(source, work)


def load_from_key_store(source: KeySource, name: str) -> bytes | None:
    """Return a key from the system's key store; None when it holds none of this name.

    Raises:
        KeyStoreUnavailableError: There is none, or it did not answer in time.
    """
    text = _with_key_store(source, lambda store: store.get_password(SERVICE, name))
    return None if text is None else _decoded(text)


def delete_from_key_store(source: KeySource, name: str) -> None:
    """Remove a key from the system's key store, if it is there."""
    with contextlib.suppress(KeyStoreUnavailableError):
        _with_key_store(source, lambda store: store.delete_password(SERVICE, name))


def _with_key_store(source: KeySource, work: Callable[[KeyStore], R]) -> R:
    """Run `work` with the key store on a thread of its own, at most as long as allowed."""
    answers: list[R] = []
    faults: list[BaseException] = []

    def run() -> None:
        try:
            answers.append(work(source.key_store or _system_key_store()))
        except Exception as error:  # noqa: BLE001 - any backend fault means that there is none
            faults.append(error)

    # A daemon: a key store that never answers must not keep the program alive.
    thread = threading.Thread(target=run, name="key-store", daemon=True)
    thread.start()
    thread.join(source.timeout_s)
    if thread.is_alive():
        raise KeyStoreUnavailableError(
            "The system's key store did not answer in time.",
            hint="Unlock it and try again, or use --passphrase-file.",
        )
    if faults:
        if isinstance(faults[0], KeyStoreUnavailableError):
            raise faults[0]
        raise KeyStoreUnavailableError(
            "The system's key store cannot be used.",
            hint="Unlock it and try again, or use --passphrase-file.",
        ) from None
    return answers[0]


def _system_key_store() -> KeyStore:
    # Imported late: looking for backends takes time that most starts need not spend.
    import keyring

    store: KeyStore = keyring.get_keyring()
    return store


def key_file_path(source: KeySource, name: str) -> Path:
    """Return the path of a key file."""
    return source.folder() / f"{name}.key"


def write_key_file(source: KeySource, name: str, key: bytes) -> Path:
    """Write a key file that only this user can read, and return its path.

    Raises:
        EnvironmentFaultError: It cannot be written.
    """
    path = key_file_path(source, name)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_private(path, base64.b64encode(key) + b"\n")
    except OSError:
        raise EnvironmentFaultError(
            f"The key file cannot be written: {path}.",
            hint="Check the folder's permissions, or use --passphrase-file.",
        ) from None
    return path


def read_key_file(source: KeySource, name: str) -> bytes | None:
    """Return the key of a key file, or None when there is no such file.

    Raises:
        EnvironmentFaultError: It cannot be read.
    """
    path = key_file_path(source, name)
    try:
        return _decoded(path.read_text(encoding="ascii").strip())
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError):
        raise EnvironmentFaultError(f"The key file cannot be read: {path}.") from None


def write_private(path: Path, data: bytes) -> None:
    """Replace a file at once and durably; only this user may read it.

    Raises:
        OSError: It cannot be written; the former file is as it was.
    """
    draft = path.with_name(path.name + ".new")
    draft.unlink(missing_ok=True)
    handle = os.open(
        draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600
    )
    try:
        with os.fdopen(handle, "wb") as file:
            if os.name == "nt":
                restrict_to_user(draft)
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        _put_in_place(draft, path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise


def _put_in_place(draft: Path, path: Path) -> None:
    """Give a finished file its name, so that it keeps it after a power cut as well."""
    for is_last in (False,) * 20 + (True,):
        try:
            draft.replace(path)
            break
        except PermissionError:
            # Windows refuses while somebody reads the former file, which takes a moment only.
            if is_last or os.name != "nt":
                raise
            threading.Event().wait(0.05)
    if os.name == "nt":
        return
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        with contextlib.suppress(OSError):  # some file systems know no such thing
            os.fsync(folder)
    finally:
        os.close(folder)


def restrict_to_user(path: Path) -> None:
    """Let only this user use a file or folder: mode 0600 or 0700, or its Windows counterpart."""
    if os.name != "nt":
        path.chmod(0o700 if path.is_dir() else 0o600)
        return
    inherit = "(OI)(CI)F" if path.is_dir() else "F"
    user = f"{os.environ.get('USERDOMAIN', '.')}\\{os.environ.get('USERNAME', '')}"
    icacls = Path(os.environ.get("SYSTEMROOT", r"C:\Windows")) / "System32" / "icacls.exe"
    with contextlib.suppress(OSError, subprocess.SubprocessError):
        subprocess.run(  # noqa: S603
            [str(icacls), str(path), "/inheritance:r", "/grant:r", f"{user}:{inherit}"],
            check=False,
            capture_output=True,
            timeout=10,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )


def _decoded(text: str) -> bytes:
    try:
        key = base64.b64decode(text, validate=True)
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise WrongKeyError(
            "What is stored as the workspace's key is no key.", hint="Use the recovery code."
        )
    return key
