"""Preprocessed observations become a reference, which is used."""

import numpy as np
import pytest
from astropy.io import fits

from astrid import storage
from astrid.models import Observation, ObservationKind, ObservationStatus
from astrid.services import ingest, register_survey
from astrid.simulate import simulate_night
from pipeline import artefacts as stored
from pipeline.coaddition import build_reference
from pipeline.imaging.frame import BadParameterError, RegistrationError
from pipeline.models import PreprocessRun, ProcessingJob
from pipeline.references import best_reference
from pipeline.services import difference, preprocess
from tests.pipeline.imaging import NO_STARS

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="session")
def epochs(tmp_path_factory):
    """One field four times."""
    return simulate_night(tmp_path_factory.mktemp("epochs"), seed=8, fields=1, epochs=3, size_px=384)


@pytest.fixture
def preprocessed(epochs, artefacts, actor) -> list[Observation]:
    """The night's exposures, as science observations."""
    survey = register_survey(name="Simulated", actor=actor)
    observations = []
    for exposure in epochs.exposures:
        observation, _ = ingest(exposure.path, survey=survey, kind=ObservationKind.SCIENCE, actor=actor)
        preprocess(observation, actor=actor)
        observations.append(observation)
    return observations


def test_a_reference_is_deeper_than_what_it_is_made_of(preprocessed, actor):
    inputs = preprocessed[1:]
    built = build_reference(inputs, name="field 1", actor=actor)
    reference = built.reference
    runs = [observation.preprocess_runs.get() for observation in inputs]
    run = reference.preprocess_runs.get()
    assert (built.is_new, built.skipped) == (True, [])
    assert (reference.kind, reference.status) == (ObservationKind.REFERENCE, ObservationStatus.PREPROCESSED)
    assert reference.observation_id.startswith("field 1-")
    assert run.depth_mag > max(one.depth_mag for one in runs) + 0.3
    assert run.seeing_arcsec < max(one.seeing_arcsec for one in runs) + 0.1
    assert run.measurements["n_frames"] == 3


def test_a_reference_has_the_facts_of_an_observation(preprocessed, actor):
    inputs = preprocessed[1:]
    reference = build_reference(inputs, actor=actor).reference
    base = min(inputs, key=lambda observation: observation.preprocess_runs.get().seeing_arcsec)
    times = [observation.observation_time.timestamp() for observation in inputs]
    assert reference.observation_time.timestamp() == pytest.approx(np.mean(times))
    assert reference.exposure_time == pytest.approx(sum(observation.exposure_time for observation in inputs))
    for fact in ("ra", "dec", "footprint", "pixel_scale", "image_width", "filter_band", "zero_point_mag"):
        assert getattr(reference, fact) == getattr(base, fact)
    assert reference.gain_e_per_adu > 2 * base.gain_e_per_adu
    assert reference.fits_sha256 == storage.digest_of(storage.path_of(reference.fits_file_path))


def test_a_reference_says_what_it_was_made_of(preprocessed, actor):
    inputs = preprocessed[1:]
    reference = build_reference(inputs, actor=actor).reference
    listed = reference.header["inputs"]
    assert {entry["id"] for entry in listed} == {str(observation.pk) for observation in inputs}
    assert {entry["sha256"] for entry in listed} == {observation.fits_sha256 for observation in inputs}
    assert sum(entry["weight"] for entry in listed) == pytest.approx(1, abs=1e-5)
    assert reference.preprocess_runs.get().software_versions["numpy"]
    with fits.open(storage.path_of(reference.fits_file_path)) as planes:
        primary = planes[0].header
    assert primary["NCOMBINE"] == 3
    assert all(observation.fits_sha256 in "".join(primary["HISTORY"]) for observation in inputs)


