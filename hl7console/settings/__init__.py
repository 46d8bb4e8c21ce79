"""The settings of everything a workspace is set up with: typed, validated, plain values.

Paths of keys and certificates are settings; keys and passphrases themselves never are.
"""

from hl7console.settings.base import MIB, Tls
from hl7console.settings.dicom import (
    CHARSETS,
    OTHER_AES,
    SERVABLE_STATES,
    SHOWN_STATES,
    STATION_FILTERS,
    AeRules,
    PacsSettings,
    WorklistServiceSettings,
    check_ae_title,
    is_ae_title,
)
from hl7console.settings.interfaces import (
    LARGEST_LIMIT_BYTES,
    LONGEST_RETRY_S,
    SHORTEST_RETRY_S,
    AckMode,
    DestinationSettings,
    Environment,
    ListenerSettings,
    OnRefusal,
    RouteSettings,
)
from hl7console.settings.metrics import MetricsEndpointSettings
from hl7console.settings.retention import RetentionSettings

__all__ = [
    "CHARSETS",
    "LARGEST_LIMIT_BYTES",
    "LONGEST_RETRY_S",
    "MIB",
    "OTHER_AES",
    "SERVABLE_STATES",
    "SHORTEST_RETRY_S",
    "SHOWN_STATES",
    "STATION_FILTERS",
    "AckMode",
    "AeRules",
    "DestinationSettings",
    "Environment",
    "ListenerSettings",
    "MetricsEndpointSettings",
    "OnRefusal",
    "PacsSettings",
    "RetentionSettings",
    "RouteSettings",
    "Tls",
    "WorklistServiceSettings",
    "check_ae_title",
    "is_ae_title",
]
