"""The settings of the metrics endpoint, in the database.

`save_metrics_endpoint` runs on the writer thread; the other takes any connection of the calling
thread.
"""

from __future__ import annotations

import json

from hl7console.settings import MetricsEndpointSettings
from hl7console.store.connection import Database
from hl7console.store.interfaces import load_setting, save_setting

_NAME = "metrics_endpoint"


def load_metrics_endpoint(database: Database) -> MetricsEndpointSettings:
    """Return the settings; the default is off.

    Raises:
        UsageError: The stored settings are not valid any more.
    """
    return MetricsEndpointSettings.from_mapping(json.loads(load_setting(database, _NAME, "{}")))


def save_metrics_endpoint(database: Database, settings: MetricsEndpointSettings) -> None:
    """Store the settings.

    Raises:
        UsageError: They cannot be.
    """
    settings.validate()
    save_setting(database, _NAME, json.dumps(settings.to_mapping()))