def test_the_inverse_variance_is_kept_beside_it(preprocessed, actor):
    reference = build_reference(preprocessed[1:], actor=actor).reference
    frame = stored.load_frame(reference.preprocess_runs.get().processed_fits_path)
    weight = stored.load_image(reference.header["inverse_variance_path"])
    good = frame.mask == 0
    np.testing.assert_allclose(1 / weight[good], frame.variance[good], rtol=0.02)
    assert np.median(1 / np.sqrt(weight[good])) == pytest.approx(frame.noise_adu, rel=0.05)


def test_the_same_inputs_are_the_same_reference_in_whatever_order(preprocessed, actor):
    first = build_reference(preprocessed[:2], actor=actor)
    again = build_reference([*preprocessed[1::-1], preprocessed[0]], name="again", actor=actor)
    assert (again.reference, again.is_new) == (first.reference, False)
    assert Observation.objects.filter(kind=ObservationKind.REFERENCE).count() == 1
    assert build_reference(preprocessed, actor=actor).is_new


def test_a_reference_sends_on_what_waited_for_it_and_is_used(preprocessed, actor):
    science, *inputs = preprocessed
    assert best_reference(science) is None
    built = build_reference(inputs, actor=actor)
    assert built.woken == len(preprocessed)
    assert science.pk in ProcessingJob.objects.values_list("entity_id", flat=True)
    assert best_reference(science) == built.reference
    assert difference(science, actor=actor).goes_on
    assert science.difference_runs.get().reference_observation == built.reference


def test_a_reference_is_not_preprocessed_itself(preprocessed, actor):
    reference = build_reference(preprocessed[:2], actor=actor).reference
    outcome = preprocess(reference, actor=actor)
    assert outcome.message == "is a co-add of calibrated images"
    assert reference.preprocess_runs.count() == 1


def move_away(observation):
    """Let its calibrated image lie a degree from where it was."""
    run = observation.preprocess_runs.get()
    frame = stored.load_frame(run.processed_fits_path)
    frame.wcs.wcs.crval += [0, 1]
    PreprocessRun.objects.filter(pk=run.pk).update(processed_fits_path=stored.keep_frame(frame, NO_STARS))


def test_what_cannot_be_registered_is_left_out_and_told(preprocessed, actor):
    worst = max(preprocessed[1:], key=lambda observation: observation.preprocess_runs.get().seeing_arcsec)
    move_away(worst)
    built = build_reference(preprocessed[1:], actor=actor)
    assert [observation for observation, _ in built.skipped] == [worst]
    assert "does not cover" in built.skipped[0][1]
    assert built.reference.header["skipped"] == {worst.observation_id: built.skipped[0][1]}
    assert str(worst.pk) not in [entry["id"] for entry in built.reference.header["inputs"]]


def test_if_fewer_than_two_remain_there_is_no_reference_and_nothing_is_left_of_it(preprocessed, actor):
    worst = max(preprocessed[:2], key=lambda observation: observation.preprocess_runs.get().seeing_arcsec)
    move_away(worst)
    with pytest.raises(RegistrationError, match=rf"nothing could be brought onto .*{worst}: the reference does"):
        build_reference(preprocessed[:2], actor=actor)
    assert not Observation.objects.filter(kind=ObservationKind.REFERENCE).exists()
    assert not ProcessingJob.objects.exists()


def test_what_is_no_set_of_preprocessed_observations_of_one_filter_is_refused(preprocessed, actor):
    with pytest.raises(BadParameterError, match="at least 2 observations, there are 1"):
        build_reference(preprocessed[:1] * 2, actor=actor)
    other = preprocessed[1]
    other.filter_band = "g"
    with pytest.raises(BadParameterError, match=rf"{preprocessed[0]} is Simulated r, {other} is Simulated g"):
        build_reference(preprocessed[:2], actor=actor)
    other.status = ObservationStatus.INGESTED
    with pytest.raises(BadParameterError, match=rf"{other} is ingested, not preprocessed"):
        build_reference(preprocessed[:2], actor=actor)
