"""The imaging: how fast, how much memory, how well it scales, and what it finds of a known truth."""

from tests.benchmarks.figures import Figure
from tests.benchmarks.imaging import scaling, speed, truth


def figures(*, quick: bool) -> list[Figure]:
    return [*speed.figures(quick=quick), *scaling.figures(quick=quick), *truth.figures(quick=quick)]
