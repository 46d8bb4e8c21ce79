"""hl7console: receive, see, explain, repair and resend HL7 v2 messages around a PACS."""

__version__ = "0.1.0"
