"""Tells by a POST of JSON. Redirects are not followed: the message goes where it was set to go.

References:
    RFC 9110 (HTTP semantics); RFC 6750 section 2.1 (bearer tokens).
"""

from __future__ import annotations

import contextlib
import http.client
import json
import socket
import ssl
import string
from dataclasses import dataclass
from urllib.parse import SplitResult, quote, urlsplit

from hl7console.engine.alerts.channels.attempt import Attempt, ChannelError, read_secret
from hl7console.engine.alerts.channels.texts import AlertMessage
from hl7console.engine.sockets import peer_text
from hl7console.engine.tls import explain_tls_fault, is_loopback, trusting_context
from hl7console.settings.alerts import WebhookChannel

MOST_ANSWER_BYTES = 16 * 1024
"""As much of the answer's body is read."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where a webhook's URL leads."""

    is_tls: bool
    host: str
    port: int
    path: str
    """With the query."""


def target_of(url: str) -> Target:
    """Return what a URL says.

    Raises:
        ChannelError: It is none that can be used.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise ChannelError("The webhook's URL cannot be read.") from None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ChannelError("A webhook's URL begins with http:// or https:// and names a host.")
    if parts.username is not None or parts.password is not None:
        raise ChannelError(
            "A webhook's URL holds a user or a password.", hint="Put a token into a file instead."
        )
    is_tls = parts.scheme == "https"
    return Target(is_tls, _host(parts), port or (443 if is_tls else 80), _path(parts))


def _host(parts: SplitResult) -> str:
    host = parts.hostname or ""
    try:
        return host if host.isascii() else host.encode("idna").decode("ascii")
    except UnicodeError:
        raise ChannelError("The webhook's URL names no host.") from None


def _path(parts: SplitResult) -> str:
    path = parts.path or "/"
    query = f"?{parts.query}" if parts.query else ""
    return quote(path + query, safe=string.punctuation)


def post(channel: WebhookChannel, message: AlertMessage, attempt: Attempt) -> str:
    """Post a message and wait for the answer; any 2xx takes it.

    Returns:
        "" always: there is nothing to remark.

    Raises:
        ChannelError: It was not taken.
    """
    target = target_of(channel.url)
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "hl7console",
        "Idempotency-Key": message.key,
        "Connection": "close",
    }
    if channel.token_path:
        headers["Authorization"] = f"Bearer {_token(channel.token_path, target)}"
    body = json.dumps(message.payload).encode("ascii")
    where = peer_text((target.host, target.port))
    try:
        with attempt.connect(target.host, target.port) as sock:
            status = _exchange(channel, target, sock, headers, body)
    except ssl.SSLError as fault:
        raise ChannelError(f"TLS with {where} failed: {explain_tls_fault(fault)}.") from None
    except TimeoutError:
        raise ChannelError(f"{where} did not answer within {attempt.timeout_s:g} s.") from None
    except (OSError, http.client.HTTPException) as fault:
        raise ChannelError(_explain(fault, where, attempt)) from None
    if 300 <= status < 400:
        raise ChannelError(
            f"{where} answered with a redirect ({status}); redirects are not followed.",
            hint="Set the channel's URL to where it leads.",
        )
    if not 200 <= status < 300:
        raise ChannelError(f"{where} answered {status} {_phrase(status)}".rstrip() + ".")
    return ""


def _token(path: str, target: Target) -> str:
    if not target.is_tls and not is_loopback(target.host):
        raise ChannelError("A token is not sent without TLS.", hint="Use an https URL.")
    token = read_secret(path, "token").strip()
    if not token.isascii() or not token.isprintable() or " " in token:
        raise ChannelError("The first line of the token's file is no token.")
    return token


def _exchange(
    channel: WebhookChannel,
    target: Target,
    sock: socket.socket,
    headers: dict[str, str],
    body: bytes,
) -> int:
    connection: http.client.HTTPConnection
    if target.is_tls:
        context = trusting_context(channel.ca_path)
        sock = context.wrap_socket(sock, server_hostname=target.host)
        connection = http.client.HTTPSConnection(target.host, target.port, context=context)
    else:
        connection = http.client.HTTPConnection(target.host, target.port)
    connection.sock = sock
    with contextlib.closing(connection):
        connection.request("POST", target.path, body, headers)
        response = connection.getresponse()
        with contextlib.suppress(OSError, http.client.HTTPException):
            # The status has been told; what else there is only lets the other side finish.
            response.read(MOST_ANSWER_BYTES)
        response.close()
        return response.status


def _phrase(status: int) -> str:
    return http.client.responses.get(status, "")


def _explain(fault: OSError | http.client.HTTPException, where: str, attempt: Attempt) -> str:
    if attempt.is_cut:
        return f"{where} took too long."
    if isinstance(fault, http.client.HTTPException) and not isinstance(
        fault, http.client.RemoteDisconnected
    ):
        return f"{where} did not answer in HTTP."
    return f"{where} closed the connection."
