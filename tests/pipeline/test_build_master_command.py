"""`manage.py build_master`: what it says, and how it ends."""

import io

import pytest
from django.core.management import CommandError, call_command

from astrid.services import register_survey
from pipeline.models import MasterFrame
from tests.pipeline import detector

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("artefacts")]


@pytest.fixture(autouse=True)
def survey(actor):
    return register_survey(name="Raw", actor=actor)


def build(kind, paths, *, survey="Raw", **options) -> str:
    out = io.StringIO()
    call_command("build_master", kind, *map(str, paths), survey=survey, stdout=out, **options)
    return out.getvalue()


def test_a_master_is_one_line_with_its_level_noise_and_bad_pixels_and_known_the_second_time(tmp_path):
    paths = detector.biases(tmp_path)
    row = "bias 2026-10-01 of 5 exposures, 256 × 256 px, binning 1x1: level 30"
    first = build("bias", paths)
    assert first.startswith(f"built {row}")
    assert ", noise 1.79 ADU a pixel, 0 bad pixels" in first
    assert build("bias", paths).startswith(f"known {row}")
    assert MasterFrame.objects.count() == 1


def test_what_cannot_be_stacked_is_one_line(tmp_path):
    with pytest.raises(CommandError, match="at least 3 frames, there are 2"):
        build("bias", detector.biases(tmp_path, n=2))
    with pytest.raises(CommandError, match=r"missing\.fits: not readable: No such file"):
        build("bias", [tmp_path / "missing.fits"])


def test_a_survey_that_is_not_registered_is_named_with_those_that_are(tmp_path):
    with pytest.raises(CommandError, match="there is no survey 'Nowhere'; there are ATLAS"):
        build("bias", detector.biases(tmp_path), survey="Nowhere")


def test_only_a_flat_has_a_filter(tmp_path):
    with pytest.raises(CommandError, match="a bias has no filter"):
        build("bias", detector.biases(tmp_path), filter_band="r")
