import argparse
from pathlib import Path

from django.core.exceptions import ValidationError
from django.core.management.base import CommandError
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from astrid.actors import service_account
from astrid.commands import Command as AstridCommand
from pipeline.catalogues import KINDS, CatalogueRefused
from pipeline.catalogues.columns import ROLES
from pipeline.known import load_catalogue


class Command(AstridCommand):
    help = "Load a catalogue of sources, or orbits of minor planets; candidates are compared with it from then on."

    def add_arguments(self, parser):
        parser.add_argument("file", type=Path, metavar="FILE", help="CSV, VOTable, FITS, Parquet, or orbits.")
        parser.add_argument("--name", required=True, help="What people call it, such as VSX.")
        parser.add_argument("--orbits", action="store_true", help="FILE is in the MPC's format, such as MPCORB.DAT.")
        parser.add_argument("--kind", choices=KINDS, help="Of all its sources. Default: by the type of each.")
        parser.add_argument(
            "--column",
            type=_role_and_column,
            action="append",
            default=[],
            metavar="ROLE=COLUMN",
            help=f"A column that is not recognised; the roles are {', '.join(ROLES)}.",
        )
        parser.add_argument("--radius-arcsec", type=float, help="Of a match. Default: 2.")
        parser.add_argument(
            "--whole-sky",
            action="store_true",
            default=None,
            help="It covers all of the sky. Default: the surroundings of its sources.",
        )
        parser.add_argument("--replace", action="store_true", help="Put FILE in place of what has this name.")

    def handle(self, *, file, name, orbits, kind, column, radius_arcsec, whole_sky, replace, **options):
        settings = {"match_radius_arcsec": radius_arcsec, "covers_whole_sky": whole_sky}
        try:
            with _row_count(self.console) as progress:
                task = progress.add_task(name, total=None)
                loaded = load_catalogue(
                    file,
                    name=name,
                    has_orbits=orbits,
                    kind=kind,
                    columns=dict(column),
                    replace=replace,
                    on_rows=lambda count: progress.update(task, completed=count),
                    actor=service_account(),
                    **{setting: value for setting, value in settings.items() if value is not None},
                )
        except CatalogueRefused as refused:
            raise CommandError(str(refused), returncode=2) from refused
        except ValidationError as error:
            raise CommandError(f"{file.name}: {' '.join(error.messages)}", returncode=2) from error
        except OSError as error:
            raise CommandError(f"{file.name}: {error.strerror or error}", returncode=2) from error
        self._tell(loaded)

    def _tell(self, loaded):
        catalogue, refusals = loaded.catalogue, loaded.refusals
        if not loaded.is_new:
            self.stdout.write(f"nothing to do: {catalogue} is loaded from this file")
            return
        for refusal in refusals.first:
            self.stderr.write(f"refused  {refusal}")
        if refusals.count > len(refusals.first):
            self.stderr.write(f"refused  {refusals.count - len(refusals.first)} more")
        self.stdout.write(
            f"loaded {catalogue}: {catalogue.entry_count} entries, {refusals.count} rows refused, "
            f"{loaded.match_count} matches with candidates"
        )


def _role_and_column(text: str) -> tuple[str, str]:
    role, _, column = text.partition("=")
    if role not in ROLES or not column:
        raise argparse.ArgumentTypeError(f"{text!r} is not ROLE=COLUMN with a role of {', '.join(ROLES)}")
    return role, column


def _row_count(console: Console) -> Progress:
    return Progress(
        TextColumn("{task.description:<12}"),
        BarColumn(),
        TextColumn("{task.completed:,} rows"),
        TimeElapsedColumn(),
        console=console,
    )
