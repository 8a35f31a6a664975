from itertools import chain
from pathlib import Path

from django.core.management.base import CommandError

from astrid.actors import service_account
from astrid.arguments import survey_named
from astrid.commands import Command as AstridCommand
from astrid.fits import FitsRefused
from astrid.models import ObservationKind
from astrid.services import ingest

SUFFIXES = tuple(f".{name}{packed}" for name in ("fits", "fit", "fts") for packed in ("", ".fz", ".gz"))


class Command(AstridCommand):
    help = "Take FITS files into AstrID. Files that cannot be used are refused, one line each; the rest goes on."

    def add_arguments(self, parser):
        parser.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="A FITS file, or a folder of them.")
        parser.add_argument(
            "--survey", required=True, help="The survey's name; a wrong one is answered with those there are."
        )
        parser.add_argument(
            "--kind", choices=ObservationKind.values, default=ObservationKind.SCIENCE, help="Default: %(default)s."
        )
        parser.add_argument("--filter", dest="filter_band", help="The filter, where the header does not say it.")

    def handle(self, *, paths, survey, kind, filter_band, **options):
        row = survey_named(survey)
        actor, refused = service_account(), 0
        for path in chain.from_iterable(map(_files, paths)):
            try:
                observation, is_new = ingest(path, survey=row, kind=kind, filter_band=filter_band, actor=actor)
            except FitsRefused as error:
                refused += 1
                self.stderr.write(f"refused  {error}")
            except OSError as error:
                refused += 1
                self.stderr.write(f"refused  {path.name}: {error.strerror or error}")
            else:
                self.stdout.write(f"{'ingested' if is_new else 'known   '} {observation}")
        if refused:
            raise CommandError(f"{refused} of the files could not be used", returncode=2)


def _files(path: Path) -> list[Path]:
    """The file itself, or the FITS files in the folder and below; a folder without any stands for itself."""
    try:
        found = sorted(file for file in path.rglob("*") if file.name.lower().endswith(SUFFIXES) and file.is_file())
    except OSError:
        # What cannot be listed cannot be read either, and is refused for that.
        found = []
    return found or [path]
