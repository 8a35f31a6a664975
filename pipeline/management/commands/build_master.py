from pathlib import Path

from django.core.management.base import CommandError

from astrid.actors import service_account
from astrid.arguments import survey_named
from astrid.commands import Command as AstridCommand
from astrid.fits import FitsRefused
from pipeline.imaging.frame import ImagingError
from pipeline.masters import MasterLostError, build_master
from pipeline.models import MasterKind


class Command(AstridCommand):
    help = "Stack bias, dark or flat exposures into a master frame, for the raw images of the same detector."

    def add_arguments(self, parser):
        parser.add_argument("kind", choices=MasterKind.values)
        parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="Raw exposures, at least three.")
        parser.add_argument("--survey", required=True, help="The survey's name.")
        parser.add_argument("--filter", dest="filter_band", help="Of flats, where the headers do not say it.")

    def handle(self, *, kind, files, survey, filter_band, **options):
        kind = MasterKind(kind)
        if filter_band and kind != MasterKind.FLAT:
            raise CommandError(f"a {kind} has no filter")
        try:
            master, is_new = build_master(
                kind, files, survey=survey_named(survey), filter_band=filter_band, actor=service_account()
            )
        except (FitsRefused, ImagingError, MasterLostError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(
            f"{'built' if is_new else 'known'} {master} of {master.frame_count} exposures, "
            f"{master.image_width} × {master.image_height} px, binning {master.binning}: "
            f"level {master.level_adu:.6g}, noise {master.noise_adu:.3g} ADU a pixel, {master.bad_pixels} bad pixels"
        )
