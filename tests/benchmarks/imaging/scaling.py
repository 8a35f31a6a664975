"""How cost and memory grow with the image, and how two processes share the machine."""

import os
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import scipy.fft

from astrid.fits import read_facts, read_image
from pipeline.imaging.calibrate import calibrate
from pipeline.imaging.chain import difference
from pipeline.imaging.frame import Frame
from tests.benchmarks.figures import Figure
from tests.benchmarks.imaging.cases import frames_of, pair_of, write_pair
from tests.benchmarks.imaging.speed import noise

SEED = 20261123
MEMORY_GOAL_BYTES, SHARING_GOAL = 100.0, 0.9
SPAWN = get_context("spawn")


def figures(*, quick: bool) -> list[Figure]:
    sizes = (512,) if quick else (512, 1024, 2048, 4096, 8192)
    grown = {size_px: _grown(size_px) for size_px in sizes}
    first_s = grown[sizes[0]][0]
    cost = [
        Figure(f"FITS to candidates, {size}²", seconds, "s/Mpx", anchor=first_s) for size, (seconds, _) in grown.items()
    ]
    memory = [
        Figure(f"peak memory, {size}²", peak, "bytes/px", goal=MEMORY_GOAL_BYTES if size == 2048 else None)
        for size, (_, peak) in grown.items()
    ]
    return [*cost, *memory, *_sharing(size_px=512 if quick else 1024, repeats=1 if quick else 12)]


def _grown(size_px: int) -> tuple[float, float]:
    with tempfile.TemporaryDirectory() as folder:
        paths = _alone(_simulate, size_px, Path(folder))
        return _alone(_cost, *paths)


def _alone(function: Callable, *arguments):
    """In a process of its own, whose memory is no one else's."""
    with ProcessPoolExecutor(1, mp_context=SPAWN) as pool:
        return pool.submit(function, *arguments).result()


def _simulate(size_px: int, folder: Path) -> tuple[Path, Path]:
    return write_pair(pair_of(SEED, size_px=size_px), folder)


def _cost(science: Path, reference: Path) -> tuple[float, float]:
    """Seconds per megapixel, and peak bytes per pixel above a process that only imported the libraries."""
    imported_bytes = _peak_bytes()
    began = time.perf_counter()
    frame = _calibrated(science)
    difference(frame, _calibrated(reference))
    seconds = time.perf_counter() - began
    return seconds / (frame.data.size / 1e6), (_peak_bytes() - imported_bytes) / frame.data.size


def _calibrated(path: Path) -> Frame:
    facts, image = read_facts(path), read_image(path)
    return calibrate(
        image.data,
        wcs=image.wcs,
        gain_e_per_adu=facts.gain_e_per_adu,
        read_noise_e=facts.read_noise_e,
        saturation_adu=facts.saturation_adu,
    )


def _peak_bytes() -> int:
    """The most that this process ever held in memory (Linux)."""
    fields = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return int(fields["VmHWM"].split()[0]) * 1024


def _sharing(*, size_px: int, repeats: int) -> list[Figure]:
    """Work done a second by two processes over twice that of one, each on a processor of its own."""
    chain, bare = (_gain_of_a_second(work, size_px, repeats) for work in (_chains, _transforms))
    return [
        Figure("two processes of bare FFTs", bare, "of 1", at_most=False),
        Figure("two processes of imaging", chain, "of 1", at_most=False),
        Figure("imaging over bare FFTs", chain / bare, "", goal=SHARING_GOAL, at_most=False),
    ]


def _gain_of_a_second(work: Callable[[int, int], float], size_px: int, repeats: int) -> float:
    with ProcessPoolExecutor(1, mp_context=SPAWN) as one, ProcessPoolExecutor(1, mp_context=SPAWN) as other:
        for number, pool in enumerate((one, other)):
            pool.submit(_pin, number).result()
            pool.submit(work, size_px, 1).result()
        alone_s = one.submit(work, size_px, repeats).result()
        together = [pool.submit(work, size_px, repeats) for pool in (one, other)]
        return alone_s / max(job.result() for job in together)


def _pin(number: int) -> None:
    processors = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {processors[number % len(processors)]})


def _chains(size_px: int, repeats: int) -> float:
    frames = frames_of(pair_of(SEED, size_px=size_px))
    return _seconds(lambda: difference(*frames), repeats)


def _transforms(size_px: int, repeats: int) -> float:
    plane = noise(2 * size_px)
    return _seconds(lambda: [scipy.fft.rfft2(plane) for _ in range(30)], repeats)


def _seconds(work: Callable, repeats: int) -> float:
    began = time.perf_counter()
    for _ in range(repeats):
        work()
    return time.perf_counter() - began
