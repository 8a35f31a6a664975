"""Configuration keys of the people's side."""

from astrid.config import Key

KEYS = (
    Key(
        "curation.alert_min_confidence",
        default=0.9,
        minimum=0.0,
        maximum=1.0,
        help="A detection at least this confident raises an alert.",
    ),
    Key(
        "curation.alert_recipients",
        default=["alerts@localhost"],
        help="E-mail addresses that alerts are sent to.",
    ),
)
