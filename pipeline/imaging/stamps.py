"""Square cut-outs round positions of an image, and their sub-pixel shift."""

import numpy as np
import scipy.fft


def cut(image: np.ndarray, x: np.ndarray, y: np.ndarray, size_px: int) -> np.ndarray:
    """Cut square stamps, each centred on the pixel nearest to its position.

    The centre is pixel [size_px // 2, size_px // 2] of a stamp.

    Args:
        image: [ny, nx].
        x, y: [N] px, 0-based.
        size_px: side of the stamps.

    Returns:
        float32 [N, size_px, size_px], NaN outside the image.
    """
    offsets = np.arange(size_px) - size_px // 2
    rows = np.rint(np.atleast_1d(y)).astype(int)[:, None] + offsets
    columns = np.rint(np.atleast_1d(x)).astype(int)[:, None] + offsets
    ny, nx = image.shape
    inside = ((rows >= 0) & (rows < ny))[:, :, None] & ((columns >= 0) & (columns < nx))[:, None, :]
    pixels = image[rows.clip(0, ny - 1)[:, :, None], columns.clip(0, nx - 1)[:, None, :]]
    return np.where(inside, pixels, np.nan).astype(np.float32)


def shifted(stamps: np.ndarray, dx: np.ndarray, dy: np.ndarray) -> np.ndarray:
    """Move the content of stamps [N, size, size] by dx, dy px each, band-limited (a phase in Fourier space)."""
    size = stamps.shape[-1]
    phase_y = np.multiply.outer(np.atleast_1d(dy), scipy.fft.fftfreq(size))
    phase_x = np.multiply.outer(np.atleast_1d(dx), scipy.fft.rfftfreq(size))
    phase = np.exp(-2j * np.pi * (phase_y[:, :, None] + phase_x[:, None, :]))
    return scipy.fft.irfft2(scipy.fft.rfft2(stamps) * phase, s=(size, size))
