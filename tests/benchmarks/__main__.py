"""`python -m tests.benchmarks [NAME…] [--quick] [--json FILE]`: the figures, with their goals and anchors."""

import argparse
import json
import os
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.benchmarks.figures import Figure

TABLE_WIDTH = 140
NAMES = ("demo", "imaging")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"Of {', '.join(NAMES)}; all by default.")
    parser.add_argument("--quick", action="store_true", help="Reduced sizes; ends within a minute.")
    parser.add_argument("--json", type=Path, metavar="FILE", help="Write the figures there, too.")
    options = parser.parse_args()
    if unknown := set(options.names) - set(NAMES):
        parser.error(f"no benchmark {', '.join(sorted(unknown))}; there are {', '.join(NAMES)}")
    with tempfile.TemporaryDirectory(prefix="astrid-benchmark-") as home:
        _set_up_django(home)
        figures = [figure for name in options.names or NAMES for figure in _run(name, quick=options.quick)]
    # A file takes any width; a terminal has its own.
    Console(width=None if sys.stdout.isatty() else TABLE_WIDTH).print(_table(figures))
    if options.json:
        options.json.write_text(json.dumps([figure.record() for figure in figures], indent=1))


def _set_up_django(home: str) -> None:
    """A database and a store of the benchmark's own, gone when it ends."""
    import django

    os.environ |= {"ASTRID_HOME": home, "DJANGO_SETTINGS_MODULE": "astrid.settings"}
    django.setup()


def _run(name: str, *, quick: bool) -> list[Figure]:
    from importlib import import_module

    return [figure.of(name) for figure in import_module(f"tests.benchmarks.{name}").figures(quick=quick)]


def _table(figures: list[Figure]) -> Table:
    table = Table(box=None, header_style="bold", pad_edge=False)
    for heading in ("benchmark", "figure"):
        table.add_column(heading, no_wrap=True)
    for heading in ("value", "unit", "goal", "anchor", "ratio", ""):
        table.add_column(heading, justify="right")
    for figure in figures:
        table.add_row(*figure.cells())
    return table


main()
