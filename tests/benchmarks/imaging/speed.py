"""Seconds of each step and of the whole chain, beside those of one FFT and of HOTPANTS."""

import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import numpy as np
import scipy.fft

from pipeline.imaging.chain import difference
from pipeline.imaging.detect import detect_stars
from pipeline.imaging.extract import extract_candidates
from pipeline.imaging.psf import fit_psf
from pipeline.imaging.register import register
from pipeline.imaging.subtract import subtract
from tests.benchmarks.figures import Figure
from tests.benchmarks.imaging.cases import frames_of, pair_of, write_pair

SEED = 20261122
SUBTRACTION_GOAL_S, CHAIN_GOAL_S = 0.5, 3.0
# HOTPANTS as it was timed on a machine of two cores, where it is not installed here.
HOTPANTS_S = 5.2


def figures(*, quick: bool) -> list[Figure]:
    size_px, repeats = (512, 1) if quick else (2048, 7)
    pair = pair_of(SEED, size_px=size_px)
    science, reference = frames_of(pair)
    stars, reference_stars = detect_stars(science), detect_stars(reference)
    registered = register(reference, onto=science, stars=stars, reference_stars=reference_stars)
    psfs = {"science_psf": fit_psf(science, stars), "reference_psf": fit_psf(registered.frame, registered.stars)}
    result = subtract(science, registered.frame, **psfs)
    steps = {
        "one FFT": lambda: scipy.fft.rfft2(science.data),
        "calibrate one": lambda: frames_of(pair),
        "detect stars of one": lambda: detect_stars(science),
        "register": lambda: register(reference, onto=science, stars=stars, reference_stars=reference_stars),
        "PSF of one": lambda: fit_psf(science, stars),
        "subtract, ZOGY": lambda: subtract(science, registered.frame, **psfs),
        "subtract, Alard-Lupton": lambda: subtract(science, registered.frame, **psfs, algorithm="alard_lupton"),
        "extract": lambda: extract_candidates(result, science=science, reference=registered.frame),
        "register to candidates": lambda: difference(science, reference),
    }
    if shutil.which("hotpants"):
        steps["subtract, HOTPANTS"] = lambda: subtract(science, registered.frame, **psfs, algorithm="hotpants")
    with tempfile.TemporaryDirectory() as folder:
        chain = _Chain(*write_pair(pair, Path(folder)))
        steps["two FITS files to candidates in the database"] = chain.run
        seconds = _in_turn(steps, repeats)
    seconds["calibrate one"] /= 2
    anchor = seconds.get("subtract, HOTPANTS", HOTPANTS_S)
    goals = {"subtract, ZOGY": SUBTRACTION_GOAL_S, "two FITS files to candidates in the database": CHAIN_GOAL_S}
    return [
        Figure(
            f"{name}, {size_px}²",
            value,
            "s",
            goal=None if quick else goals.get(name),
            anchor=anchor if name.startswith("subtract") else seconds["one FFT"],
        )
        for name, value in seconds.items()
    ]


class _Chain:
    """The services' whole way of two files, each time from nothing."""

    def __init__(self, science: Path, reference: Path) -> None:
        from django.core.management import call_command

        from astrid.actors import service_account
        from astrid.services import register_survey

        call_command("migrate", verbosity=0)
        self.actor, self.paths, self.run_number = service_account(), {"science": science, "reference": reference}, 0
        self.register_survey = register_survey

    def run(self) -> None:
        from astrid.services import ingest
        from pipeline.models import Candidate
        from pipeline.services import difference, preprocess

        self.run_number += 1
        survey = self.register_survey(name=f"chain {self.run_number}", actor=self.actor)
        science, reference = (
            ingest(path, survey=survey, kind=kind, actor=self.actor)[0] for kind, path in self.paths.items()
        )
        for observation in (reference, science):
            preprocess(observation, actor=self.actor)
        difference(science, actor=self.actor)
        if not Candidate.objects.filter(observation=science).exists():
            raise RuntimeError("the chain found no candidate")


def _in_turn(steps: dict[str, Callable], repeats: int) -> dict[str, float]:
    """Median seconds of each step, all measured turn by turn: the machine's moods hit them alike."""
    taken: dict[str, list[float]] = {name: [] for name in steps}
    for _ in range(repeats):
        for name, step in steps.items():
            began = time.perf_counter()
            step()
            taken[name].append(time.perf_counter() - began)
    return {name: median(values) for name, values in taken.items()}


def noise(size_px: int) -> np.ndarray:
    """float32 [size_px, size_px] for transforms."""
    return np.random.default_rng(0).normal(size=(size_px, size_px)).astype(np.float32)
