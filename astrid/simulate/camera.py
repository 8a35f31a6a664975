"""The detector: what a noiseless image of sky and sources becomes in digital units."""

from dataclasses import dataclass

import numpy as np

MEAN_COSMIC_RAYS_PER_PX = 20 / 1024**2
MEAN_HOT_PIXELS_PER_PX = 40 / 1024**2
MEAN_BAD_COLUMNS_PER_COLUMN = 2 / 1024
FULL_WELL_OVER_SATURATION = 1.03


@dataclass(frozen=True)
class Camera:
    """A CCD of `shape` (ny, nx). The converter clips at `saturation_adu`, just below the full well."""

    shape: tuple[int, int]
    gain_e_per_adu: float = 1.6
    read_noise_e: float = 6.0
    saturation_adu: float = 58_000.0
    pixel_scale_arcsec: float = 0.6
    defects_seed: int = 0

    @property
    def width_arcmin(self) -> float:
        return max(self.shape) * self.pixel_scale_arcsec / 60

    def variance(self, expected_adu: np.ndarray) -> np.ndarray:
        """Variance (ADU²) of pixels with these expected counts: photons and read noise."""
        return expected_adu / self.gain_e_per_adu + (self.read_noise_e / self.gain_e_per_adu) ** 2

    def expose(self, expected_adu: np.ndarray, *, rng: np.random.Generator) -> np.ndarray:
        """Raw counts uint16 [ny, nx] of an expected image (sky and sources, ADU)."""
        sensitivity, dark_e = self._defects()
        full_well = FULL_WELL_OVER_SATURATION * self.saturation_adu * self.gain_e_per_adu
        electrons = rng.poisson(expected_adu * self.gain_e_per_adu * sensitivity + dark_e).astype(np.float64)
        add_cosmic_rays(electrons, rng=rng)
        bleed(electrons, full_well_e=full_well)
        electrons += self.read_noise_e * rng.standard_normal(self.shape)
        adu = np.rint(electrons / self.gain_e_per_adu)
        return np.clip(adu, 0, self.saturation_adu).astype(np.uint16)

    def _defects(self) -> tuple[np.ndarray, np.ndarray]:
        """Sensitivity (1 where sound) and dark charge (e-) of every pixel: the same in every exposure."""
        rng = np.random.default_rng(self.defects_seed)
        ny, nx = self.shape
        sensitivity, dark_e = np.ones(self.shape), np.zeros(self.shape)
        for column in rng.integers(0, nx, rng.poisson(MEAN_BAD_COLUMNS_PER_COLUMN * nx)):
            # Charge is lost on its way to the amplifier: from the defect upwards.
            sensitivity[rng.integers(0, ny) :, column] = rng.uniform(0, 0.4)
        n_hot = rng.poisson(MEAN_HOT_PIXELS_PER_PX * nx * ny)
        hot = rng.integers(0, ny, n_hot), rng.integers(0, nx, n_hot)
        dark_e[hot] = 10 ** rng.uniform(2.5, 4.5, n_hot)
        return sensitivity, dark_e


def add_cosmic_rays(electrons: np.ndarray, *, rng: np.random.Generator) -> None:
    """Draw straight tracks of charge into `electrons`, in place: as sharp as pixels are, no PSF."""
    ny, nx = electrons.shape
    for _ in range(rng.poisson(MEAN_COSMIC_RAYS_PER_PX * nx * ny)):
        length = min(rng.exponential(6.0) + 1.0, 60.0)
        angle = rng.uniform(0, 2 * np.pi)
        steps = np.arange(0, length, 0.2)
        x = np.rint(rng.uniform(0, nx) + steps * np.cos(angle)).astype(int)
        y = np.rint(rng.uniform(0, ny) + steps * np.sin(angle)).astype(int)
        # Energy loss fluctuates along the track with a long tail (Landau), near 10^3 e- a pixel.
        charge = 0.2 * 10 ** rng.uniform(2.7, 4.0) * rng.lognormal(0, 0.5, steps.size)
        inside = (x >= 0) & (x < nx) & (y >= 0) & (y < ny)
        np.add.at(electrons, (y[inside], x[inside]), charge[inside])


def bleed(electrons: np.ndarray, *, full_well_e: float) -> None:
    """Spill charge above the full well along its column, up and down alike, in place; charge is kept."""
    for column in np.flatnonzero((electrons > full_well_e).any(axis=0)):
        charge = electrons[:, column]
        for row in np.flatnonzero(charge > full_well_e):
            excess = charge[row] - full_well_e
            charge[row] = full_well_e
            for direction in (1, -1):
                _spill(charge, row, direction, excess / 2, full_well_e)


def _spill(charge: np.ndarray, row: int, direction: int, excess: float, full_well_e: float) -> None:
    while excess > 0:
        row += direction
        if not 0 <= row < charge.size:
            return
        taken = min(excess, max(full_well_e - charge[row], 0.0))
        charge[row] += taken
        excess -= taken
