"""One try at telling: its time limits, the way to cut it short, and why it failed."""

from __future__ import annotations

import contextlib
import errno
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

from hl7console.engine.sockets import addresses_of, peer_text
from hl7console.errors import ConsoleError

TOTAL_FACTOR = 3.0
"""All of a try takes at most so many times as long as one answer may."""

_LARGEST_SECRET_BYTES = 4096


class ChannelError(ConsoleError):
    """A channel did not take a message; the text says why."""


class Attempt:
    """Bounds one try and lets another thread end it.

    Used as a context manager by the thread that sends. When the total time has run out, or
    somebody calls `cut`, what it holds is shut, so that whatever waits on that returns at once.

    Args:
        timeout_s: Longest that connecting, or one answer, may take, in seconds.
        total_s: Longest that all of it may take; None takes `TOTAL_FACTOR` times `timeout_s`.
    """

    def __init__(self, timeout_s: float, total_s: float | None = None) -> None:
        self.timeout_s = max(0.1, timeout_s)
        total_s = self.timeout_s * TOTAL_FACTOR if total_s is None else total_s
        self._ends_s = time.monotonic() + total_s
        self._lock = threading.Lock()
        self._cuts: list[Callable[[], None]] = []
        self._closings: list[Callable[[], None]] = []
        self._is_cut = False
        self._timer = threading.Timer(total_s, self.cut)
        self._timer.name = "alert-channel-limit"
        self._timer.daemon = True

    def __enter__(self) -> Attempt:
        self._timer.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._timer.cancel()
        with self._lock:
            closings, self._closings, self._cuts = self._closings, [], []
        for close in closings:
            close()
        self._timer.join()

    @property
    def is_cut(self) -> bool:
        """Whether it was ended from outside, or ran out of time."""
        return self._is_cut

    @property
    def next_s(self) -> float:
        """Seconds that the next step may take."""
        return max(0.05, min(self.timeout_s, self._ends_s - time.monotonic()))

    def cut(self) -> None:
        """End it now. Any thread."""
        with self._lock:
            self._is_cut = True
            cuts, self._cuts = self._cuts, []
            for cut in cuts:
                cut()

    def on_cut(self, function: Callable[[], None]) -> None:
        """Have a quick function called when it is cut, at once if it has been."""
        with self._lock:
            if not self._is_cut:
                self._cuts.append(function)
                return
        function()

    def hold(self, sock: socket.socket) -> None:
        """Shut a connection when it is cut.

        A duplicate is kept: TLS takes the socket itself away while it shakes hands.
        """
        own = sock.dup()

        def shut() -> None:
            with contextlib.suppress(OSError):
                own.shutdown(socket.SHUT_RDWR)

        with self._lock:
            self._closings.append(own.close)
        self.on_cut(shut)

    def connect(self, host: str, port: int) -> socket.socket:
        """Return a connection within the limits; the caller closes it.

        Raises:
            ChannelError: There is none.
        """
        where = peer_text((host, port))
        last: OSError | UnicodeError = TimeoutError()
        try:
            found = addresses_of(host, port)
        except (OSError, UnicodeError):
            raise ChannelError(
                f"The host name in {where} is not known.",
                hint="Check its spelling, or use the address.",
            ) from None
        for family, kind, protocol, _, address in found:
            sock = socket.socket(family, kind, protocol)
            try:
                sock.settimeout(self.next_s)
                self.hold(sock)
                sock.connect(address)
                sock.settimeout(self.timeout_s)
            except OSError as fault:
                sock.close()
                last = fault
                if self._is_cut or self._ends_s <= time.monotonic():
                    break
            except BaseException:
                sock.close()
                raise
            else:
                return sock
        raise ChannelError(_connect_text(last, where, self.timeout_s)) from None


_REFUSED = {errno.ECONNREFUSED, 10061}
_UNREACHABLE = {errno.EHOSTUNREACH, errno.ENETUNREACH, errno.ENETDOWN, 10051, 10065}


def _connect_text(fault: OSError | UnicodeError, where: str, timeout_s: float) -> str:
    if isinstance(fault, TimeoutError):
        return f"{where} did not take the connection within {timeout_s:g} s."
    number = fault.errno if isinstance(fault, OSError) else None
    if number in _REFUSED:
        return f"Nothing listens on {where}."
    if number in _UNREACHABLE:
        return f"There is no way to {where} from this machine."
    reason = fault.strerror if isinstance(fault, OSError) else None
    return f"No connection to {where}: {reason or 'no reason given'}."


def read_secret(path: str, what: str) -> str:
    """Return the first line of a file that holds a password or a token.

    Args:
        path: The file.
        what: What it holds, for what is told.

    Raises:
        ChannelError: It cannot be read, or its first line is empty.
    """
    file = Path(path).expanduser()
    try:
        with file.open("rb") as source:
            line = source.readline(_LARGEST_SECRET_BYTES)
        secret = line.decode("utf-8-sig").rstrip("\r\n")
    except OSError as fault:
        raise ChannelError(
            f"The file with the {what}, {file.name}, cannot be read: "
            f"{fault.strerror or 'no access'}."
        ) from None
    except UnicodeDecodeError:
        raise ChannelError(f"The file with the {what}, {file.name}, is no text.") from None
    if not secret or len(line) >= _LARGEST_SECRET_BYTES:
        raise ChannelError(f"The first line of {file.name} is no {what}.")
    return secret
