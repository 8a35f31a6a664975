"""Configuration keys: declared in code, one `config.py` per app, kept as rows that people can change.

A key has a type, a default, a range and a help text. The row in `system_config` overrides the default.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.module_loading import import_string


@dataclass(frozen=True)
class Key:
    """A number in a range, a choice, or a list of e-mail addresses."""

    name: str
    default: Any
    help: str
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[str, ...] = ()

    def check(self, value: Any) -> None:
        """Raise ValidationError, naming the key, for a value that does not fit it."""
        if isinstance(self.default, list):
            self._check_addresses(value)
        elif self.choices:
            if value not in self.choices:
                raise ValidationError(f"{self.name} is one of {', '.join(self.choices)}, not {value!r}")
        else:
            self._check_number(value)

    def _check_addresses(self, value: Any) -> None:
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise ValidationError(f"{self.name} is a list of e-mail addresses, not {value!r}")
        for address in value:
            try:
                validate_email(address)
            except ValidationError as error:
                raise ValidationError(f"{self.name}: {address!r} is not an e-mail address") from error

    def _check_number(self, value: Any) -> None:
        allowed = (int,) if isinstance(self.default, int) else (int, float)
        if isinstance(value, bool) or not isinstance(value, allowed):
            kind = "a whole number" if allowed == (int,) else "a number"
            raise ValidationError(f"{self.name} is {kind}, not {value!r}")
        if not self.minimum <= value <= self.maximum:
            raise ValidationError(f"{self.name} is from {self.minimum} to {self.maximum}, not {value!r}")


def declared() -> Mapping[str, Key]:
    """Every key of the installed apps, by name."""
    keys = [key for app in settings.PHASE_APPS for key in import_string(f"{app}.config.KEYS")]
    return {key.name: key for key in keys}


KEYS = (
    Key(
        "astrid.ingest_max_mb",
        default=2048,
        minimum=1,
        maximum=65536,
        help="A FITS file larger than this, in MB, is refused at ingest.",
    ),
)
