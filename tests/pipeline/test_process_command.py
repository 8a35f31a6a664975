import io

import pytest
from django.core.management import CommandError, call_command

from astrid.models import Observation
from pipeline.models import Candidate, DifferenceRun, PreprocessRun, ProcessingJob

pytestmark = pytest.mark.django_db(transaction=True)


def process(*arguments: str) -> str:
    out = io.StringIO()
    call_command("process", *arguments, stdout=out, no_color=True)
    return out.getvalue()


def test_all_unfinished_observations_go_their_way_and_a_second_time_nothing_happens(observations):
    text = process("--all")
    assert "2 observations to process" in text
    assert PreprocessRun.objects.filter(status="completed").count() == 2
    assert DifferenceRun.objects.get().candidates_found == Candidate.objects.count() > 0
    assert f"{Candidate.objects.count()}  candidates" in " ".join(text.split(" ")).replace("   ", "  ")
    before = list(Candidate.objects.values_list("pk", flat=True).order_by("pk")), ProcessingJob.objects.count()

    assert "0 observations to process" in process("--all")
    assert before == (
        list(Candidate.objects.values_list("pk", flat=True).order_by("pk")),
        ProcessingJob.objects.count(),
    )


def test_an_observation_that_came_before_its_reference_is_differenced_when_the_reference_comes(observations):
    reference, science = observations
    process("--observation", science.observation_id)
    assert not DifferenceRun.objects.exists()
    process("--observation", reference.observation_id)
    assert DifferenceRun.objects.get().observation == science


def test_an_observation_is_named_by_its_id_or_its_key(observations):
    reference, science = observations
    process("--observation", reference.observation_id, str(science.pk))
    assert set(Observation.objects.values_list("status", flat=True)) == {"preprocessed", "differenced"}


def test_an_unknown_observation_is_named_in_the_error():
    with pytest.raises(CommandError, match="no observation 'nowhere'"):
        process("--observation", "nowhere")


def test_a_failure_is_told_in_one_line_and_by_the_exit_code(observations):
    Observation.objects.filter(pk=observations[0].pk).update(gain_e_per_adu=None)
    out = io.StringIO()
    with pytest.raises(CommandError) as raised:
        call_command("process", "--all", stdout=out, no_color=True)
    assert raised.value.returncode == 2
    assert f"preprocess failed {observations[0].observation_id}: no gain" in out.getvalue().replace("\n", " ")
