"""One exposure of a scene: the conditions it was taken in, where it points, and what reaches the detector."""

from dataclasses import dataclass

import numpy as np
from astropy.wcs import WCS

from astrid.simulate.camera import Camera
from astrid.simulate.psf import Psf, Telescope
from astrid.simulate.render import add_galaxies, add_stars
from astrid.simulate.scene import Scene

# The magnitude of a source that gives 1 ADU in 1 s at the zenith of a clear night.
CLEAR_ZERO_POINT_MAG = 22.9
EXTINCTION_MAG_PER_AIRMASS = 0.12
POINTING_ERROR_PX = 6.0
ROTATION_ERROR_DEG = 0.3


@dataclass(frozen=True)
class Conditions:
    """Weather and moon: `seeing_arcsec` is the atmosphere's FWHM, `sky_mag` the sky in mag/arcsec²."""

    seeing_arcsec: float
    sky_mag: float
    exposure_s: float
    airmass: float
    cloud_mag: float

    @property
    def zero_point_mag(self) -> float:
        """The magnitude of a source of 1 ADU in total."""
        extinction = EXTINCTION_MAG_PER_AIRMASS * (self.airmass - 1) + self.cloud_mag
        return float(CLEAR_ZERO_POINT_MAG - extinction + 2.5 * np.log10(self.exposure_s))


def draw_conditions(
    *, rng: np.random.Generator, is_reference: bool, seeing_arcsec: float | None = None,
    sky_mag: float | None = None,
) -> Conditions:  # fmt: skip
    """Draw a night: seeing within 1.05-2.1 arcsec, sky from full moon to dark, at times thin cloud.

    References are from the better nights and exposed longer: mostly, not always, the deeper and sharper.
    """
    typical_seeing, sky_range = (1.25, (20.2, 21.3)) if is_reference else (1.45, (19.3, 21.3))
    seeing = np.clip(rng.lognormal(np.log(typical_seeing), 0.2), 1.05, 2.1)
    sky = rng.uniform(*sky_range)
    return Conditions(
        seeing_arcsec=float(seeing) if seeing_arcsec is None else seeing_arcsec,
        sky_mag=float(sky) if sky_mag is None else sky_mag,
        exposure_s=180.0 if is_reference else 90.0,
        airmass=round(float(rng.uniform(1.0, 1.7)), 3),
        cloud_mag=float(min(rng.exponential(0.05 if is_reference else 0.12), 0.6)),
    )


