from django.core.management.base import CommandError

from astrid.actors import service_account
from astrid.arguments import observations_named
from astrid.commands import Command as AstridCommand
from pipeline.imaging.frame import ImagingError
from pipeline.services import extract


class Command(AstridCommand):
    help = "Keep as candidates what changed in observations whose images are differences already."

    def add_arguments(self, parser):
        parser.add_argument("observations", nargs="+", metavar="OBSERVATION", help="By observation_id or by key.")
        parser.add_argument(
            "--seeing", type=float, metavar="ARCSEC", help="FWHM of their stars, where the header does not say it."
        )

    def handle(self, *, observations, seeing, **options):
        failed = 0
        for observation in observations_named(observations):
            try:
                outcome = extract(observation, seeing_arcsec=seeing, actor=service_account())
            except ImagingError as error:
                failed += 1
                self.stderr.write(f"failed  {observation}: {error}")
            else:
                self.stdout.write(f"{observation}: {outcome.message}")
        if failed:
            raise CommandError(f"{failed} of the observations could not be searched", returncode=2)
