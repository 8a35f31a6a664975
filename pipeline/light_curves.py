"""Light curves: what every difference image shows at the place of every known object."""

import logging
from dataclasses import dataclass

import numpy as np
from astropy import units
from astropy.coordinates import SkyCoord
from astropy.wcs import WCS
from astropy.wcs.utils import pixel_to_skycoord, skycoord_to_pixel
from django.db.models import Exists, F, FloatField, OuterRef, QuerySet
from django.db.models.functions import Cast, Sqrt

from astrid.models import Observation
from pipeline.artefacts import NoDifferenceError, open_difference
from pipeline.imaging.forced import PsfGrid, fit_stamps, forced_photometry, stamp_size_px
from pipeline.imaging.subtract import Difference
from pipeline.models import Candidate, DifferenceRun, LightCurvePoint, RunStatus, SkyObject

# A fainter change is an upper limit, not a magnitude.
DETECTED_SNR = 3.0
LIMIT_SIGMA = 5.0
# Observations are looked for within an image's own size, or within this if it is more: others may be larger.
MIN_REACH_ARCSEC = 2 * 3600.0

_log = logging.getLogger(__name__)
_MEASURED = ("observation", "flux", "flux_error", "snr", "mag", "mag_error", "limiting_mag")


@dataclass(frozen=True)
class Places:
    """Sky objects [N] that lie in an image, and where: px, 0-based."""

    keys: np.ndarray
    x: np.ndarray
    y: np.ndarray


@dataclass(frozen=True)
class Field:
    """The part of the sky that an image shows: its grid, and the circle round it."""

    wcs: WCS
    shape: tuple[int, int]

    @property
    def centre(self) -> SkyCoord:
        ny, nx = self.shape
        return pixel_to_skycoord((nx - 1) / 2, (ny - 1) / 2, self.wcs).icrs

    @property
    def radius_arcsec(self) -> float:
        """Of the circle through the farthest corner."""
        ny, nx = self.shape
        corners = pixel_to_skycoord([-0.5, nx - 0.5, -0.5, nx - 0.5], [-0.5, -0.5, ny - 0.5, ny - 0.5], self.wcs)
        return float(corners.icrs.separation(self.centre).arcsec.max())

    def places(self, objects: list[tuple]) -> Places:
        """Which of the objects, (key, ra, dec) each, lie in the image."""
        keys, ra, dec = (np.array(column) for column in zip(*objects, strict=True)) if objects else ([], [], [])
        keys, sky = np.asarray(keys, dtype=object), SkyCoord(ra, dec, unit=units.deg)
        # Far from the image its distortion may have no inverse.
        near = sky.separation(self.centre).arcsec <= self.radius_arcsec
        keys, (x, y) = keys[near], skycoord_to_pixel(sky[near], self.wcs)
        inside = (np.rint(x) >= 0) & (np.rint(y) >= 0) & (np.rint(x) < self.shape[1]) & (np.rint(y) < self.shape[0])
        return Places(keys[inside], x[inside], y[inside])


def measure(run: DifferenceRun, difference: Difference, *, wcs: WCS) -> int:
    """Write the light-curve points that a run brings, and return their number.

    These are one of each sky object in the image, candidate or not; and of each object that is new with this run, one
    in the difference of every other observation of its place. It must run in the transaction that writes and
    associates the candidates: its lock keeps two runs of one field from missing each other's objects.
    """
    field = Field(wcs, difference.image.shape)
    circle = {"ra": field.centre.ra.deg % 360.0, "dec": field.centre.dec.deg, "radius_arcsec": field.radius_arcsec}
    places = field.places(list(SkyObject.objects.within(**circle).values_list("pk", "ra", "dec")))
    table = forced_photometry(
        difference.image,
        difference.variance,
        difference.mask,
        psf=PsfGrid.of(difference.psf, difference.image.shape),
        x=places.x,
        y=places.y,
        radius_px=difference.fwhm_px,
    )
    points = _points(run, places, table)
    new = list(_new_with(run).values_list("pk", "ra", "dec"))
    if new:
        for other in _others_near(run, **circle):
            points += _measured_before(other, new)
    LightCurvePoint.objects.bulk_create(
        points, update_conflicts=True, unique_fields=("sky_object", "difference_run"), update_fields=_MEASURED
    )
    return len(points)


