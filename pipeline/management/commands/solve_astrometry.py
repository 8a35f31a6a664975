from django.core.management.base import CommandError

from astrid.actors import service_account
from astrid.arguments import observations_named
from astrid.commands import Command as AstridCommand
from astrid.fits import FitsRefused
from astrid.transitions import TransitionError
from pipeline.astrometry import solve_astrometry
from pipeline.imaging.frame import ImagingError
from pipeline.masters import MasterLostError


class Command(AstridCommand):
    help = "Find where observations lie by their stars alone, with astrometry.net's solve-field, and correct them."

    def add_arguments(self, parser):
        parser.add_argument("observations", nargs="+", metavar="OBSERVATION", help="By observation_id or by key.")
        parser.add_argument("--timeout", type=float, default=120.0, help="Seconds for each; default: %(default)g.")

    def handle(self, *, observations, timeout, **options):
        unsolved = 0
        for observation in observations_named(observations):
            try:
                run = solve_astrometry(observation, timeout_s=timeout, actor=service_account())
            except (FitsRefused, ImagingError, MasterLostError, TransitionError) as error:
                unsolved += 1
                self.stderr.write(f"unsolved {observation}: {error}")
            else:
                off = run.measurements
                self.stdout.write(
                    f"solved {observation}: RA {observation.ra:.4f} Dec {observation.dec:+.4f}, "
                    f"{observation.pixel_scale:.4f}″ a pixel; the header was {off['wcs_offset_deg']:.4f}° away, "
                    f"turned by {off['wcs_rotation_deg']:.3f}°, its scale to be multiplied by "
                    f"{off['wcs_scale_ratio']:.4f}"
                )
        if unsolved:
            raise CommandError(f"{unsolved} of the observations could not be solved", returncode=2)
