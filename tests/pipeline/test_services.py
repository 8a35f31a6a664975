import numpy as np
import pytest

from astrid.models import Observation, ObservationStatus, SystemConfig
from astrid.services import set_config
from pipeline import artefacts
from pipeline.imaging.frame import ImagingError
from pipeline.models import DifferenceRun, PreprocessRun, ProcessingJob, RunStatus, SkyObject
from pipeline.runs import Recorded
from pipeline.services import difference, preprocess
from tests.pipeline.imaging import NO_STARS

pytestmark = pytest.mark.django_db


def preprocess_all(observations, actor):
    for observation in observations:
        preprocess(observation, actor=actor)


def test_preprocessing_measures_the_image_and_keeps_it(observations, night, actor):
    reference, _ = observations
    outcome = preprocess(reference, actor=actor)

    run = PreprocessRun.objects.get()
    reference.refresh_from_db()
    assert (run.status, reference.status) == (RunStatus.COMPLETED, ObservationStatus.PREPROCESSED)
    # The pixels themselves, of 0.6″, broaden what the telescope delivers.
    assert run.seeing_arcsec == pytest.approx(night.exposures[0].seeing_arcsec, rel=0.12)
    assert run.star_count > 10
    assert run.processing_time_seconds > 0
    assert run.software_versions["astropy"]
    assert outcome.goes_on
    frame = artefacts.load_frame(run.processed_fits_path)
    assert frame.data.shape == (384, 384)
    assert abs(np.median(frame.data)) < frame.noise_adu


def test_a_frame_survives_the_store_unchanged(observations, actor):
    preprocess(observations[0], actor=actor)
    key = PreprocessRun.objects.get().processed_fits_path
    again = artefacts.keep_frame(artefacts.load_frame(key), NO_STARS)
    first, second = artefacts.load_frame(key), artefacts.load_frame(again)
    for plane in ("data", "variance", "mask"):
        np.testing.assert_array_equal(getattr(first, plane), getattr(second, plane))
    corner = (383.0, 383.0)
    np.testing.assert_allclose(first.wcs.all_pix2world(*corner, 0), second.wcs.all_pix2world(*corner, 0), atol=1e-9)
    assert first.gain_e_per_adu == second.gain_e_per_adu


def test_preprocessing_again_changes_nothing(observations, actor):
    preprocess(observations[0], actor=actor)
    outcome = preprocess(Observation.objects.get(pk=observations[0].pk), actor=actor)
    assert outcome.message == "was preprocessed before"
    assert PreprocessRun.objects.count() == 1


def test_an_observation_without_a_gain_fails_and_says_so(observations, actor):
    observation = observations[0]
    observation.gain_e_per_adu = None
    with pytest.raises(ImagingError, match="no gain"):
        preprocess(observation, actor=actor)
    run = PreprocessRun.objects.get()
    observation.refresh_from_db()
    assert (run.status, observation.status) == (RunStatus.FAILED, ObservationStatus.FAILED)
    assert "no gain" in run.error_message


def test_a_run_whose_last_transaction_is_rolled_back_is_failed(observations, actor, monkeypatch):
    preprocess_all(observations, actor)

    def complete_and_break(self, **results):
        Recorded.complete(self, **results)
        raise OSError("the connection was lost at commit")

    monkeypatch.setattr("pipeline.services.Recorded", type("Breaking", (Recorded,), {"complete": complete_and_break}))
    with pytest.raises(OSError, match="at commit"):
        difference(observations[1], actor=actor)
    run = DifferenceRun.objects.get()
    observations[1].refresh_from_db()
    assert (run.status, observations[1].status) == (RunStatus.FAILED, ObservationStatus.FAILED)
    assert not run.candidates.exists()


def test_what_a_killed_process_left_running_is_failed_before_the_next_try(observations, actor):
    observation = observations[0]
    left = PreprocessRun.objects.create(
        observation=observation, status=RunStatus.RUNNING, started_at="2026-10-01T00:00Z"
    )
    Observation.objects.filter(pk=observation.pk).update(status=ObservationStatus.PREPROCESSING)
    observation.refresh_from_db()
    preprocess(observation, actor=actor)
    left.refresh_from_db()
    assert left.status == RunStatus.FAILED
    assert "interrupted" in left.error_message
    assert observation.status == ObservationStatus.PREPROCESSED


