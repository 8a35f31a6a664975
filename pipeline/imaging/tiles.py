"""An image cut into overlapping tiles, so that what varies over it may be taken as constant in each."""

import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

import cv2
import numpy as np
import scipy.fft

TILE_PX = 512

Result = TypeVar("Result")


@dataclass(frozen=True)
class Tile:
    """A part of an image: the rows and columns of its core, and where they lie in its padded planes."""

    rows: slice
    columns: slice
    border: int

    @property
    def core(self) -> tuple[slice, slice]:
        return self.rows, self.columns

    @property
    def inner(self) -> tuple[slice, slice]:
        return tuple(slice(self.border, self.border + side.stop - side.start) for side in self.core)

    @property
    def centre(self) -> tuple[float, float]:
        """x, y in px of the image."""
        return (self.columns.start + self.columns.stop - 1) / 2, (self.rows.start + self.rows.stop - 1) / 2


@dataclass(frozen=True)
class Tiling:
    """Nearly equal tiles of an image of `image_shape`, at most `tile_px` a side, each padded by `border` px and up to a
    size that is fast to transform."""

    image_shape: tuple[int, int]
    border: int
    tile_px: int = TILE_PX

    @cached_property
    def grid(self) -> tuple[int, int]:
        """Rows and columns of tiles."""
        return tuple(-(-length // self.tile_px) for length in self.image_shape)

    @cached_property
    def tile_shape(self) -> tuple[int, int]:
        """Height and width of a core; the last ones may be smaller."""
        return tuple(-(-length // n) for length, n in zip(self.image_shape, self.grid, strict=True))

    @cached_property
    def padded_shape(self) -> tuple[int, int]:
        """Even in both directions."""
        return tuple(2 * scipy.fft.next_fast_len(-(-side // 2) + self.border, real=True) for side in self.tile_shape)

    def tiles(self) -> list[Tile]:
        """Row by row."""
        (ny, nx), (height, width) = self.image_shape, self.tile_shape
        return [
            Tile(slice(top, min(top + height, ny)), slice(left, min(left + width, nx)), self.border)
            for top in range(0, ny, height)
            for left in range(0, nx, width)
        ]

    def cut(self, plane: np.ndarray, tile: Tile, *, border_type: int = cv2.BORDER_REPLICATE) -> np.ndarray:
        """A tile of a plane with its surroundings, [padded_shape]; OpenCV's `border_type` fills what lies outside.

        It may be a view of the plane.
        """
        wanted = [
            (side.start - self.border, side.start - self.border + length)
            for side, length in zip(tile.core, self.padded_shape, strict=True)
        ]
        inside = tuple(
            slice(max(start, 0), min(stop, length))
            for (start, stop), length in zip(wanted, self.image_shape, strict=True)
        )
        before, after = zip(
            *((part.start - start, stop - part.stop) for part, (start, stop) in zip(inside, wanted, strict=True)),
            strict=True,
        )
        if not any(before + after):
            return plane[inside]
        return cv2.copyMakeBorder(plane[inside], before[0], after[0], before[1], after[1], border_type, value=0)


def in_threads(function: Callable[..., Result], *arguments: Iterable) -> list[Result]:
    """`function` of each item of the iterables, in their order, on as many threads as this process may use processors.

    Transforms and array arithmetic let other threads run meanwhile. A worker that shares its machine with others is
    pinned to processors of its own (`taskset`).
    """
    with ThreadPoolExecutor(_processors()) as pool:
        return list(pool.map(function, *arguments))


def _processors() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
