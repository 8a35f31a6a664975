"""`manage.py build_reference`: what it says, and how it ends."""

import io

import pytest
from django.core.management import CommandError, call_command

from astrid.models import Observation, ObservationKind
from astrid.services import ingest, register_survey
from pipeline.models import Candidate, DifferenceRun
from pipeline.services import preprocess
from tests import REALDATA

pytestmark = pytest.mark.django_db(transaction=True)


def command(name: str, *arguments: object, **options) -> str:
    out = io.StringIO()
    call_command(name, *map(str, arguments), stdout=out, stderr=out, no_color=True, **options)
    return out.getvalue()


@pytest.fixture
def observations(night, artefacts, actor):
    """The night's two exposures, as science observations."""
    survey = register_survey(name="Simulated", actor=actor)
    found = []
    for exposure in night.exposures:
        observation, _ = ingest(exposure.path, survey=survey, kind=ObservationKind.SCIENCE, actor=actor)
        preprocess(observation, actor=actor)
        found.append(observation)
    return found


def test_observations_are_named_and_the_second_time_the_reference_is_known(observations):
    first, second = observations
    said = command("build_reference", first.observation_id, second.pk, "--name", "M 31")
    reference = Observation.objects.get(kind=ObservationKind.REFERENCE)
    assert said.startswith(f"built {reference} of 2 observations: seeing ")
    assert "depth 2" in said
    assert said.endswith("2 observations waited for it\n")
    assert reference.observation_id.startswith("M 31-")
    again = command("build_reference", second.pk, first.pk)
    assert again.startswith(f"known {reference} of 2 observations")


def test_observations_are_found_in_a_region(observations):
    first = observations[0]
    region = ["--survey", "Simulated", "--filter", "r", "--around", first.ra, first.dec]
    assert command("build_reference", *region, 5).startswith("built reference-")
    with pytest.raises(CommandError, match="at least 2 observations, there are 0"):
        command("build_reference", "--survey", "Simulated", "--filter", "g", "--around", first.ra, first.dec, 5)
    with pytest.raises(CommandError, match=r"ra 400\.0 is not in"):
        command("build_reference", "--survey", "Simulated", "--filter", "r", "--around", 400, 0, 5)


@pytest.mark.parametrize("arguments", [[], ["--survey", "ZTF"], ["a", "--survey", "ZTF"]])
def test_observations_are_either_named_or_searched_for(arguments):
    with pytest.raises(CommandError, match="name observations, or a region by --survey, --filter and --around"):
        command("build_reference", *arguments)


def test_an_observation_that_is_not_there_is_named(observations):
    with pytest.raises(CommandError, match="there is no observation 'nowhere'"):
        command("build_reference", observations[0].pk, "nowhere")


@pytest.mark.skipif(not REALDATA.is_dir(), reason=f"the real telescope files are not at {REALDATA}")
def test_a_reference_of_decams_first_epoch_shows_what_faded_in_the_second(artefacts):
    folder = REALDATA / "decam"
    command("ingest", *sorted(folder.glob("DEC-OBS??[a-e].mini.fits")), "--survey", "DECam")
    command("process", "--all")
    assert not DifferenceRun.objects.exists()
    first_epoch = Observation.objects.filter(observation_id__startswith="DEC-OBS04").values_list("pk", flat=True)
    said = command("build_reference", *first_epoch)
    assert "built" in said
    assert "skipped" not in said
    assert "of 5 observations" in said
    command("process", "--all")
    second_epoch = DifferenceRun.objects.filter(observation__observation_id__startswith="DEC-OBS18")
    assert second_epoch.count() == 5
    assert set(second_epoch.values_list("reference_observation__kind", flat=True)) == {"reference"}
    faded = Candidate.objects.filter(
        difference_run__in=second_epoch,
        is_negative=True,
        pixel_x__range=(126, 130),
        pixel_y__range=(126, 130),
    )
    assert faded.count() == 5
    assert faded.values("sky_object").distinct().count() == 1
