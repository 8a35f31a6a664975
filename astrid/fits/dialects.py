"""What every instrument calls exposure time, filter, gain, read noise, saturation, airmass, seeing and zero point.

Each function reads `Cards`; `keyword` names the one keyword to read instead of the dialects' list. A value that cannot
be one (a placeholder, not finite, zero or negative) counts as absent. Lists are in order of trust.
"""

import math
import re
from collections.abc import Iterator, Mapping, Sequence

from astrid.fits.cards import Cards
from astrid.fits.refusal import Unusable

KEYWORD_NAMES = (
    "observation_time", "exposure_time", "filter_band", "airmass", "seeing", "gain_e_per_adu", "read_noise_e",
    "saturation_adu", "zero_point_mag",
)  # fmt: skip

EXPOSURE = ("EXPTIME", "EXP_TIME", "EXPOSURE", "XPOSURE", "ITIME", "INTTIME", "ELAPTIME", "TELAPSE")
# Rubin's BAND is 'r' where its FILTER is 'r_57'.
FILTER = ("BAND", "FILTER", "FILTERS", "FILTNAM", "FILTNAME", "FILTERID", "INSFLNAM", "ESO INS FILT1 NAME")
FILTER_WHEELS = tuple(f"FILTER{wheel}" for wheel in range(1, 6))
# EGAIN first: amateur cameras' GAIN is the setting of a dial.
GAIN = ("EGAIN", "GAIN", "CCDGAIN", "ATODGAIN", "ESO DET OUT1 CONAD")
READ_NOISE = ("RDNOISE", "READNOI", "READNOIS", "RON", "ENOISE", "ESO DET OUT1 RON")
SATURATION = ("SATURATE", "SATLEVEL", "SATURATI", "MAXLIN")
AMPLIFIER_GAIN = tuple(f"GAIN{amplifier}" for amplifier in "ABCD")
AMPLIFIER_READ_NOISE = tuple(f"RDNOISE{amplifier}" for amplifier in "ABCD")
AMPLIFIER_SATURATION = tuple(f"SATURAT{amplifier}" for amplifier in "ABCD")
AIRMASS = ("AIRMASS", "AIRM", "SECZ", "ESO TEL AIRM START")
SEEING = ("SEEING", "L1FWHM", "PSF_FWHM", "FWHM")
ZERO_POINT = ("MAGZERO", "MAGZPT", "MAGZP", "ZEROPT", "PHOTZP", "ZP")
# In x and in y, in one card or in two.
BINNING = ("CCDSUM", "BINNING")
BINNING_X_Y = (
    ("XBINNING", "YBINNING"), ("CCDXBIN", "CCDYBIN"), ("XBIN", "YBIN"), ("BINX", "BINY"), ("CCDBIN1", "CCDBIN2"),
    ("ESO DET WIN1 BINX", "ESO DET WIN1 BINY"),
)  # fmt: skip
# What was done to the image before, by AstrID's own mosaics, IRAF, GOTO, DECam, HST and LCO.
CORRECTED = {
    "overscan": ("OVERSCAN", "L1STATOV"),
    "bias": ("BIASCORR", "BIASCOR", "ZEROCOR", "DESBIAS", "L1STATBI"),
    "dark": ("DARKCORR", "DARKCOR", "L1STATDA"),
    "flat": ("FLATCORR", "FLATCOR", "DESFLAT", "L1STATFL"),
}

_SECONDS = {r"\[(d|days?)\]": 86_400.0, r"\[(min|minutes?)\]": 60.0, r"\[(ms|msec|milliseconds?)\]": 1e-3}
_EMPTY_WHEEL = re.compile(r"(air|clear|open|empty|blank|free)\w*", re.IGNORECASE)
_DECAM_FILTER = re.compile(r"(\S+) DECam\b.*")
_PS1_FILTER = re.compile(r"(\w+)\.0+")
_IN_PIXELS = re.compile(r"pix|\[px\]")
_IN_ARCSEC = re.compile(r"arcs|\[as\]|\"")
# "for default extinction" is the comment of CASU's pipelines (INT, WFCAM, VISTA), whose zero points are for 1 s.
_PER_SECOND = re.compile(r"/ ?s\b|/ ?sec|per sec|\b1 ?s(ec)?\b|for default extinction")
_TWO_NUMBERS = re.compile(r"([1-9]\d*)[\s,x×]+([1-9]\d*)", re.IGNORECASE)
_NOT_DONE = re.compile(r"f|false|n|no|omit|perform|skipped", re.IGNORECASE)
_RATE_UNIT = re.compile(r"/ ?s(ec)?\b|s-1|s\*\*-1|per sec", re.IGNORECASE)


def named_keywords(keyword_map: Mapping[str, str] | None) -> dict[str, str]:
    """Fact → keyword, as a survey names them, in the form that `Cards` has.

    Raises:
        ValueError: it names something that is not in `KEYWORD_NAMES`.
    """
    unknown = set(keyword_map or ()) - set(KEYWORD_NAMES)
    if unknown:
        raise ValueError(f"keyword_map: {sorted(unknown)} not among {', '.join(KEYWORD_NAMES)}")
    return {name: keyword.upper().removeprefix("HIERARCH ") for name, keyword in (keyword_map or {}).items()}


