"""How much of one image another one covers."""

from collections.abc import Sequence

import numpy as np


def overlap_fraction(footprint: Sequence[Sequence[float]], other: Sequence[Sequence[float]]) -> float:
    """Part of an image's area that another image covers, 0 to 1.

    Both are projected onto the plane that touches the sky in the image's middle, where great circles are straight
    lines, and the one polygon is clipped by the other (Sutherland & Hodgman 1974).

    Args:
        footprint, other: corners of convex images, [[ra, dec], …] in degrees, in either sense.
    """
    corners, other_corners = _unit_vectors(footprint), _unit_vectors(other)
    middle = corners.sum(axis=0)
    middle /= np.linalg.norm(middle)
    if (other_corners @ middle).min() <= 0:
        # A corner a quarter of the sky away has no place in the plane.
        return 0.0
    image, cover = (_counterclockwise(_projected(points, middle)) for points in (corners, other_corners))
    return min(_area(_clipped(cover, image)) / _area(image), 1.0)


def _unit_vectors(places: Sequence[Sequence[float]]) -> np.ndarray:
    ra, dec = np.radians(np.asarray(places, dtype=float)).T
    return np.column_stack([np.cos(dec) * np.cos(ra), np.cos(dec) * np.sin(ra), np.sin(dec)])


def _projected(points: np.ndarray, middle: np.ndarray) -> np.ndarray:
    """Gnomonic: [N, 2] in the plane at `middle`, along two directions at right angles."""
    across = np.cross(middle, np.eye(3)[np.argmin(np.abs(middle))])
    across /= np.linalg.norm(across)
    return np.column_stack([points @ across, points @ np.cross(middle, across)]) / (points @ middle)[:, None]


def _clipped(polygon: np.ndarray, window: np.ndarray) -> np.ndarray:
    for start, end in zip(window, np.roll(window, -1, axis=0), strict=True):
        along = end - start
        inside = along[0] * (polygon[:, 1] - start[1]) - along[1] * (polygon[:, 0] - start[0])
        kept = []
        for i, (point, side) in enumerate(zip(polygon, inside, strict=True)):
            if (side >= 0) != (inside[i - 1] >= 0):
                kept.append(point + (polygon[i - 1] - point) * side / (side - inside[i - 1]))
            if side >= 0:
                kept.append(point)
        if not kept:
            return np.empty((0, 2))
        polygon = np.array(kept)
    return polygon


def _counterclockwise(polygon: np.ndarray) -> np.ndarray:
    return polygon if _signed_area(polygon) > 0 else polygon[::-1]


def _area(polygon: np.ndarray) -> float:
    return abs(_signed_area(polygon))


def _signed_area(polygon: np.ndarray) -> float:
    x, y = polygon.T
    return float((x * np.roll(y, -1) - y * np.roll(x, -1)).sum() / 2)
