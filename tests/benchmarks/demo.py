"""The demo's stages: seconds of each, and what was found of the simulated night's truth."""

import time
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from rich.console import Console

from tests.benchmarks.figures import Figure


def figures(*, quick: bool) -> list[Figure]:
    from curation import demo

    began = time.perf_counter()
    call_command("migrate", verbosity=0)
    migrated_s = time.perf_counter() - began
    size = {"fields": 1, "epochs": 2} if quick else {"fields": 3, "epochs": 3}
    night = demo.run(Console(stderr=True), directory=Path(settings.HOME) / "simulated-night", **size)
    whole_s = time.perf_counter() - began
    candidates, detections = night.tallies["candidates"], night.tallies["detections"]
    return [
        Figure("database started and migrated", migrated_s, "s"),
        *(Figure(f"{row.stage}, {row.items} {row.makes}", row.seconds, "s") for row in night.table.rows),
        Figure("the whole night", whole_s, "s", goal=180.0),
        Figure("transients above S/N 10 among candidates", candidates.completeness, "", goal=0.9, at_most=False),
        Figure("transients above S/N 10 among detections", detections.completeness, "", goal=0.9, at_most=False),
        Figure("false candidates before the U-Net", candidates.false_per_image, "per image", goal=5.0),
        Figure("false detections after the U-Net", detections.false_per_image, "per image", goal=1.0),
    ]
