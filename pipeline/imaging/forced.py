"""Forced photometry: the flux at a known place, whether anything is seen there or not."""

from dataclasses import dataclass

import numpy as np

from .photometry import PointSpread
from .stamps import cut, shifted
from .tiles import Tiling

FORCED_DTYPE = np.dtype([("flux", "f8"), ("flux_error", "f8"), ("n_good", "i4")])
# Side of the tiles in which a PSF may be taken as constant for photometry.
GRID_PX = 256
# Part of the PSF's weight that good pixels have to carry: with less, the rest of it is guessed.
MIN_WEIGHT = 0.5


@dataclass(frozen=True)
class PsfGrid:
    """A PSF that varies over an image, sampled at the centres of tiles and constant in each.

    Attributes:
        profiles: float32 [n_rows, n_columns, size, size], centred on their middle pixels.
        tile_shape: (height, width) of the tiles in px.
    """

    profiles: np.ndarray
    tile_shape: tuple[int, int]

    @classmethod
    def of(cls, psf: PointSpread, image_shape: tuple[int, int]) -> "PsfGrid":
        """Sample the PSF of an image of `image_shape`."""
        tiling = Tiling(image_shape, border=0, tile_px=GRID_PX)
        x, y = np.array([tile.centre for tile in tiling.tiles()]).T
        profiles = np.asarray(psf.stamps(x, y), dtype=np.float32)
        return cls(profiles.reshape(*tiling.grid, *profiles.shape[1:]), tiling.tile_shape)

    def at(self, x: float, y: float) -> np.ndarray:
        """[size, size] of the tile that holds, or is nearest to, a position in px."""
        return self.stamps(np.array([x]), np.array([y]))[0]

    def stamps(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """The same at positions [N]: [N, size, size]."""
        rows, columns = (
            np.clip(np.floor_divide(place, side), 0, n - 1).astype(int)
            for place, side, n in zip((y, x), self.tile_shape, self.profiles.shape, strict=False)
        )
        return self.profiles[rows, columns]


def stamp_size_px(radius_px: float) -> int:
    """Side of the stamps that `fit_stamps` wants: the shift of the PSF is periodic, and its edges must not matter."""
    return 2 * (int(np.ceil(2 * radius_px)) + 2) + 1


def forced_photometry(
    image: np.ndarray,
    variance: np.ndarray,
    mask: np.ndarray,
    *,
    psf: PointSpread,
    x: np.ndarray,
    y: np.ndarray,
    radius_px: float,
) -> np.ndarray:
    """Fit the flux of a point source at given places, each alone and without moving it.

    Args:
        image, variance: [ny, nx] ADU, ADU².
        mask: [ny, nx]; pixels that are not 0 take no part.
        psf: of the image.
        x, y: [N] px, 0-based; pixels outside of the image take no part.
        radius_px: of the pixels that take part.

    Returns:
        `FORCED_DTYPE` [N]: flux and its error in ADU, and the number of good pixels. Flux and error are NaN where the
        good pixels carry less than `MIN_WEIGHT` of the PSF's weight (Horne 1986, PASP 98, 609).
    """
    size_px = stamp_size_px(radius_px)
    planes = (cut(plane, x, y, size_px) for plane in (image, variance, mask))
    return fit_stamps(*planes, psf=psf, x=x, y=y, radius_px=radius_px)


def fit_stamps(
    image: np.ndarray,
    variance: np.ndarray,
    mask: np.ndarray,
    *,
    psf: PointSpread,
    x: np.ndarray,
    y: np.ndarray,
    radius_px: float,
) -> np.ndarray:
    """The same from planes [N, size, size] that were cut round the pixels nearest to the places.

    Their size is `stamp_size_px(radius_px)`; pixels outside of the image are NaN.
    """
    x, y = np.atleast_1d(x).astype(float), np.atleast_1d(y).astype(float)
    result = np.zeros(len(x), dtype=FORCED_DTYPE)
    if not len(x):
        return result
    size_px = stamp_size_px(radius_px)
    dx, dy = x - np.rint(x), y - np.rint(y)
    model = shifted(_resized(psf.stamps(x, y), size_px).astype(float), dx, dy)
    grid_y, grid_x = np.mgrid[:size_px, :size_px] - size_px // 2
    near = np.hypot(grid_x - dx[:, None, None], grid_y - dy[:, None, None]) <= radius_px
    good = near & (mask == 0) & np.isfinite(image) & (variance > 0)

    weight = np.divide(model, variance, out=np.zeros_like(model), where=good)
    information = (weight * model).sum(axis=(1, 2))
    flux = (weight * np.where(good, image, 0)).sum(axis=(1, 2))
    carried = (model**2 * good).sum(axis=(1, 2)) / (model**2 * near).sum(axis=(1, 2))
    measured = (carried >= MIN_WEIGHT) & (information > 0)
    for name, values, power in (("flux", flux, 1.0), ("flux_error", np.ones(len(x)), 0.5)):
        result[name] = np.divide(values, information**power, out=np.full(len(x), np.nan), where=measured)
    result["n_good"] = good.sum(axis=(1, 2))
    return result


def _resized(profiles: np.ndarray, size_px: int) -> np.ndarray:
    """Profiles [N, size, size] cropped, or padded with zeros, to an odd size about the same middle."""
    rim = (size_px - profiles.shape[-1]) // 2
    if rim >= 0:
        return np.pad(profiles, ((0, 0), (rim, rim), (rim, rim)))
    return profiles[:, -rim:rim, -rim:rim]
