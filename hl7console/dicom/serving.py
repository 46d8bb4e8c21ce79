"""pynetdicom's server with TLS handshakes off the accepting thread, and associations to cut."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable
from contextlib import suppress
from functools import lru_cache
from typing import Any

HANDSHAKE_TIMEOUT_S = 10.0
"""Longest a handshake may take, in seconds."""


@lru_cache(maxsize=1)
def server_class() -> Any:  # noqa: ANN401, C901 - a class, made from a library that is loaded late
    """Return the class of server; `hl7console.dicom.library` was loaded before."""
    from pynetdicom.transport import ThreadedAssociationServer

    class Server(ThreadedAssociationServer):
        """Accepts associations, each on threads of its own."""

        daemon_threads = False

        def __init__(
            self,
            entity: Any,  # noqa: ANN401
            address: tuple[str, int],
            ae_title: str,
            contexts: Any,  # noqa: ANN401
            handlers: Any,  # noqa: ANN401
            *,
            context: ssl.SSLContext | None,
            check_peer: Callable[[ssl.SSLSocket], str],
            on_fault: Callable[[str, str], None],
        ) -> None:
            self._tls = context
            self._check_peer = check_peer
            self._on_fault = on_fault
            super().__init__(entity, address, ae_title, contexts, None, handlers)

        def process_request_thread(self, request: Any, client_address: Any) -> None:  # noqa: ANN401
            """Shake hands where there is TLS, then start the association."""
            # An answer goes out in two writes; held together they would wait for the peer.
            request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self._tls is not None:
                request = self._shake(request, client_address)
                if request is None:
                    return
            super().process_request_thread(request, client_address)

        def _shake(self, plain: socket.socket, address: Any) -> ssl.SSLSocket | None:  # noqa: ANN401
            peer = f"{address[0]}:{address[1]}"
            assert self._tls is not None  # noqa: S101 - for the type checker
            plain.settimeout(HANDSHAKE_TIMEOUT_S)
            try:
                request = self._tls.wrap_socket(plain, server_side=True)
            except (OSError, ValueError) as fault:
                reason = getattr(fault, "reason", "") or type(fault).__name__
                self._on_fault(f"TLS failed: {str(reason).lower().replace('_', ' ')}.", peer)
                plain.close()
                return None
            refusal = self._check_peer(request)
            if refusal:
                self._on_fault(refusal, peer)
                request.close()
                return None
            request.settimeout(None)
            return request

        def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ANN401, ARG002
            """Say nothing on standard error: the peer's bytes may be in the trace."""
            self._on_fault(
                "A connection could not be taken.", f"{client_address[0]}:{client_address[1]}"
            )

        def open_associations(self) -> list[Any]:
            """Return the associations whose threads run."""
            return list(self.active_associations)

        @staticmethod
        def cut(association: Any) -> None:  # noqa: ANN401
            """End an association's threads and close its socket, whatever is under way on it."""
            held = association.dul.socket
            association.is_established = False
            association._kill = True  # noqa: SLF001 - `kill` waits for a peer that may be silent
            association._reactor_checkpoint.set()  # noqa: SLF001
            association.dul.kill_dul()
            association.dul.to_user_queue.put(None)
            if held is not None and held.socket is not None:
                with suppress(OSError):
                    held.socket.shutdown(socket.SHUT_RDWR)
                held.socket.close()

    return Server
