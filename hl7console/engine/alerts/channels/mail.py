"""Tells by e-mail, over SMTP.

The same message always has the same Message-ID, so that a mail server that got it and whose
answer was lost can tell the second one from a new one.

References:
    RFC 5321 (SMTP); RFC 3207 (STARTTLS); RFC 8314 (TLS from the start); RFC 4616 (AUTH PLAIN);
    RFC 3834 section 5 (Auto-Submitted).
"""

from __future__ import annotations

import base64
import contextlib
import re
import smtplib
import socket
import ssl
from email.errors import MessageError
from email.header import Header
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import EmailPolicy
from email.utils import getaddresses

from hl7console.engine.alerts.channels.attempt import Attempt, ChannelError, read_secret
from hl7console.engine.alerts.channels.texts import AlertMessage, one_line
from hl7console.engine.sockets import peer_text
from hl7console.engine.tls import explain_tls_fault, is_loopback, trusting_context
from hl7console.settings.alerts import EmailChannel, MailTls

_QUIT_S = 2.0
_MOST_ANSWER = 160
_ADDRESS = re.compile(r"[^\s@<>()\[\],;:\\\"]+@[^\s@<>()\[\],;:\\\"]+")


def send_mail(channel: EmailChannel, message: AlertMessage, attempt: Attempt) -> str:
    """Send a message to all recipients, and wait until the server has taken it.

    Returns:
        Which recipients were refused, as a sentence, when others were not; else "".

    Raises:
        ChannelError: The server has not taken it.
    """
    sender = _address(channel.sender)
    recipients = [_address(recipient) for recipient in channel.recipients]
    if not recipients:
        raise ChannelError(f"The channel {channel.name} has no recipients.")
    mail = _compose(sender, recipients, message)
    try:
        with attempt.connect(channel.host, channel.port) as sock:
            return _converse(channel, sock, mail, sender, recipients, attempt)
    except smtplib.SMTPException as fault:
        raise ChannelError(_explain(fault, channel, attempt)) from None
    except ssl.SSLError as fault:
        raise ChannelError(
            f"TLS with the mail server failed: {explain_tls_fault(fault)}."
        ) from None
    except OSError as fault:
        raise ChannelError(_explain_broken(fault, channel, attempt)) from None


def _address(text: str) -> Address:
    """Return an address as it may stand in a header; nothing in it can begin another header."""
    found = getaddresses([text])
    name, spec = found[0] if len(found) == 1 else ("", "")
    if any(ord(letter) < 32 for letter in text) or not _ADDRESS.fullmatch(spec):
        raise ChannelError(
            f"Not an e-mail address: {one_line(text, 80)}.", hint="Correct it in the channel."
        )
    local, _, domain = spec.rpartition("@")
    return Address(one_line(name, 80), local, domain)


class _MailPolicy(EmailPolicy):
    """Mail for SMTP, whose subjects keep their blanks.

    The standard library's folding loses one between two encoded words now and then.
    """

    def fold_binary(self, name: str, value: str) -> bytes:
        """Return a header as it is sent."""
        text = str(value)
        if name.lower() != "subject" or (text.isascii() and "=?" not in text):
            return super().fold_binary(name, value)
        encoded = Header(text, "utf-8", header_name=name).encode(linesep=self.linesep)
        return f"{name}: {encoded}{self.linesep}".encode("ascii")


_POLICY = _MailPolicy(linesep="\r\n")


def _compose(sender: Address, recipients: list[Address], message: AlertMessage) -> EmailMessage:
    mail = EmailMessage(policy=_POLICY)
    domain = sender.domain if sender.domain.isascii() else "hl7console.invalid"
    try:
        mail["From"] = sender
        mail["To"] = recipients
        mail["Subject"] = one_line(message.subject, 200)
        mail["Date"] = message.at
        mail["Message-ID"] = f"<{message.key}@{domain}>"
        if message.thread:
            # Mail programs show what belongs together in one place.
            mail["References"] = f"<{message.thread}@{domain}>"
        mail["Auto-Submitted"] = "auto-generated"
        if message.is_urgent:
            mail["Importance"] = "high"
        mail.set_content(message.body.encode("utf-8", "replace").decode("utf-8"))
    except (MessageError, ValueError, UnicodeError):
        raise ChannelError("The e-mail could not be written.") from None
    return mail


