"""What a preprocess run keeps of an image, and of an image that fails."""

import json

import numpy as np
import pytest

from astrid.models import Observation
from pipeline import artefacts as stored
from pipeline.imaging.frame import BadImageError, Flag, NoStarsError
from pipeline.models import PreprocessRun, RunStatus
from pipeline.runs import plain
from pipeline.services import preprocess

pytestmark = pytest.mark.django_db


def test_a_run_keeps_what_was_measured(observations, actor):
    preprocess(observations[0], actor=actor)
    run = PreprocessRun.objects.get()
    frame = stored.load_frame(run.processed_fits_path)
    measured = run.measurements
    assert measured["seeing_fwhm_px"] * observations[0].pixel_scale == pytest.approx(run.seeing_arcsec)
    assert 0 <= measured["psf_ellipticity"] < 0.2
    assert run.depth_mag == pytest.approx(run.zero_point_mag - 2.5 * np.log10(measured["depth_5sigma_adu"]))
    for flag in Flag:
        assert measured[f"{flag.name.lower()}_fraction"] == pytest.approx(np.mean((frame.mask & flag) != 0))
    assert measured["saturated_fraction"] > 0


def test_a_failed_run_keeps_the_numbers_behind_the_message(observations, actor, monkeypatch):
    def calibrate(*args, **options):
        raise NoStarsError("2 stars show no PSF", n_stars=np.int64(2), fwhm_px=np.float32("nan"), shape=(384, 384))

    monkeypatch.setattr("pipeline.preprocessing.calibrate", calibrate)
    with pytest.raises(NoStarsError):
        preprocess(observations[0], actor=actor)
    run = PreprocessRun.objects.get()
    assert (run.status, run.error_message) == (RunStatus.FAILED, "2 stars show no PSF")
    assert run.measurements == {"n_stars": 2, "fwhm_px": None, "shape": [384, 384]}


def test_a_failure_of_the_image_itself_has_its_numbers_too(observations, actor):
    Observation.objects.filter(pk=observations[0].pk).update(saturation_adu=1.0)
    with pytest.raises(BadImageError, match="no pixel is good"):
        preprocess(Observation.objects.get(pk=observations[0].pk), actor=actor)
    assert PreprocessRun.objects.get().measurements["median_adu"] > 1


@pytest.mark.parametrize(
    ("measured", "expected"),
    [
        (np.float32(0.5), 0.5),
        (np.bool_(True), True),
        (np.inf, None),
        ({"a": (1, np.nan)}, {"a": [1, None]}),
        (np.array([[1, 2], [3, 4]]), [[1, 2], [3, 4]]),
        (RunStatus, str(RunStatus)),
        (None, None),
        ("text", "text"),
    ],
)
def test_every_measurement_has_a_form_in_json(measured, expected):
    assert plain(measured) == expected
    json.dumps(plain(measured), allow_nan=False)
