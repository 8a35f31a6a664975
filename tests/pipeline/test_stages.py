import pytest
from django.db import transaction
from procrastinate.contrib.django.models import ProcrastinateJob

from astrid.models import Observation
from pipeline import stages
from pipeline.models import JobStatus, ProcessingJob
from pipeline.stages import Outcome
from tests.factories import ObservationFactory

pytestmark = pytest.mark.django_db

CALLS = []


def note(observation, *, actor):
    CALLS.append(("note", observation.pk))
    return Outcome(items=2, message="noted")


def end_here(observation, *, actor):
    CALLS.append(("end_here", observation.pk))
    return Outcome(items=0, message="nothing to do", goes_on=False)


class BrokenError(ValueError):
    measurements = {"stars": 3}


def fail(observation, *, actor):
    raise BrokenError("only 3 stars")


@pytest.fixture(autouse=True)
def no_calls():
    CALLS.clear()


@pytest.fixture
def way(settings):
    """Set the stages to these verbs of this module."""

    def set_stages(*verbs):
        settings.STAGES = [{"name": verb, "verb": f"{__name__}.{verb}", "makes": "things"} for verb in verbs]

    return set_stages


def carry_out_all():
    """The engine's work, in this thread and transaction."""
    while job := ProcessingJob.objects.filter(status=JobStatus.PENDING).order_by("-priority", "created_at").first():
        stages.carry_out(job)


def test_an_observation_passes_the_stages_in_order(way, actor):
    way("note", "end_here", "fail")
    observation = ObservationFactory()
    stages.start([observation], actor=actor)
    carry_out_all()
    assert [verb for verb, _ in CALLS] == ["note", "end_here"]
    assert {pk for _, pk in CALLS} == {observation.pk}
    jobs = ProcessingJob.objects.order_by("created_at")
    assert [(job.job_type, job.status, job.outcome) for job in jobs] == [
        ("note", "completed", "noted"),
        ("end_here", "completed", "nothing to do"),
    ]
    assert {job.workflow_id for job in jobs} == {jobs[0].workflow_id}
    assert (jobs[0].items, jobs[0].progress) == (2, 1.0)


def test_a_failure_is_recorded_with_its_measurements_and_stops_the_way(way, actor):
    way("fail", "note")
    stages.start([ObservationFactory()], actor=actor)
    with pytest.raises(BrokenError):
        carry_out_all()
    job = ProcessingJob.objects.get()
    assert (job.status, job.error_message) == (JobStatus.FAILED, "only 3 stars")
    assert job.error_details["type"] == "BrokenError"
    assert job.error_details["measurements"] == {"stars": "3"}
    assert "only 3 stars" in job.error_details["traceback"]


def test_a_job_whose_last_transaction_is_rolled_back_is_failed(way, actor, monkeypatch):
    way("note", "end_here")
    stages.start([ObservationFactory()], actor=actor)

    def break_down(*args, **kwargs):
        raise OSError("the queue is gone")

    monkeypatch.setattr(stages, "_queue", break_down)
    with pytest.raises(OSError, match="the queue is gone"):
        carry_out_all()
    assert ProcessingJob.objects.get().status == JobStatus.FAILED


def test_a_job_commits_with_the_data_and_goes_with_a_rollback(way, actor):
    way("note")
    with transaction.atomic():
        stages.start([ObservationFactory()], actor=actor)
        assert ProcrastinateJob.objects.count() == 1
        transaction.set_rollback(True)
    assert ProcrastinateJob.objects.count() == ProcessingJob.objects.count() == 0


def test_an_observation_on_its_way_is_not_started_twice(way, actor):
    way("note")
    observation = ObservationFactory()
    first, second = (stages.start([observation], actor=actor) for _ in range(2))
    assert first == second
    assert ProcessingJob.objects.count() == ProcrastinateJob.objects.count() == 1


def test_an_observation_whose_last_stage_is_at_work_is_woken_for_another_way(way, actor):
    way("note", "end_here")
    observation = ObservationFactory()
    stages.start([observation], actor=actor)
    stages.carry_out(ProcessingJob.objects.get())
    assert [job.job_type for job in stages.start([observation], actor=actor)] == ["end_here"]
    assert [job.job_type for job in stages.wake([observation], actor=actor)] == ["note"]
    carry_out_all()
    assert [verb for verb, _ in CALLS] == ["note", "end_here", "note", "end_here"]


def test_a_stage_that_is_queued_already_is_not_queued_twice(way, actor):
    way("note", "end_here")
    observation = ObservationFactory()
    stages.start([observation], actor=actor)
    stages.carry_out(ProcessingJob.objects.get())
    (again,) = stages.wake([observation], actor=actor)
    stages.carry_out(again)
    assert ProcessingJob.objects.filter(job_type="end_here").count() == 1


def test_a_job_whose_worker_died_runs_again_and_counts_it(way, actor):
    way("note")
    stages.start([ObservationFactory()], actor=actor)
    ProcessingJob.objects.update(status=JobStatus.RUNNING)
    job = ProcessingJob.objects.get()
    stages.carry_out(job)
    assert (job.status, job.retry_count) == (JobStatus.COMPLETED, 1)


def test_a_completed_or_cancelled_job_is_not_carried_out(way, actor):
    way("fail")
    stages.start([ObservationFactory()], actor=actor)
    for status in (JobStatus.COMPLETED, JobStatus.CANCELLED):
        ProcessingJob.objects.update(status=status)
        stages.carry_out(ProcessingJob.objects.get())


def test_references_go_first(way, actor):
    way("note")
    science, reference = ObservationFactory(), ObservationFactory(kind="reference")
    stages.start([science, reference], actor=actor)
    carry_out_all()
    assert [pk for _, pk in CALLS] == [reference.pk, science.pk]


def test_one_observations_stages_share_the_engines_lock(way, actor):
    way("note")
    observation = ObservationFactory()
    stages.start([observation], actor=actor)
    assert ProcrastinateJob.objects.get().lock == f"observation {observation.pk}"


def test_what_is_unfinished():
    def with_file(**facts):
        return ObservationFactory(fits_file_path="ab/c.fits", **facts)

    expected = {
        with_file(status="ingested").pk,
        with_file(status="failed").pk,
        with_file(status="preprocessed").pk,
        with_file(status="differencing").pk,
    }
    with_file(status="differenced")
    with_file(status="archived")
    with_file(status="preprocessed", kind="reference")
    ObservationFactory(status="ingested")
    assert set(stages.unfinished().values_list("pk", flat=True)) == expected


@pytest.mark.django_db(transaction=True)
def test_the_engine_drains_the_queue_and_what_it_queues(way, actor):
    way("note", "note_again")
    pks = [ObservationFactory().pk for _ in range(3)]
    stages.start(Observation.objects.filter(pk__in=pks), actor=actor)
    watched = []
    stages.drain(lambda: watched.append(ProcessingJob.objects.count()))
    assert sorted(CALLS) == sorted([(verb, pk) for verb in ("note", "note_again") for pk in pks])
    assert set(ProcessingJob.objects.values_list("status", flat=True)) == {"completed"}
    assert watched


def note_again(observation, *, actor):
    CALLS.append(("note_again", observation.pk))
    return Outcome(items=1, message="noted again")


@pytest.mark.django_db(transaction=True)
def test_the_engine_goes_on_after_a_failure(way, actor):
    way("fail")
    stages.start([ObservationFactory(), ObservationFactory()], actor=actor)
    stages.drain()
    assert list(ProcessingJob.objects.values_list("status", flat=True)) == ["failed", "failed"]
