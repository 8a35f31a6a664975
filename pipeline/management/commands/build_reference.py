from django.core.management.base import CommandError

from astrid.actors import service_account
from astrid.arguments import observations_named, survey_named
from astrid.commands import Command as AstridCommand
from astrid.models import Observation, ObservationKind
from pipeline.coaddition import USABLE, build_reference
from pipeline.imaging.frame import ImagingError


class Command(AstridCommand):
    help = "Co-add preprocessed observations of one field into a reference: those named, or those found in a region."

    def add_arguments(self, parser):
        parser.add_argument("observations", nargs="*", metavar="OBSERVATION", help="By observation_id or by key.")
        parser.add_argument("--name", default="reference", help="The new observation's id starts with it.")
        region = parser.add_argument_group("instead of naming observations")
        region.add_argument("--survey", help="The survey's name.")
        region.add_argument("--filter", dest="filter_band", help="The filter.")
        region.add_argument(
            "--around", nargs=3, type=float, metavar=("RA", "DEC", "ARCMIN"), help="Images centred within this circle."
        )

    def handle(self, *, observations, name, survey, filter_band, around, **options):
        region = (survey, filter_band, around)
        if bool(observations) == any(region) or (any(region) and not all(region)):
            raise CommandError("name observations, or a region by --survey, --filter and --around")
        chosen = observations_named(observations) if observations else _in_region(*region)
        try:
            built = build_reference(chosen, name=name, actor=service_account())
        except ImagingError as error:
            raise CommandError(str(error)) from error
        for observation, reason in built.skipped:
            self.stdout.write(f"skipped {observation}: {reason}")
        run = built.reference.preprocess_runs.latest("created_at")
        depth = "" if run.depth_mag is None else f", depth {run.depth_mag:.2f} mag"
        self.stdout.write(
            f"{'built' if built.is_new else 'known'} {built.reference} of {run.measurements['n_frames']} observations: "
            f"seeing {run.seeing_arcsec:.2f}″{depth}; {built.woken} observations waited for it"
        )


def _in_region(survey: str, filter_band: str, around: list[float]) -> list[Observation]:
    ra, dec, radius_arcmin = around
    try:
        near = Observation.objects.within(ra=ra, dec=dec, radius_arcsec=60 * radius_arcmin)
    except ValueError as error:
        raise CommandError(str(error)) from error
    return list(
        near.filter(
            survey=survey_named(survey),
            filter_band=filter_band,
            kind=ObservationKind.SCIENCE,
            status__in=USABLE,
        )
    )
