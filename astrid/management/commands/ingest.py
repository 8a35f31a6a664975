from pathlib import Path

from django.core.management.base import CommandError

from astrid.actors import service_account
from astrid.commands import Command as AstridCommand
from astrid.fits import FitsRefused
from astrid.models import ObservationKind, Survey
from astrid.services import ingest

SUFFIXES = (".fits", ".fit", ".fts", ".fits.fz", ".fits.gz", ".fit.gz")


class Command(AstridCommand):
    help = "Take FITS files into AstrID. Files that cannot be used are refused, one line each; the rest goes on."

    def add_arguments(self, parser):
        parser.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="A FITS file, or a folder of them.")
        parser.add_argument("--survey", required=True, help="The survey's name, as `manage.py status` lists them.")
        parser.add_argument(
            "--kind", choices=ObservationKind.values, default=ObservationKind.SCIENCE, help="Default: %(default)s."
        )
        parser.add_argument("--filter", dest="filter_band", help="The filter, where the header does not say it.")

    def handle(self, *, paths, survey, kind, filter_band, **options):
        row = Survey.objects.filter(name=survey).first()
        if row is None:
            names = ", ".join(Survey.objects.values_list("name", flat=True))
            raise CommandError(f"there is no survey {survey!r}; there are {names}")
        actor, refused = service_account(), 0
        for path in _files(paths):
            try:
                observation, is_new = ingest(path, survey=row, kind=kind, filter_band=filter_band, actor=actor)
            except FitsRefused as error:
                refused += 1
                self.stderr.write(f"refused  {error}")
            else:
                self.stdout.write(f"{'ingested' if is_new else 'known   '} {observation}")
        if refused:
            raise CommandError(f"{refused} of the files could not be used", returncode=2)


def _files(paths: list[Path]) -> list[Path]:
    """The files named, and the FITS files of the folders named, in order."""
    found = []
    for path in paths:
        is_folder = path.is_dir()
        found += sorted(file for file in path.rglob("*") if file.name.endswith(SUFFIXES)) if is_folder else [path]
        if is_folder and not found:
            raise CommandError(f"{path} holds no FITS file")
    return found
