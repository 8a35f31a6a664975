"""Real files the whole way: ingest, process, candidates, detections."""

import io

import pytest
from django.core.management import CommandError, call_command

from astrid.models import Observation, ObservationStatus
from mlregistry.models import Detection
from pipeline.models import Candidate, DifferenceRun, PreprocessRun, SkyObject
from tests import REALDATA

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not REALDATA.is_dir(), reason=f"the real telescope files are not at {REALDATA}"),
    pytest.mark.usefixtures("artefacts"),
]


def command(name: str, *arguments: object) -> str:
    out = io.StringIO()
    call_command(name, *map(str, arguments), stdout=out, stderr=out, no_color=True)
    return out.getvalue()


def test_the_goto_pair_gives_its_artificial_transients():
    command("ingest", REALDATA / "goto_m88" / "1.fits", "--survey", "GOTO", "--kind", "reference")
    command("ingest", REALDATA / "goto_m88" / "2.fits", "--survey", "GOTO")
    command("process", "--all")
    run = DifferenceRun.objects.get()
    assert run.status == "completed"
    assert run.registration_rms_px < 0.1
    # About 60 bright ones were copied in.
    bright = run.candidates.filter(snr__gt=10, is_negative=False)
    assert 50 <= bright.count() <= 75
    assert Detection.objects.filter(candidate__in=bright).count() >= 45


def test_decam_shows_one_fading_source_in_every_exposure_of_the_second_epoch():
    folder = REALDATA / "decam"
    command("ingest", folder / "DEC-OBS04a.mini.fits", "--survey", "DECam", "--kind", "reference")
    command("ingest", *sorted(folder.glob("DEC-OBS18?.mini.fits")), "--survey", "DECam")
    command("process", "--all")
    assert Observation.objects.filter(status=ObservationStatus.DIFFERENCED).count() == 5
    # Too few stars for their pattern, which is noticed.
    assert set(DifferenceRun.objects.values_list("registration_method", flat=True)) == {"wcs+shift"}
    faded = SkyObject.objects.get(candidate_count=5)
    assert set(faded.candidates.values_list("is_negative", flat=True)) == {True}
    assert Candidate.objects.count() < 30


def test_the_lco_frames_are_calibrated_and_wait_for_a_reference():
    with pytest.raises(CommandError, match="1 of the files"):
        command("ingest", REALDATA / "lco_raw", REALDATA / "lco_fpack", "--survey", "LCO")
    command("process", "--all")
    assert PreprocessRun.objects.filter(status="completed").count() == 2
    assert set(Observation.objects.values_list("status", flat=True)) == {"preprocessed"}


def test_a_frame_without_a_celestial_wcs_is_refused():
    with pytest.raises(CommandError):
        command("ingest", REALDATA / "eso_1992" / "image.fits", "--survey", "LCO")
    assert not Observation.objects.exists()
