import io

import pytest
from django.core.management import CommandError, call_command

from pipeline.models import Candidate, DifferenceRun
from pipeline.services import preprocess

pytestmark = pytest.mark.django_db


def extract(*arguments) -> str:
    said = io.StringIO()
    call_command("extract_candidates", *map(str, arguments), stdout=said)
    return said.getvalue()


def test_what_an_image_shows_becomes_candidates_of_a_run_without_a_reference(observations, actor):
    science = observations[1]
    preprocess(science, actor=actor)
    said = extract(science)

    run = DifferenceRun.objects.get()
    assert (run.status, run.algorithm, run.reference_observation) == ("completed", "finished", None)
    assert run.candidates_found == Candidate.objects.count() > 0
    assert f"{run.candidates_found} candidates" in said
    science.refresh_from_db()
    assert science.status == "differenced"
    assert "was searched before" in extract(science)


def test_an_observation_that_is_not_preprocessed_is_said(observations, capsys):
    with pytest.raises(CommandError, match="1 of the observations"):
        extract(observations[1])
    assert not DifferenceRun.objects.exists()
