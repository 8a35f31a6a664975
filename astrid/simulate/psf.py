"""The point-spread function: Kolmogorov's atmosphere times a slightly comatic, slightly drifting telescope.

Everything is kept as optical transfer functions (OTF), in cycles per pixel, up to 1 cycle per pixel: twice
the detector's Nyquist frequency, beyond which seeing of 1.8 px leaves less than 1e-4. A source at any
sub-pixel place is then exact: a phase factor, one inverse transform, and every second sample.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import fft
from scipy.interpolate import RectBivariateSpline

OVERSAMPLING = 2
LARGEST_STAMP_PX = 256
ARCSEC_PER_RADIAN = 206264.806
PUPIL_SAMPLES = 128
NODES = np.array([-1.0, 0.0, 1.0])


def frequencies(size_px: int) -> tuple[np.ndarray, np.ndarray]:
    """Frequencies (fy [2N, 1], fx [1, N + 1]) in cycles per pixel of a stamp of `size_px` = N pixels."""
    samples = OVERSAMPLING * size_px
    spacing = 1 / OVERSAMPLING
    return fft.fftfreq(samples, spacing)[:, None], fft.rfftfreq(samples, spacing)[None, :]


def to_pixels(spectrum: np.ndarray) -> np.ndarray:
    """Stamps [..., N, N] of the spectra [..., 2N, N + 1] on the grid of `frequencies`."""
    samples = spectrum.shape[-2]
    oversampled = fft.irfft2(spectrum, s=(samples, samples))
    return oversampled[..., ::OVERSAMPLING, ::OVERSAMPLING] * OVERSAMPLING**2


def kolmogorov_otf(frequency: np.ndarray, *, fwhm: float) -> np.ndarray:
    """Long-exposure OTF exp(-3.44 (λf/r0)^(5/3)) of an atmosphere whose PSF has this FWHM.

    `frequency` is in cycles per unit of `fwhm`; λ/r0 = FWHM / 0.976 for Kolmogorov turbulence (Fried 1966,
    JOSA 56, 1372).
    """
    return np.exp(-3.44 * (frequency * fwhm / 0.976) ** (5 / 3))


@dataclass(frozen=True)
class Telescope:
    """Aberrations of a reflector; wavefront errors are rms over the pupil, in waves.

    Coma grows linearly with the distance from the optical axis and reaches `coma_waves` at one half-width of
    the field from it. `axis` is where the optical axis meets the detector, in half-widths of the field.
    """

    aperture_m: float = 1.0
    obscuration: float = 0.35
    wavelength_m: float = 620e-9
    coma_waves: float = 0.25
    astigmatism_waves: float = 0.05
    astigmatism_angle: float = 0.0
    defocus_waves: float = 0.05
    axis: tuple[float, float] = (0.0, 0.0)
    drift_arcsec: tuple[float, float] = (0.0, 0.0)

    def pupil_otf(self, u: float, v: float) -> np.ndarray:
        """OTF [n, n] at the field position (u, v), both -1..1: the pupil's autocorrelation.

        Sampled at lags of `aperture_m / PUPIL_SAMPLES` with zero lag in the middle (Goodman, Introduction to
        Fourier Optics, ch. 6). The tilt that coma brings along is taken out: the PSF's centroid is its place.
        """
        axis = (np.arange(PUPIL_SAMPLES) + 0.5) / PUPIL_SAMPLES * 2 - 1
        x, y = axis[None, :], axis[:, None]
        radius = np.hypot(x, y)
        coma = np.sqrt(8) * (3 * radius**2 - 2)
        coma_x, coma_y = (u - self.axis[0]) * self.coma_waves, (v - self.axis[1]) * self.coma_waves
        cos, sin = np.cos(2 * self.astigmatism_angle), np.sin(2 * self.astigmatism_angle)
        astigmatism = np.sqrt(6) * (cos * (x**2 - y**2) + sin * 2 * x * y)
        waves = (
            coma * (coma_x * x + coma_y * y)
            + self.astigmatism_waves * astigmatism
            + self.defocus_waves * np.sqrt(3) * (2 * radius**2 - 1)
        )
        pupil = np.where((radius <= 1) & (radius >= self.obscuration), np.exp(2j * np.pi * waves), 0)
        power = np.abs(fft.fft2(pupil, s=(2 * PUPIL_SAMPLES,) * 2)) ** 2
        otf = fft.fftshift(fft.ifft2(power))
        centre = PUPIL_SAMPLES
        lag = np.arange(-PUPIL_SAMPLES, PUPIL_SAMPLES)
        tilt_x, tilt_y = np.angle(otf[centre, centre + 1]), np.angle(otf[centre + 1, centre])
        return otf / otf[centre, centre] * np.exp(-1j * (tilt_x * lag[None, :] + tilt_y * lag[:, None]))


class Psf:
    """A field's pixel-integrated PSF: exact on 3 x 3 places of the detector, a bilinear mix between them.

    `fwhm_px` is the atmosphere's FWHM; `delivered_fwhm_px` what stars show in the middle of the field.
    `shape` is the detector's (ny, nx).
    """

    def __init__(
        self, *, fwhm_px: float, telescope: Telescope, pixel_scale_arcsec: float, shape: tuple[int, int]
    ) -> None:
        self.shape = shape
        fy, fx = frequencies(LARGEST_STAMP_PX)
        drift_x, drift_y = (length / pixel_scale_arcsec for length in telescope.drift_arcsec)
        atmosphere = kolmogorov_otf(np.hypot(fx, fy), fwhm=fwhm_px)
        drift = np.sinc(fx * drift_x + fy * drift_y)
        pixel = np.sinc(fx) * np.sinc(fy)
        common = atmosphere * drift * pixel
        pixel_radians = pixel_scale_arcsec / ARCSEC_PER_RADIAN
        lag_frequency = telescope.aperture_m / PUPIL_SAMPLES / telescope.wavelength_m * pixel_radians
        lags = np.arange(-PUPIL_SAMPLES, PUPIL_SAMPLES) * lag_frequency
        self._otfs = np.empty((NODES.size**2, *common.shape), np.complex64)
        for i, (v, u) in enumerate((v, u) for v in NODES for u in NODES):
            self._otfs[i] = common * _on_grid(telescope.pupil_otf(u, v), lags, fy[:, 0], fx[0])

    def _weights(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Bilinear weights [n, 9] of the nodes; sources beyond the detector have its edge's PSF."""
        along_x, along_y = (
            np.maximum(0, 1 - np.abs(np.clip(2 * position / (length - 1) - 1, -1, 1)[:, None] - NODES))
            for position, length in ((np.asarray(x), self.shape[1]), (np.asarray(y), self.shape[0]))
        )
        return (along_y[:, :, None] * along_x[:, None, :]).reshape(-1, NODES.size**2).astype(np.float32)

    def spectra(self, x: np.ndarray, y: np.ndarray, size_px: int) -> np.ndarray:
        """Spectra complex64 [n, 2N, N + 1] of unit point sources at pixels (x, y).

        The stamp's pixel N // 2 lies on the pixel nearest to the source.
        """
        step = LARGEST_STAMP_PX // size_px
        nodes = self._otfs[:, ::step, ::step]
        otfs = (self._weights(x, y) @ nodes.reshape(len(nodes), -1)).reshape(-1, *nodes.shape[1:])
        fy, fx = frequencies(size_px)
        offset_x = np.asarray(x) - np.rint(x) + size_px // 2
        offset_y = np.asarray(y) - np.rint(y) + size_px // 2
        otfs *= np.exp(-2j * np.pi * offset_y[:, None] * fy[:, 0]).astype(np.complex64)[:, :, None]
        otfs *= np.exp(-2j * np.pi * offset_x[:, None] * fx[0]).astype(np.complex64)[:, None, :]
        return otfs

    def stamps(self, x: np.ndarray, y: np.ndarray, size_px: int) -> np.ndarray:
        """Unit-sum stamps float32 [n, N, N] of point sources at pixels (x, y); N divides 256."""
        return to_pixels(self.spectra(x, y, size_px))

    @cached_property
    def delivered_fwhm_px(self) -> float:
        """FWHM of the circle with the area above half maximum, in the middle of the detector."""
        finer, size_px = 12, 32
        shift = np.arange(finer) / finer
        shift_y, shift_x = (grid.ravel() for grid in np.meshgrid(shift, shift, indexing="ij"))
        middle_y, middle_x = (length // 2 - 0.5 for length in self.shape)
        fine = self.stamps(middle_x + shift_x, middle_y + shift_y, size_px)
        return float(2 * np.sqrt((fine > fine.max() / 2).sum() / finer**2 / np.pi))

    @cached_property
    def wing(self) -> np.ndarray:
        """Greatest brightness [128] of a unit source at this distance in pixels or beyond, along a row."""
        middle_y, middle_x = (np.array([length // 2]) for length in self.shape)
        stamp = self.stamps(middle_x, middle_y, LARGEST_STAMP_PX)[0]
        half = LARGEST_STAMP_PX // 2
        return np.maximum.accumulate(np.abs(stamp[half, half:])[::-1])[::-1]


def _on_grid(otf: np.ndarray, lags: np.ndarray, fy: np.ndarray, fx: np.ndarray) -> np.ndarray:
    order = np.argsort(fy)
    fine = np.empty((fy.size, fx.size), complex)
    needed = np.abs(lags) < 1.2 * fx.max()
    for part in ("real", "imag"):
        spline = RectBivariateSpline(lags[needed], lags[needed], getattr(otf, part)[np.ix_(needed, needed)])
        getattr(fine, part)[order] = spline(fy[order], fx)
    return fine
