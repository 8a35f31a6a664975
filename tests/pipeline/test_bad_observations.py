"""Unusable images on their way: each is failed with its cause and its numbers, and keeps nobody else from going on."""

import contextlib

import numpy as np
import pytest
from astropy.io import fits

from astrid import storage
from astrid.fits import FitsRefused
from astrid.models import Observation, ObservationStatus
from astrid.services import ingest
from pipeline import stages
from pipeline.imaging.frame import BadImageError, BadParameterError, ImagingError, NoStarsError, RegistrationError
from pipeline.models import Candidate, DifferenceRun, JobStatus, PreprocessRun, ProcessingJob, RunStatus
from pipeline.services import difference, preprocess

pytestmark = pytest.mark.django_db


@pytest.fixture
def spoil(night, observations, actor, tmp_path):
    """Ingest the night's science exposure with its pixels changed."""

    def ingested(change):
        with fits.open(night.exposures[1].path) as file:
            plane = next(hdu for hdu in file if hdu.header["NAXIS"])
            header, pixels = plane.header.copy(), plane.data.astype(np.float32)
        for keyword in ("BZERO", "BSCALE", "BLANK"):
            header.remove(keyword, ignore_missing=True)
        path = tmp_path / f"spoilt-{len(list(tmp_path.iterdir()))}.fits"
        fits.PrimaryHDU(change(pixels).astype(np.float32), header).writeto(path)
        return ingest(path, survey=observations[1].survey, kind="science", actor=actor)[0]

    return ingested


def bled(pixels):
    pixels[:, ::3] = 1e6
    return pixels


def shuffled(pixels):
    """Stars, but at places of their own."""
    size = 96
    blocks = [pixels[y : y + size, x : x + size] for y in range(0, 384, size) for x in range(0, 384, size)]
    order = np.random.default_rng(1).permutation(len(blocks))
    return np.block([[blocks[order[4 * row + column]] for column in range(4)] for row in range(4)])


UNUSABLE = {
    "constant but for one pixel": (lambda pixels: np.where(pixels == pixels.max(), 9, 5), BadImageError, "noise_adu"),
    "no stars": (lambda pixels: np.random.default_rng(0).normal(500, 20, pixels.shape), NoStarsError, "n_detected"),
    "saturated everywhere": (lambda pixels: pixels + 1e6, BadImageError, "median_adu"),
    "bled everywhere": (bled, ImagingError, None),
    "a billion times too faint": (lambda pixels: 1e-9 * pixels, BadImageError, "read_noise_adu"),
}


@pytest.mark.parametrize("change", [lambda pixels: pixels * np.nan, np.zeros_like], ids=["NaN", "zero"])
def test_an_image_without_a_value_is_not_taken_in(spoil, change):
    before = Observation.objects.count()
    with pytest.raises(FitsRefused, match="no data"):
        spoil(change)
    assert Observation.objects.count() == before


@pytest.mark.parametrize(("change", "error", "measurement"), UNUSABLE.values(), ids=UNUSABLE)
def test_an_unusable_image_fails_its_observation_with_the_numbers_and_is_kept(spoil, actor, change, error, measurement):
    observation = spoil(change)
    with pytest.raises(error) as refused:
        preprocess(observation, actor=actor)

    run = PreprocessRun.objects.get()
    observation.refresh_from_db()
    assert (run.status, observation.status) == (RunStatus.FAILED, ObservationStatus.FAILED)
    assert run.error_message == str(refused.value)
    assert run.measurements
    assert measurement is None or measurement in run.measurements
    assert run.processed_fits_path == ""
    assert storage.path_of(observation.fits_file_path).exists()


def test_a_negative_gain_fails_the_observation_with_its_value(observations, actor):
    observation = observations[1]
    observation.gain_e_per_adu = -1.0
    with pytest.raises(BadParameterError, match="gain must be positive"):
        preprocess(observation, actor=actor)
    run = PreprocessRun.objects.get()
    assert (run.status, observation.status) == (RunStatus.FAILED, ObservationStatus.FAILED)
    assert run.measurements == {"gain_e_per_adu": -1.0}


def test_other_stars_than_the_references_fail_the_difference_and_leave_what_was_done(spoil, observations, actor):
    observation = spoil(shuffled)
    for row in (observations[0], observation):
        preprocess(row, actor=actor)
    with pytest.raises(RegistrationError):
        difference(observation, actor=actor)

    run = DifferenceRun.objects.get()
    observation.refresh_from_db()
    assert (run.status, observation.status) == (RunStatus.FAILED, ObservationStatus.FAILED)
    assert run.measurements["n_matched"] < run.measurements["n_science_stars"]
    assert not run.difference_image_path
    assert not Candidate.objects.exists()
    assert PreprocessRun.objects.get(observation=observation).status == RunStatus.COMPLETED


def test_the_others_go_on(spoil, observations, actor, settings):
    settings.STAGES = [stage for stage in settings.STAGES if stage["verb"].startswith("pipeline.")]
    bad = [spoil(shuffled), spoil(UNUSABLE["no stars"][0])]
    stages.start([*observations, *bad], actor=actor)
    while job := ProcessingJob.objects.filter(status=JobStatus.PENDING).order_by("-priority", "created_at").first():
        with contextlib.suppress(ImagingError):
            stages.carry_out(job)

    statuses = dict(Observation.objects.values_list("pk", "status"))
    assert statuses[observations[1].pk] == ObservationStatus.DIFFERENCED
    assert [statuses[row.pk] for row in bad] == [ObservationStatus.FAILED] * 2
    assert Candidate.objects.filter(observation=observations[1]).exists()
    failed = ProcessingJob.objects.filter(status=JobStatus.FAILED).order_by("error_details__type")
    assert [job.error_details["type"] for job in failed] == ["NoStarsError", "RegistrationError"]
    assert all(job.error_details["measurements"] for job in failed)