class _Connection(smtplib.SMTP):
    """The standard library's client on a connection that is open already."""

    def __init__(self, sock: socket.socket, host: str, port: int, timeout_s: float) -> None:
        self._opened = sock
        ip = str(sock.getsockname()[0])
        # The library would ask a name server for our own name, which may hang.
        own = f"[IPv6:{ip}]" if ":" in ip else f"[{ip}]"
        super().__init__(host, port, local_hostname=own, timeout=timeout_s)

    def _get_socket(self, _host: str, _port: int, _timeout: float) -> socket.socket:
        return self._opened


def _converse(
    channel: EmailChannel,
    sock: socket.socket,
    mail: EmailMessage,
    sender: Address,
    recipients: list[Address],
    attempt: Attempt,
) -> str:
    context = None if channel.tls == MailTls.OFF else trusting_context(channel.ca_path)
    if context is not None and channel.tls == MailTls.TLS:
        sock = context.wrap_socket(sock, server_hostname=channel.host)
    with contextlib.closing(_Connection(sock, channel.host, channel.port, attempt.timeout_s)) as it:
        if context is not None and channel.tls == MailTls.STARTTLS:
            it.starttls(context=context)
        if channel.user:
            _log_in(it, channel)
        refused = it.send_message(
            mail, sender.addr_spec, [recipient.addr_spec for recipient in recipients]
        )
        # It has been taken; how the talk ends doesn't matter any more.
        with contextlib.suppress(smtplib.SMTPException, OSError):
            if it.sock is not None:
                it.sock.settimeout(_QUIT_S)
            it.quit()
    if not refused:
        return ""
    return f"The mail server refused some of the recipients: {', '.join(sorted(refused))}."


def _log_in(connection: smtplib.SMTP, channel: EmailChannel) -> None:
    if channel.tls == MailTls.OFF and not is_loopback(channel.host):
        raise ChannelError(
            "A password is not sent without TLS.",
            hint="Set the channel to starttls or tls, or leave its user empty.",
        )
    password = read_secret(channel.password_path, "password") if channel.password_path else ""
    connection.ehlo_or_helo_if_needed()
    if (channel.user + password).isascii():
        connection.login(channel.user, password)
        return
    # The standard library knows only ASCII here.
    secret = base64.b64encode(f"\0{channel.user}\0{password}".encode()).decode()
    code, answer = connection.docmd("AUTH", f"PLAIN {secret}")
    if code != 235:
        raise smtplib.SMTPAuthenticationError(code, answer)


def _explain(fault: smtplib.SMTPException, channel: EmailChannel, attempt: Attempt) -> str:
    where = peer_text((channel.host, channel.port))
    if attempt.is_cut:
        return _explain_broken(None, channel, attempt)
    if isinstance(fault, smtplib.SMTPAuthenticationError):
        return f"The mail server {where} did not accept the user or the password."
    if isinstance(fault, smtplib.SMTPNotSupportedError):
        if "STARTTLS" in str(fault):
            return f"The mail server {where} offers no STARTTLS."
        if "AUTH" in str(fault):
            return f"The mail server {where} does not let users log in."
        return f"The mail server {where} does not know what this message needs."
    if isinstance(fault, smtplib.SMTPRecipientsRefused):
        code, answer = next(iter(fault.recipients.values()), (0, b""))
        return f"The mail server {where} refused every recipient: {_answer(code, answer)}."
    if isinstance(fault, smtplib.SMTPResponseException):
        told = _answer(fault.smtp_code, fault.smtp_error)
        return f"The mail server {where} refused the message: {told}."
    if isinstance(fault, smtplib.SMTPServerDisconnected):
        cause = fault.__context__
        return _explain_broken(cause if isinstance(cause, OSError) else None, channel, attempt)
    return f"The mail server {where} cannot be used ({type(fault).__name__})."


def _answer(code: int, answer: bytes | str) -> str:
    text = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer
    return f"{code} {one_line(text, _MOST_ANSWER)}".strip().rstrip(".")


def _explain_broken(fault: OSError | None, channel: EmailChannel, attempt: Attempt) -> str:
    where = peer_text((channel.host, channel.port))
    if isinstance(fault, TimeoutError):
        return f"The mail server {where} did not answer within {attempt.timeout_s:g} s."
    if attempt.is_cut:
        return f"The mail server {where} took too long."
    return f"The mail server {where} closed the connection."
