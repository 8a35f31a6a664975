"""Thumbnails: a whole frame as a small picture."""

import cv2
import numpy as np

from astrid import storage
from pipeline.imaging.frame import Flag, Frame

LONGEST_SIDE_PX = 256
# Distance from the sky, in its noise, where asinh turns from linear to logarithmic, and the black point below the sky.
SOFT_SIGMA, BLACK_SIGMA = 2.0, 1.0
# All but this part of the pixels is below white.
WHITE_PART = 0.003


def keep_thumbnail(frame: Frame) -> str:
    """Store a frame's thumbnail as PNG, north and east as the image has them, and return its key."""
    encoded = cv2.imencode(".png", picture(frame))[1]
    return storage.keep(lambda path: path.write_bytes(encoded), suffix=".png")


def picture(frame: Frame) -> np.ndarray:
    """uint8 [height, width], the frame's first row at the bottom; `LONGEST_SIDE_PX` long, or as a smaller frame is.

    An asinh of the distance from the sky in units of its noise (Lupton et al. 2004, PASP 116, 133); where there are
    no data it is black.
    """
    ny, nx = frame.shape
    shrink = min(1.0, LONGEST_SIDE_PX / max(ny, nx))
    size = max(1, round(nx * shrink)), max(1, round(ny * shrink))
    missing = (frame.mask & np.uint8(Flag.NO_DATA)).astype(np.float32)
    light, missing = (cv2.resize(plane, size, interpolation=cv2.INTER_AREA) for plane in (frame.filled(), missing))
    seen = missing < 0.5 * Flag.NO_DATA
    shades = np.zeros(light.shape)
    shades[seen] = _shades(light[seen])
    return np.flipud(np.rint(255 * shades)).astype(np.uint8)


def _shades(light: np.ndarray) -> np.ndarray:
    """0 to 1 of pixels [N]."""
    if not light.size:
        return light
    sky = np.median(light)
    noise = 1.4826 * np.median(np.abs(light - sky)) or 1.0
    stretched = np.arcsinh((light - sky) / (SOFT_SIGMA * noise))
    black, white = np.arcsinh(-BLACK_SIGMA / SOFT_SIGMA), max(float(np.quantile(stretched, 1 - WHITE_PART)), 1.5)
    return ((stretched - black) / (white - black)).clip(0, 1)