def light_curve(sky_object: SkyObject) -> list[LightCurvePoint]:
    """An object's points in the order of their observations; of an observation, that of its newest difference."""
    points = sky_object.light_curve.select_related("observation")
    newest = points.order_by("observation_id", "-difference_run__created_at", "-pk").distinct("observation_id")
    return sorted(newest, key=lambda point: point.observation.observation_time)


def _new_with(run: DifferenceRun) -> QuerySet:
    candidates = Candidate.objects.filter(sky_object=OuterRef("pk"))
    return SkyObject.objects.filter(
        Exists(candidates.filter(difference_run=run)), ~Exists(candidates.exclude(difference_run=run))
    )


def _others_near(run: DifferenceRun, *, ra: float, dec: float, radius_arcsec: float) -> QuerySet:
    """The newest completed difference of each other observation that may overlap the circle."""
    near = Observation.objects.within(
        ra=ra, dec=dec, radius_arcsec=min(radius_arcsec + max(radius_arcsec, MIN_REACH_ARCSEC), 180 * 3600.0)
    ).order_by()
    width, height = (Cast(side, FloatField()) for side in ("image_width", "image_height"))
    half_diagonal = Sqrt(width * width + height * height) * F("pixel_scale") / 2
    # A distorted image reaches beyond what its pixel scale says.
    overlapping = near.filter(separation_arcsec__lte=radius_arcsec + 1.2 * half_diagonal).values("pk")
    return (
        DifferenceRun.objects.filter(status=RunStatus.COMPLETED, observation__in=overlapping)
        .exclude(observation=run.observation_id)
        .exclude(difference_image_path="")
        .select_related("observation")
        .order_by("observation_id", "-created_at", "-pk")
        .distinct("observation_id")
    )


def _measured_before(run: DifferenceRun, objects: list[tuple]) -> list[LightCurvePoint]:
    """Points in the stored difference of an earlier run; none where it is gone."""
    try:
        with open_difference(run.difference_image_path) as stored:
            places = Field(stored.wcs, stored.shape).places(objects)
            if not len(places.keys):
                return []
            stamps = stored.stamps(places.x, places.y, size_px=stamp_size_px(stored.fwhm_px))
            table = fit_stamps(*stamps, psf=stored.psf, x=places.x, y=places.y, radius_px=stored.fwhm_px)
    except NoDifferenceError as error:
        _log.warning("no light-curve points of %s: %s", run, error)
        return []
    return _points(run, places, table)


def _points(run: DifferenceRun, places: Places, table: np.ndarray) -> list[LightCurvePoint]:
    measured = np.isfinite(table["flux"])
    zero_point = run.observation.zero_point_mag
    return [
        LightCurvePoint(
            sky_object_id=key,
            difference_run=run,
            observation=run.observation,
            flux=flux,
            flux_error=error,
            snr=flux / error,
            **({} if zero_point is None else _magnitudes(flux, error, zero_point)),
        )
        for key, flux, error in zip(
            places.keys[measured], *(table[name][measured].tolist() for name in ("flux", "flux_error")), strict=True
        )
    ]


def _magnitudes(flux: float, flux_error: float, zero_point: float) -> dict[str, float]:
    """The limit at this place, and the magnitude where there is enough flux for one (Pogson)."""
    magnitudes = {"limiting_mag": zero_point - 2.5 * np.log10(LIMIT_SIGMA * flux_error)}
    if flux >= DETECTED_SNR * flux_error:
        magnitudes |= {
            "mag": zero_point - 2.5 * np.log10(flux),
            "mag_error": 2.5 / np.log(10) * flux_error / flux,
        }
    return {name: float(value) for name, value in magnitudes.items()}