@dataclass(frozen=True)
class View:
    """How one exposure sees the sky: `true_wcs` is where things are, `header_wcs` what the header claims."""

    camera: Camera
    conditions: Conditions
    psf: Psf
    true_wcs: WCS
    header_wcs: WCS
    sky_adu: np.ndarray

    @property
    def delivered_seeing_arcsec(self) -> float:
        """FWHM of stars in the middle of the image."""
        return self.psf.delivered_fwhm_px * self.camera.pixel_scale_arcsec

    def to_pixels(self, ra: np.ndarray, dec: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """True pixel positions (0-based, integer at pixel centres)."""
        x, y = self.true_wcs.all_world2pix(ra, dec, 0)
        return np.asarray(x), np.asarray(y)

    def flux_adu(self, mag: np.ndarray) -> np.ndarray:
        """Total counts of sources of these magnitudes."""
        return 10 ** (-0.4 * (np.asarray(mag) - self.conditions.zero_point_mag))

    def expose(self, scene: Scene, *, star_mag: np.ndarray) -> "Exposed":
        """The scene through this view, its stars at `star_mag`."""
        image = self.sky_adu.copy()
        x, y = self.to_pixels(scene.stars["ra"], scene.stars["dec"])
        add_stars(image, self.psf, x=x, y=y, flux_adu=self.flux_adu(star_mag))
        galaxies = scene.galaxies
        x, y = self.to_pixels(galaxies["ra"], galaxies["dec"])
        arcsec_per_pixel = self.true_wcs.wcs.cd * 3600
        shapes = np.linalg.inv(arcsec_per_pixel) @ scene.galaxy_shapes_arcsec()
        flux = self.flux_adu(galaxies["mag"])
        add_galaxies(image, self.psf, x=x, y=y, flux_adu=flux, n=galaxies["n"], shape_px=shapes)
        return Exposed(self, image)


@dataclass(frozen=True)
class Exposed:
    """A view and the noiseless image `expected_adu` (sky and sources, float32 [ny, nx]) it gives."""

    view: View
    expected_adu: np.ndarray

    def with_points(self, ra: np.ndarray, dec: np.ndarray, mag: np.ndarray) -> "Exposed":
        """The same with more point sources."""
        image = self.expected_adu.copy()
        x, y = self.view.to_pixels(ra, dec)
        add_stars(image, self.view.psf, x=x, y=y, flux_adu=self.view.flux_adu(mag))
        return Exposed(self.view, image)

    def photograph(self, *, rng: np.random.Generator) -> np.ndarray:
        """Raw counts uint16 [ny, nx]."""
        return self.view.camera.expose(self.expected_adu, rng=rng)

    def is_inside(self, ra: np.ndarray, dec: np.ndarray, *, edge_px: float) -> np.ndarray:
        """Whether places (ra, dec) are at least `edge_px` from every edge."""
        ny, nx = self.view.camera.shape
        x, y = self.view.to_pixels(ra, dec)
        return (edge_px <= x) & (x <= nx - 1 - edge_px) & (edge_px <= y) & (y <= ny - 1 - edge_px)


def draw_view(*, rng: np.random.Generator, camera: Camera, ra: float, dec: float, conditions: Conditions) -> View:
    """Point the telescope near (ra, dec), north up and east left but for a small rotation."""
    ny, nx = camera.shape
    scale = camera.pixel_scale_arcsec
    rotation = rng.uniform(-ROTATION_ERROR_DEG, ROTATION_ERROR_DEG)
    shift = rng.uniform(-POINTING_ERROR_PX, POINTING_ERROR_PX, 2)
    centre = np.array([(nx + 1) / 2, (ny + 1) / 2]) + shift
    true_wcs = _tan_wcs(ra, dec, centre, scale, rotation)
    # Headers are right to some hundredths of a pixel, at worst 0.3 px.
    header_centre = centre + np.clip(rng.normal(0, 0.08, 2), -0.2, 0.2)
    header_wcs = _tan_wcs(ra, dec, header_centre, scale, rotation + rng.normal(0, 1e-3))
    telescope = Telescope(
        coma_waves=rng.uniform(0.1, 0.3),
        astigmatism_angle=rng.uniform(0, np.pi),
        defocus_waves=rng.uniform(-0.1, 0.1),
        axis=tuple(rng.uniform(-0.3, 0.3, 2)),
        drift_arcsec=tuple(rng.normal(0, 0.2, 2)),
    )
    fwhm_px = conditions.seeing_arcsec / scale
    psf = Psf(fwhm_px=fwhm_px, telescope=telescope, pixel_scale_arcsec=scale, shape=camera.shape)
    return View(camera, conditions, psf, true_wcs, header_wcs, _draw_sky(rng, camera, conditions))


def _draw_sky(rng: np.random.Generator, camera: Camera, conditions: Conditions) -> np.ndarray:
    """The sky's ADU [ny, nx]: a level with a gradient and a slight curvature (moonlight, imperfect flat)."""
    v, u = (np.linspace(-1, 1, length, dtype=np.float32) for length in camera.shape)
    u, v = u[None, :], v[:, None]
    tilt_u, tilt_v = rng.normal(0, 0.03, 2)
    curvature = rng.normal(0, 0.015)
    mag_per_pixel = conditions.sky_mag - 2.5 * np.log10(camera.pixel_scale_arcsec**2)
    level = 10 ** (-0.4 * (mag_per_pixel - conditions.zero_point_mag))
    return (level * (1 + tilt_u * u + tilt_v * v + curvature * (u**2 + v**2))).astype(np.float32)


def _tan_wcs(ra: float, dec: float, crpix: np.ndarray, scale_arcsec: float, rotation_deg: float) -> WCS:
    wcs = WCS(naxis=2)
    wcs.wcs.ctype = ["RA---TAN", "DEC--TAN"]
    wcs.wcs.cunit = ["deg", "deg"]
    wcs.wcs.crval = [ra, dec]
    wcs.wcs.crpix = crpix
    angle, scale = np.deg2rad(rotation_deg), scale_arcsec / 3600
    wcs.wcs.cd = scale * np.array([[-np.cos(angle), np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    wcs.wcs.radesys = "ICRS"
    wcs.wcs.set()
    return wcs
