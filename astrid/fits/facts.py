"""What a FITS file says about its observation."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import astropy.units as u
import numpy as np
from astropy.coordinates import SkyCoord
from astropy.wcs import WCS
from astropy.wcs.utils import proj_plane_pixel_scales

from astrid.fits import dialects
from astrid.fits.files import opened, sha256_of
from astrid.fits.images import load
from astrid.fits.refusal import Unusable
from astrid.fits.times import observation_time

_SUFFIXES = re.compile(r"(\.(fits?|fts))?(\.(fz|gz))*$", re.IGNORECASE)
_LONGEST_STEM = 200


@dataclass(frozen=True)
class Facts:
    """An observation, whatever the dialect of its header.

    Attributes:
        observation_id: the file's name and the start of its SHA-256. Never the time, which cut-outs share.
        ra, dec: image centre, ICRS degrees, 0 ≤ ra < 360.
        footprint: the outer corners of the corner pixels as [ra, dec], counter-clockwise in pixels from the first.
        observation_time: UTC, the middle of the exposure.
        exposure_time: s.
        filter_band: the filter's name; 'clear' without a filter, 'unknown' if the header does not say.
        pixel_scale: arcsec/px at the WCS's reference point.
        seeing: FWHM, arcsec.
        zero_point_mag: magnitude of a source of 1 ADU in total in this image.
        header: the image's header merged with the primary one, safe for JSON.
        sha256: of the file's bytes.
    """

    observation_id: str
    ra: float
    dec: float
    footprint: list[list[float]]
    observation_time: datetime
    exposure_time: float
    filter_band: str
    pixel_scale: float
    image_width: int
    image_height: int
    airmass: float | None
    seeing: float | None
    gain_e_per_adu: float | None
    read_noise_e: float | None
    saturation_adu: float | None
    zero_point_mag: float | None
    header: dict[str, str | int | float | bool | None]
    sha256: str


def read_facts(path: Path, *, keyword_map: Mapping[str, str] | None = None, filter_band: str | None = None) -> Facts:
    """Read what a FITS file says about its observation; the pixels are read too, to know that they are there.

    Args:
        keyword_map: one of `KEYWORD_NAMES` → the header keyword that alone holds it, for a survey whose headers
            mislead the dialects. Without a unit in its comment, a seeing is in arcsec.
        filter_band: the band, whatever the header says.

    Raises:
        FitsRefused: the file cannot become an observation.
        ValueError: `keyword_map` names something that is not in `KEYWORD_NAMES`.
    """
    named = dialects.named_keywords(keyword_map)
    with opened(path) as hdul:
        image, cards = load(hdul)
        height, width = image.data.shape
        place = place_of(image.wcs, width=width, height=height)
        exposure_time = dialects.exposure_time(cards, keyword=named.get("exposure_time"))
        sha256 = sha256_of(path)
        return Facts(
            observation_id=f"{_SUFFIXES.sub('', path.name)[:_LONGEST_STEM]}-{sha256[:12]}",
            ra=place.ra,
            dec=place.dec,
            footprint=place.footprint,
            observation_time=observation_time(
                cards, exposure_time=exposure_time, keyword=named.get("observation_time")
            ),
            exposure_time=exposure_time,
            filter_band=filter_band or dialects.filter_band(cards, keyword=named.get("filter_band")),
            pixel_scale=place.pixel_scale,
            image_width=width,
            image_height=height,
            airmass=dialects.airmass(cards, keyword=named.get("airmass")),
            seeing=dialects.seeing_arcsec(cards, pixel_scale_arcsec=place.pixel_scale, keyword=named.get("seeing")),
            gain_e_per_adu=dialects.gain_e_per_adu(cards, keyword=named.get("gain_e_per_adu")),
            read_noise_e=dialects.read_noise_e(cards, keyword=named.get("read_noise_e")),
            saturation_adu=dialects.saturation_adu(cards, keyword=named.get("saturation_adu")),
            zero_point_mag=dialects.zero_point_mag(
                cards, exposure_time=exposure_time, keyword=named.get("zero_point_mag")
            ),
            header=cards.values,
            sha256=sha256,
        )


@dataclass(frozen=True)
class Place:
    """Where on the sky an image lies; the attributes are those of `Facts`."""

    ra: float
    dec: float
    footprint: list[list[float]]
    pixel_scale: float


def place_of(wcs: WCS, *, width: int, height: int) -> Place:
    """Where a celestial WCS puts an image of `width` × `height` px.

    Raises:
        Unusable: not on the sky.
    """
    pixel_scale = _pixel_scale_arcsec(wcs)
    (ra, dec), *footprint = _on_the_sky(wcs, width, height)
    return Place(ra, dec, footprint, pixel_scale)


def _pixel_scale_arcsec(wcs: WCS) -> float:
    scale = float(np.sqrt(np.prod(proj_plane_pixel_scales(wcs)))) * u.deg.to(u.arcsec)
    if not (np.isfinite(scale) and scale > 0):
        raise Unusable(f"unusable WCS: the pixel scale is {scale:g} arcsec")
    return scale


def _on_the_sky(wcs: WCS, width: int, height: int) -> list[list[float]]:
    """[ra, dec] of the centre and the four corners, ICRS degrees."""
    left, bottom, right, top = -0.5, -0.5, width - 0.5, height - 0.5
    x = [(left + right) / 2, left, right, right, left]
    y = [(bottom + top) / 2, bottom, bottom, top, top]
    try:
        sky = wcs.pixel_to_world(x, y)
    except ValueError as error:
        raise Unusable(f"unusable WCS: {error}") from error
    if not isinstance(sky, SkyCoord):
        raise Unusable(f"unusable WCS: reference frame RADESYS = {wcs.wcs.radesys!r} is not known")
    sky = sky.icrs
    places = np.column_stack([sky.ra.deg, sky.dec.deg])
    if not np.isfinite(places).all():
        raise Unusable("unusable WCS: the image's centre or a corner is not on the sky")
    return places.tolist()