def exposure_time(cards: Cards, *, keyword: str | None = None) -> float:
    """Exposure time in seconds, > 0.

    Raises:
        Unusable: no keyword gives one.
    """
    names = _names(keyword, EXPOSURE)
    for name, exposure in _positive(cards, names):
        return exposure * next((s for unit, s in _SECONDS.items() if re.search(unit, cards.comment(name))), 1.0)
    seen = [f"{name} = {cards.values[name]!r}" for name in names if name in cards.values]
    raise Unusable(f"no exposure time ({', '.join(seen) or 'none of ' + ', '.join(names)})")


def filter_band(cards: Cards, *, keyword: str | None = None) -> str:
    """The filter's name: 'clear' if all wheels are empty, 'unknown' if the header does not say.

    'unknown' is accepted because many cameras have no filter wheel and write no keyword; it is a band of its own, so
    that such an image is only ever compared with its like.
    """
    texts = [text for name in _names(keyword, FILTER) if (text := cards.text(name)) is not None]
    wheels = [] if keyword else [text for name in FILTER_WHEELS if (text := cards.text(name)) is not None]
    named = [text for text in texts if not _EMPTY_WHEEL.fullmatch(text)]
    named = named[:1] or [text for text in wheels if not _EMPTY_WHEEL.fullmatch(text)]
    if named:
        return "+".join(_short_filter(text) for text in named)
    return "clear" if texts or wheels else "unknown"


def gain_e_per_adu(cards: Cards, *, keyword: str | None = None) -> float | None:
    """Gain in e/ADU: one value, or the mean of the amplifiers'."""
    gains = _first(cards, _names(keyword, GAIN)) or ([] if keyword else _all(cards, AMPLIFIER_GAIN))
    return sum(gains) / len(gains) if gains else None


def read_noise_e(cards: Cards, *, keyword: str | None = None) -> float | None:
    """Read noise in e: one value, or the noisiest amplifier's."""
    return max(
        _first(cards, _names(keyword, READ_NOISE)) or ([] if keyword else _all(cards, AMPLIFIER_READ_NOISE)),
        default=None,
    )


def saturation_adu(cards: Cards, *, keyword: str | None = None) -> float | None:
    """Saturation level in ADU: one value, or that of the amplifier which saturates first."""
    return min(
        _first(cards, _names(keyword, SATURATION)) or ([] if keyword else _all(cards, AMPLIFIER_SATURATION)),
        default=None,
    )


def airmass(cards: Cards, *, keyword: str | None = None) -> float | None:
    """Airmass, ≥ 1."""
    return next((value for _, value in _positive(cards, _names(keyword, AIRMASS)) if value >= 1), None)


def seeing_arcsec(cards: Cards, *, pixel_scale_arcsec: float, keyword: str | None = None) -> float | None:
    """Seeing as FWHM in arcsec. The card's comment tells pixels from arcsec; FWHM without a unit is not used."""
    for name, value in _positive(cards, _names(keyword, SEEING)):
        comment = cards.comment(name)
        if _IN_PIXELS.search(comment):
            return value * pixel_scale_arcsec
        if _IN_ARCSEC.search(comment) or name != "FWHM" or keyword:
            return value
    return None


def zero_point_mag(cards: Cards, *, exposure_time: float, keyword: str | None = None) -> float | None:
    """Magnitude of a source of 1 ADU in total in this image.

    A zero point whose comment says that it is for 1 ADU per second becomes ZP + 2.5 lg(exposure time), unless the
    pixels are a rate themselves (BUNIT).
    """
    for name, value in _positive(cards, _names(keyword, ZERO_POINT)):
        is_rate = _RATE_UNIT.search(cards.text("BUNIT") or "")
        if _PER_SECOND.search(cards.comment(name)) and not is_rate:
            return value + 2.5 * math.log10(exposure_time)
        return value
    return None


def binning(cards: Cards) -> tuple[int, int]:
    """Detector pixels per image pixel in x and y; (1, 1) if the header does not say."""
    for name in BINNING:
        if match := _TWO_NUMBERS.fullmatch(cards.text(name) or ""):
            return int(match[1]), int(match[2])
    for names in BINNING_X_Y:
        factors = [cards.number(name) for name in names]
        if all(factor is not None and factor >= 1 and factor.is_integer() for factor in factors):
            return int(factors[0]), int(factors[1])
    return 1, 1


def corrections(cards: Cards) -> frozenset[str]:
    """Which of "overscan", "bias", "dark" and "flat" the image was corrected for, as its header says."""
    return frozenset(kind for kind, names in CORRECTED.items() if any(_is_done(cards, name) for name in names))


def _is_done(cards: Cards, name: str) -> bool:
    """Pipelines write a flag, or when and how it was done. Other numbers than 1 mean something else."""
    if isinstance(flag := cards.values.get(name), bool):
        return flag
    number, text = cards.number(name), cards.text(name)
    return number == 1 if number is not None else text is not None and not _NOT_DONE.fullmatch(text)


def _names(keyword: str | None, dialects: Sequence[str]) -> Sequence[str]:
    return dialects if keyword is None else (keyword,)


def _positive(cards: Cards, names: Sequence[str]) -> Iterator[tuple[str, float]]:
    return ((name, value) for name in names if (value := cards.number(name)) is not None and value > 0)


def _all(cards: Cards, names: Sequence[str]) -> list[float]:
    return [value for _, value in _positive(cards, names)]


def _first(cards: Cards, names: Sequence[str]) -> list[float]:
    return _all(cards, names)[:1]


def _short_filter(text: str) -> str:
    match = _DECAM_FILTER.fullmatch(text) or _PS1_FILTER.fullmatch(text)
    return match[1] if match else " ".join(text.split())
