"""The options of commands that serve the worklist beside their listeners."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import click

from hl7console.errors import UsageError
from hl7console.settings import Tls, WorklistServiceSettings

AE_TITLE = "HL7CONSOLE"


def dicom_options(function: Callable[..., object]) -> Callable[..., object]:
    """Add ``--mwl-port`` and ``--ae-title``."""
    function = click.option(
        "--ae-title",
        default=AE_TITLE,
        show_default=True,
        metavar="T",
        help="Our AE title. Only with --mwl-port.",
    )(function)
    return click.option(
        "--mwl-port",
        type=click.IntRange(0, 65535),
        metavar="P",
        help="Serve the worklist and take MPPS over DICOM on this port; 0 takes a free one.",
    )(function)


profile_option = click.option(
    "--profile",
    default="default",
    show_default=True,
    metavar="NAME",
    help="Mapping profile: what messages mean for the worklist.",
)
"""Adds ``--profile``."""


def check_profile(workspace: Path, name: str) -> None:
    """Make sure that a mapping profile can be put in force, before anything is received by it.

    Raises:
        UsageError: There is none of that name in the workspace or among the shipped ones, or it
            has a mistake.
    """
    from hl7console.engine.worklist_inputs import profile_text
    from hl7console.worklist.profiles.loading import load_profile

    load_profile(profile_text(workspace, name), name)


def service_of(
    mwl_port: int | None,
    ae_title: str,
    *,
    host: str = "127.0.0.1",
    tls: Tls = Tls.OFF,
    cert: Path | str = "",
    key: Path | str = "",
    client_ca: Path | str = "",
) -> WorklistServiceSettings | None:
    """Return the settings of the service; None where none was asked for.

    Raises:
        UsageError: The options do not go together.
    """
    if mwl_port is None:
        if ae_title != AE_TITLE:
            raise UsageError("--ae-title goes with --mwl-port.")
        return None
    settings = WorklistServiceSettings(
        host=host,
        port=mwl_port,
        ae_title=ae_title,
        tls=tls,
        tls_cert_path=str(cert),
        tls_key_path=str(key),
        tls_client_ca_path=str(client_ca),
    )
    settings.validate()
    return settings