def test_differencing_finds_the_transients_where_they_are(observations, night, actor):
    preprocess_all(observations, actor)
    science = observations[1]
    outcome = difference(science, actor=actor)

    run = DifferenceRun.objects.get()
    assert outcome.items == run.candidates_found == run.candidates.count()
    places = np.array(list(run.candidates.values_list("pixel_x", "pixel_y", "ra", "dec")))
    bright = [transient for transient in night.exposures[1].transients if transient.snr > 10]
    assert bright
    for transient in bright:
        distance_px = np.hypot(places[:, 0] - transient.x, places[:, 1] - transient.y)
        nearest = places[distance_px.argmin()]
        assert distance_px.min() < 1.0
        assert abs(nearest[3] - transient.dec) * 3600 < 0.6
        assert abs(nearest[2] - transient.ra) * 3600 * np.cos(np.radians(transient.dec)) < 0.6


def test_a_candidates_magnitude_is_the_transients(observations, night, actor):
    preprocess_all(observations, actor)
    difference(observations[1], actor=actor)
    candidates = DifferenceRun.objects.get().candidates
    brightest = max(night.exposures[1].transients, key=lambda transient: transient.snr)
    row = min(
        candidates.all(),
        key=lambda candidate: np.hypot(candidate.pixel_x - brightest.x, candidate.pixel_y - brightest.y),
    )
    assert row.mag == pytest.approx(brightest.mag, abs=5 * row.mag_error + 0.05)


def test_every_candidate_belongs_to_an_object(observations, actor):
    preprocess_all(observations, actor)
    difference(observations[1], actor=actor)
    run = DifferenceRun.objects.get()
    assert not run.candidates.filter(sky_object=None).exists()
    assert SkyObject.objects.count() <= run.candidates.count()


def test_differencing_again_changes_nothing(observations, actor):
    preprocess_all(observations, actor)
    difference(observations[1], actor=actor)
    count = DifferenceRun.objects.get().candidates.count()
    outcome = difference(Observation.objects.get(pk=observations[1].pk), actor=actor)
    assert (outcome.items, outcome.message) == (0, "was differenced before")
    assert DifferenceRun.objects.get().candidates.count() == count


def test_another_threshold_is_another_difference(observations, actor):
    preprocess_all(observations, actor)
    difference(observations[1], actor=actor)
    set_config(key="pipeline.detection_threshold_sigma", value=12.0, actor=actor)
    difference(Observation.objects.get(pk=observations[1].pk), actor=actor)
    strict = DifferenceRun.objects.latest("created_at")
    assert DifferenceRun.objects.count() == 2
    assert strict.detection_threshold == SystemConfig.objects.in_force("pipeline.detection_threshold_sigma") == 12.0
    assert all(row.significance >= 12.0 for row in strict.candidates.all())


def test_without_a_reference_the_way_ends_there_without_a_failure(observations, actor):
    science = observations[1]
    preprocess(science, actor=actor)
    outcome = difference(science, actor=actor)
    assert not outcome.goes_on
    assert "reference" in outcome.message
    assert science.status == ObservationStatus.PREPROCESSED
    assert not DifferenceRun.objects.exists()


def test_a_reference_is_not_differenced_but_sends_on_those_that_waited_for_it(observations, actor):
    reference, science = observations
    preprocess(science, actor=actor)
    assert not difference(science, actor=actor).goes_on
    preprocess(reference, actor=actor)
    outcome = difference(reference, actor=actor)
    assert not outcome.goes_on
    assert "1 observations waited" in outcome.message
    assert ProcessingJob.objects.get().entity_id == science.pk


def test_a_difference_that_cannot_be_made_is_failed_with_its_cause(observations, actor):
    preprocess_all(observations, actor)
    PreprocessRun.objects.filter(observation=observations[0]).update(processed_fits_path="00/lost.fits")
    with pytest.raises(FileNotFoundError):
        difference(observations[1], actor=actor)
    run = DifferenceRun.objects.get()
    observations[1].refresh_from_db()
    assert (run.status, observations[1].status) == (RunStatus.FAILED, ObservationStatus.FAILED)
    assert "lost.fits" in run.error_message
