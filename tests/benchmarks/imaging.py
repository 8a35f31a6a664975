"""The differencing chain on simulated pairs, its time beside that of one FFT of the same size."""

import time
from collections.abc import Callable
from statistics import median

import numpy as np
import scipy.fft

from astrid.simulate import simulate_pair
from pipeline.imaging.calibrate import calibrate
from pipeline.imaging.chain import difference
from pipeline.imaging.psf import fit_psf
from pipeline.imaging.register import register
from pipeline.imaging.subtract import subtract
from tests.benchmarks.figures import Figure


def figures(*, quick: bool) -> list[Figure]:
    size_px, repeats = (512, 3) if quick else (2048, 5)
    pair = simulate_pair(seed=20261122, size_px=size_px)
    constants = {
        "gain_e_per_adu": pair.gain_e_per_adu,
        "read_noise_e": pair.read_noise_e,
        "saturation_adu": pair.saturation_adu,
    }

    def calibrated():
        return (
            calibrate(pair.science, wcs=pair.science_wcs, **constants),
            calibrate(pair.reference, wcs=pair.reference_wcs, **constants),
        )

    science, reference = calibrated()
    registered = register(reference, onto=science).frame
    psfs = {"science_psf": fit_psf(science), "reference_psf": fit_psf(registered)}
    plane = science.data.astype(np.float32)
    steps = {
        "one FFT": lambda: scipy.fft.rfft2(plane),
        "calibrate both": calibrated,
        "register": lambda: register(reference, onto=science),
        "PSF of one": lambda: fit_psf(science),
        "subtract": lambda: subtract(science, registered, **psfs),
        "register to candidates": lambda: difference(science, reference),
    }
    seconds = _in_turn(steps, repeats)
    fft_s = seconds["one FFT"]
    return [Figure(f"{name}, {size_px}²", value, "s", anchor=fft_s) for name, value in seconds.items()]


def _in_turn(steps: dict[str, Callable], repeats: int) -> dict[str, float]:
    """Median seconds of each step, all measured turn by turn: the machine's moods hit them alike."""
    taken: dict[str, list[float]] = {name: [] for name in steps}
    for _ in range(repeats):
        for name, step in steps.items():
            began = time.perf_counter()
            step()
            taken[name].append(time.perf_counter() - began)
    return {name: median(values) for name, values in taken.items()}
