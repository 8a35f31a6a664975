"""A patch of sky: which stars and galaxies are where, and how bright."""

from dataclasses import dataclass

import numpy as np
from astropy.wcs import WCS

STAR_DTYPE = np.dtype([("ra", "f8"), ("dec", "f8"), ("mag", "f8"), ("amplitude_mag", "f8")])
GALAXY_DTYPE = np.dtype(
    [("ra", "f8"), ("dec", "f8"), ("mag", "f8"), ("n", "f8"), ("r_e_arcsec", "f8"), ("axis_ratio", "f8"),
     ("position_angle_deg", "f8")]
)  # fmt: skip

BRIGHTEST_STAR_MAG, BRIGHTEST_GALAXY_MAG, FAINTEST_MAG = 11.0, 15.0, 22.5
STARS_PER_ARCMIN2 = 22.0
GALAXIES_PER_ARCMIN2 = 4.0
# What a scene is wider than the camera, so that no pointing looks past its edge.
MARGIN_ARCMIN = 1.6
VARIABLE_FRACTION = 0.015
VARIABLE_MAG = (15.0, 19.5)


@dataclass(frozen=True)
class Scene:
    """The unchanging truth of one field. Position angles run from north through east."""

    stars: np.ndarray
    galaxies: np.ndarray

    def galaxy_shapes_arcsec(self) -> np.ndarray:
        """Matrices [n, 2, 2] that take the unit circle to the half-light ellipse in (east, north) arcsec."""
        galaxies = self.galaxies
        angle = np.deg2rad(galaxies["position_angle_deg"])
        major = galaxies["r_e_arcsec"] / np.sqrt(galaxies["axis_ratio"])
        minor = galaxies["r_e_arcsec"] * np.sqrt(galaxies["axis_ratio"])
        axes = np.array([[np.sin(angle), -np.cos(angle)], [np.cos(angle), np.sin(angle)]])
        return np.moveaxis(axes * np.array([major, minor]), 2, 0)

    def star_mag_later(self, *, rng: np.random.Generator) -> np.ndarray:
        """The stars' magnitudes at some other time: `stars["mag"]` but for the variables."""
        phase = rng.uniform(0.5, 1.0, self.stars.size) * rng.choice([-1, 1], self.stars.size)
        return self.stars["mag"] + self.stars["amplitude_mag"] * phase


def draw_scene(
    *, rng: np.random.Generator, ra: float, dec: float, width_arcmin: float, star_density: float = 1.0
) -> Scene:
    """Draw a square field around (ra, dec).

    Number counts rise as 10^(0.3 m) for stars (Bahcall & Soneira 1980, ApJS 44, 73) and as 10^(0.4 m) for
    galaxies (Tyson 1988, AJ 96, 1). `star_density` 1 puts about 1000 detectable stars into 10 x 10 arcmin. A
    few stars vary.
    """
    sky = _tangent_plane(ra, dec)
    area = width_arcmin**2
    stars = np.zeros(rng.poisson(STARS_PER_ARCMIN2 * star_density * area), STAR_DTYPE)
    stars["ra"], stars["dec"] = _scatter(rng, stars.size, width_arcmin, sky)
    stars["mag"] = _magnitudes(rng, stars.size, slope=0.3, brightest=BRIGHTEST_STAR_MAG)
    may_vary = (stars["mag"] > VARIABLE_MAG[0]) & (stars["mag"] < VARIABLE_MAG[1])
    varies = may_vary & (rng.random(stars.size) < VARIABLE_FRACTION)
    stars["amplitude_mag"] = np.where(varies, rng.uniform(0.1, 0.6, stars.size), 0)

    galaxies = np.zeros(rng.poisson(GALAXIES_PER_ARCMIN2 * area), GALAXY_DTYPE)
    galaxies["ra"], galaxies["dec"] = _scatter(rng, galaxies.size, width_arcmin, sky)
    galaxies["mag"] = _magnitudes(rng, galaxies.size, slope=0.4, brightest=BRIGHTEST_GALAXY_MAG)
    galaxies["n"] = rng.choice([1.0, 2.0, 4.0], galaxies.size, p=[0.55, 0.2, 0.25])
    # The size-magnitude relation of field galaxies, with its 0.2 dex of scatter.
    median_arcsec = np.clip(10 ** (-0.13 * (galaxies["mag"] - 20)), 0.35, 5.0)
    galaxies["r_e_arcsec"] = np.clip(median_arcsec * 10 ** rng.normal(0, 0.2, galaxies.size), 0.2, 8.0)
    galaxies["axis_ratio"] = rng.uniform(0.25, 1.0, galaxies.size)
    galaxies["position_angle_deg"] = rng.uniform(0, 180, galaxies.size)
    return Scene(stars, galaxies)


def _magnitudes(rng: np.random.Generator, n: int, *, slope: float, brightest: float) -> np.ndarray:
    low, high = 10 ** (slope * brightest), 10 ** (slope * FAINTEST_MAG)
    return np.log10(rng.uniform(low, high, n)) / slope


def _scatter(rng: np.random.Generator, n: int, width_arcmin: float, sky: WCS) -> tuple[np.ndarray, np.ndarray]:
    east, north = rng.uniform(-width_arcmin / 2, width_arcmin / 2, (2, n)) / 60
    return sky.all_pix2world(east, north, 0)


def _tangent_plane(ra: float, dec: float) -> WCS:
    """A WCS whose pixels are degrees east and north of (ra, dec)."""
    sky = WCS(naxis=2)
    sky.wcs.ctype = ["RA---TAN", "DEC--TAN"]
    sky.wcs.crval = [ra, dec]
    sky.wcs.crpix = [1, 1]
    sky.wcs.cdelt = [1, 1]
    return sky
