"""Stamps as people see them: science, reference and difference of one candidate, as PNG."""

from types import MappingProxyType

import cv2
import numpy as np

from astrid import storage
from pipeline import artefacts
from pipeline.models import Candidate

STAMP_PX = 63
ZOOM = 4
# Which of a difference run's images a stamp is cut from.
KINDS = MappingProxyType(
    {
        "science": "science_image_path",
        "reference": "reference_image_path",
        "difference": "difference_image_path",
    }
)


class StampMissingError(Exception):
    """There is no image to cut the stamp from; the message says why."""


def why_missing(candidate: Candidate, kind: str) -> str:
    """Why there is no image to cut the stamp from; empty where there is one."""
    key = getattr(candidate.difference_run, KINDS[kind])
    if not key:
        return f"the difference run kept no {kind} image"
    return "" if storage.path_of(key).exists() else f"the {kind} image is no longer in the artefact store"


def stamp(candidate: Candidate, kind: str) -> np.ndarray:
    """float32 [STAMP_PX, STAMP_PX] ADU, NaN outside of the image."""
    if reason := why_missing(candidate, kind):
        raise StampMissingError(reason)
    key = getattr(candidate.difference_run, KINDS[kind])
    try:
        return artefacts.load_stamp(key, x=candidate.pixel_x, y=candidate.pixel_y, size_px=STAMP_PX)
    except OSError as error:
        raise StampMissingError(f"the {kind} image cannot be read: {error}") from error


def png(candidate: Candidate, kind: str) -> bytes:
    """The stamp as a grey PNG, north and east as the image has them, its first row at the bottom."""
    return _encoded(_picture(candidate, kind))


def strip_png(candidate: Candidate) -> bytes:
    """Science, reference and difference side by side."""
    science, reference, difference = (_picture(candidate, kind) for kind in KINDS)
    gap = np.full((science.shape[0], 8), 255, dtype=np.uint8)
    return _encoded(np.hstack([science, gap, reference, gap, difference]))


def _picture(candidate: Candidate, kind: str) -> np.ndarray:
    """uint8 [STAMP_PX * ZOOM, STAMP_PX * ZOOM]."""
    shades = _shades(stamp(candidate, kind), symmetric=kind == "difference")
    return cv2.resize(np.flipud(shades), None, fx=ZOOM, fy=ZOOM, interpolation=cv2.INTER_NEAREST)


def _encoded(picture: np.ndarray) -> bytes:
    return cv2.imencode(".png", picture)[1].tobytes()


def _shades(pixels: np.ndarray, *, symmetric: bool) -> np.ndarray:
    """Asinh of the distance from the sky in units of its noise; nothing is mid-grey where both signs matter."""
    good = np.isfinite(pixels)
    if not good.any():
        return np.zeros(pixels.shape, dtype=np.uint8)
    sky = np.median(pixels[good])
    noise = 1.4826 * np.median(np.abs(pixels[good] - sky)) or 1.0
    stretched = np.arcsinh((np.where(good, pixels, sky) - sky) / (2 * noise))
    top = max(float(np.abs(stretched).max()), 1.5)
    shades = (stretched / top + 1) / 2 if symmetric else (stretched + 0.8) / (top + 0.8)
    return (np.where(good, shades, 0).clip(0, 1) * 255).astype(np.uint8)
