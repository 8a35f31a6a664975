"""How well the best possible method could see a change: the yardstick of every injected transient."""

from dataclasses import dataclass, replace

import numpy as np

from astrid.simulate.exposure import Exposed

STAMP_PX = 32


def ideal_snr(
    flux_adu: float, *, psf: np.ndarray, variance: np.ndarray, reference_psf: np.ndarray | None = None,
    reference_variance: np.ndarray | None = None, flux_ratio: float = 1.0,
) -> float:  # fmt: skip
    """Signal-to-noise ratio of a point source under the optimal linear filter.

    On the science image alone: sqrt(Σ flux² psf² / variance). With a reference: the same source in the
    optimal difference of the two (Zackay, Ofek & Gal-Yam 2016, ApJ 830, 27, eq. 12), each image's noise taken
    as white around the source, at the level that gives the ratio above. `psf` and `variance` (ADU²) are
    stamps [N, N]; `flux_ratio` is science ADU per reference ADU of the same star.
    """
    white = _white_variance(psf, variance)
    power = np.abs(np.fft.fft2(psf)) ** 2
    if reference_psf is None:
        return float(abs(flux_adu) * np.sqrt(np.mean(power) / white))
    reference_power = np.abs(np.fft.fft2(reference_psf)) ** 2
    reference_white = _white_variance(reference_psf, reference_variance) * flux_ratio**2
    noise = white * reference_power + reference_white * power
    return float(abs(flux_adu) * np.sqrt(np.mean(power * reference_power / noise)))


def _white_variance(psf: np.ndarray, variance: np.ndarray) -> float:
    return np.sum(psf**2) / np.sum(psf**2 / variance)


@dataclass(frozen=True)
class Spot:
    """What lies around one place in both images: stamps [N, N] of PSF and expected counts (ADU)."""

    science: Exposed
    reference: Exposed
    psf: np.ndarray
    expected_adu: np.ndarray
    reference_psf: np.ndarray
    reference_expected_adu: np.ndarray

    @classmethod
    def at(cls, ra: float, dec: float, *, science: Exposed, reference: Exposed) -> "Spot":
        return cls(science, reference, *_stamps(science, ra, dec), *_stamps(reference, ra, dec))

    def snr(self, flux_adu: float) -> float:
        """`ideal_snr` of that part of the counts here which a point source of `flux_adu` contributes."""
        science, reference = self.science.view, self.reference.view
        return ideal_snr(
            flux_adu,
            psf=self.psf,
            variance=science.camera.variance(self.expected_adu),
            reference_psf=self.reference_psf,
            reference_variance=reference.camera.variance(self.reference_expected_adu),
            flux_ratio=science.flux_adu(reference.conditions.zero_point_mag),
        )

    def mag_of(self, snr: float) -> float:
        """The magnitude at which a new source here has this `snr`, with its own photons' noise."""
        flux = 1.0
        for _ in range(12):
            shining = replace(self, expected_adu=self.expected_adu + flux * self.psf)
            flux *= snr / shining.snr(flux)
        return float(self.science.view.conditions.zero_point_mag - 2.5 * np.log10(flux))


def _stamps(exposed: Exposed, ra: float, dec: float) -> tuple[np.ndarray, np.ndarray]:
    x, y = exposed.view.to_pixels(np.array([ra]), np.array([dec]))
    psf = exposed.view.psf.stamps(x, y, STAMP_PX)[0]
    left, bottom = int(np.rint(x[0])) - STAMP_PX // 2, int(np.rint(y[0])) - STAMP_PX // 2
    return psf, exposed.expected_adu[bottom : bottom + STAMP_PX, left : left + STAMP_PX]
