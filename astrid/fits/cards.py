"""A header as plain values: what dialects read, and what the database keeps as JSON."""

import math
import re
from dataclasses import dataclass

from astropy.io import fits
from astropy.io.fits.card import Undefined

Value = str | int | float | bool | None

_COMMENTARY = ("COMMENT", "HISTORY")
_KEYWORD = re.compile(r"[A-Z0-9][A-Z0-9_.+ -]*")
_PLACEHOLDERS = {
    "", "-", "--", "?", "n/a", "na", "nan", "none", "null", "undef", "undefined", "unknown", "unspecified",
}  # fmt: skip


@dataclass(frozen=True)
class Cards:
    """Keyword → value, and keyword → comment. A keyword occurs once: its first card counts."""

    values: dict[str, Value]
    comments: dict[str, str]

    @classmethod
    def of(cls, *headers: fits.Header) -> "Cards":
        """Merge headers, the first one winning. Cards that astropy cannot parse and undefined ones are left out."""
        values: dict[str, Value] = {}
        comments: dict[str, str] = {}
        commentary: dict[str, list[str]] = {keyword: [] for keyword in _COMMENTARY}
        for header in headers:
            for card in header.cards:
                try:
                    keyword, value, comment = card.keyword, card.value, card.comment
                except fits.VerifyError:
                    continue
                if keyword in commentary:
                    commentary[keyword].append(str(value))
                elif keyword not in values and _KEYWORD.fullmatch(keyword) and not isinstance(value, Undefined):
                    values[keyword] = _json_safe(value)
                    comments[keyword] = comment
        values |= {keyword: _json_safe("\n".join(lines)) for keyword, lines in commentary.items() if lines}
        return cls(values, comments)

    def text(self, keyword: str) -> str | None:
        """The value as text without surrounding blanks; None if it is absent or a placeholder such as 'UNKNOWN'."""
        value = self.values.get(keyword)
        if value is None or isinstance(value, bool):
            return None
        text = str(value).strip()
        return None if text.lower() in _PLACEHOLDERS else text

    def number(self, keyword: str) -> float | None:
        """The value as a finite number, also from a string card; None if it is not one."""
        try:
            number = float(self.text(keyword) or "nan")
        except ValueError:
            return None
        return number if math.isfinite(number) else None

    def comment(self, keyword: str) -> str:
        """The card's comment, in lower case."""
        return self.comments.get(keyword, "").lower()


def _json_safe(value: object) -> Value:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, bool | int):
        return value
    return str(value).replace("\0", "")
