"""Sends one message over one channel, of whatever kind it is."""

from __future__ import annotations

from hl7console.engine.alerts.channels.attempt import TOTAL_FACTOR, Attempt
from hl7console.engine.alerts.channels.command import run_command
from hl7console.engine.alerts.channels.mail import send_mail
from hl7console.engine.alerts.channels.texts import AlertMessage
from hl7console.engine.alerts.channels.webhook import post
from hl7console.settings.alerts import Channel, CommandChannel, EmailChannel


def attempt_for(channel: Channel) -> Attempt:
    """Return the limits of one try.

    A command's time is for all of it; a mail server has to answer for each recipient.
    """
    if isinstance(channel, CommandChannel):
        return Attempt(channel.timeout_s, channel.timeout_s)
    if isinstance(channel, EmailChannel):
        shares = TOTAL_FACTOR + len(channel.recipients) / 4
        return Attempt(channel.timeout_s, channel.timeout_s * shares)
    return Attempt(channel.timeout_s)


def send(channel: Channel, message: AlertMessage, attempt: Attempt) -> str:
    """Send a message, within the limits of an attempt that has begun.

    Returns:
        What to know although it was taken, as a sentence; "" for nothing.

    Raises:
        ConsoleError: It was not taken.
    """
    if isinstance(channel, EmailChannel):
        return send_mail(channel, message, attempt)
    if isinstance(channel, CommandChannel):
        return run_command(channel, message, attempt)
    return post(channel, message, attempt)
