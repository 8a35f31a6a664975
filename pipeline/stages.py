"""The way of an observation: stages in the order of settings.STAGES, each a job that queues the next.

Procrastinate runs the jobs; a `ProcessingJob` row is what people see of one. The engine's lock keeps two stages of
one observation from running at once. A job whose worker was killed is found by the worker's missing heartbeat and
run again, so every stage's verb recognises what it did before.
"""

import asyncio
import functools
import socket
import time
import traceback as tracebacks
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from asgiref.sync import async_to_sync, sync_to_async
from django.conf import settings
from django.db import connections, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.module_loading import import_string
from procrastinate.contrib.django import app
from procrastinate.contrib.django.django_connector import DjangoConnector
from procrastinate.contrib.django.models import ProcrastinateJob
from procrastinate.manager import JobManager
from procrastinate.tasks import configure_task

from astrid.actors import acting, service, service_account
from astrid.models import Observation, ObservationKind, ObservationStatus
from astrid.transitions import transition
from pipeline.models import JobStatus, ProcessingJob

TASK = "pipeline.tasks.run_stage"
# Three missed heartbeats of the engine's ten seconds: its worker is dead.
DEAD_AFTER_S = 30
# References are preprocessed before the observations that need them.
REFERENCE_PRIORITY = 10


@dataclass(frozen=True)
class Outcome:
    """What a stage made of an observation; `goes_on` is False where the way ends without a failure."""

    items: int
    message: str
    goes_on: bool = True


def names() -> list[str]:
    return [stage["name"] for stage in settings.STAGES]


def unfinished() -> QuerySet:
    """Observations with an image that have not come to the end of their way: references first, then the oldest."""
    status = ObservationStatus
    is_waiting = Q(status__in=(status.INGESTED, status.PREPROCESSING, status.DIFFERENCING, status.FAILED))
    needs_reference = Q(status=status.PREPROCESSED, kind=ObservationKind.SCIENCE)
    found = Observation.objects.filter(is_waiting | needs_reference).exclude(fits_file_path="")
    return found.order_by("kind", "observation_time", "pk")


@service
def start(observations: Iterable[Observation], *, actor) -> list[ProcessingJob]:
    """Queue the first stage of each observation that is not already on its way; the jobs queued or found active."""
    return [
        ProcessingJob.objects.active().filter(entity_id=observation.pk).first() or _queue_first(observation)
        for observation in observations
    ]


@service
def wake(observations: Iterable[Observation], *, actor) -> list[ProcessingJob]:
    """Send observations on their way again because of something new, those too whose last stage is at work just now.

    It may have looked too early. What was done before is recognised, and the engine's lock keeps the order.
    """
    return [_queue_first(observation) for observation in observations]


def _queue_first(observation: Observation) -> ProcessingJob:
    priority = REFERENCE_PRIORITY if observation.kind == ObservationKind.REFERENCE else 0
    return _queue(observation.pk, stage=names()[0], priority=priority, workflow_id=uuid.uuid4())


def _queue(observation_id, *, stage: str, priority: int, workflow_id) -> ProcessingJob:
    """A job's row and its place in the engine's queue, in the caller's transaction; or the one that is active."""
    if active := ProcessingJob.objects.active().filter(entity_id=observation_id, job_type=stage).first():
        return active
    job = ProcessingJob.objects.create(
        job_type=stage,
        entity_id=observation_id,
        priority=priority,
        workflow_id=workflow_id,
        scheduled_at=timezone.now(),
    )
    job.task_id = str(enqueue(TASK, lock=f"observation {observation_id}", priority=priority, job_id=str(job.pk)))
    job.save(update_fields=["task_id"])
    return job


def enqueue(task: str, *, lock: str, priority: int = 0, **arguments) -> int:
    """Queue a task of the engine on Django's own connection: a rollback takes it back. Returns the engine's number.

    Inside a worker the engine's own connector is another connection, whose jobs could start before this commits.
    """
    manager = JobManager(DjangoConnector())
    return configure_task(name=task, job_manager=manager, lock=lock, priority=priority).defer(**arguments)


def carry_out(job: ProcessingJob) -> None:
    """Run one job's stage, record what came of it, and queue the next stage."""
    actor = service_account()
    if job.status in (JobStatus.COMPLETED, JobStatus.CANCELLED):
        return
    with acting(actor, source=f"job {job.job_type} {job.pk}"), _Failure(job):
        if job.status in (JobStatus.RUNNING, JobStatus.FAILED):
            transition(job, JobStatus.PENDING, retry_count=job.retry_count + 1)
        transition(job, JobStatus.RUNNING, started_at=timezone.now(), worker=socket.gethostname())
        verb = import_string(settings.STAGES[names().index(job.job_type)]["verb"])
        outcome = verb(Observation.objects.select_related("survey").get(pk=job.entity_id), actor=actor)
        with transaction.atomic():
            _complete(job, outcome)


def _complete(job: ProcessingJob, outcome: Outcome) -> None:
    transition(
        job,
        JobStatus.COMPLETED,
        completed_at=timezone.now(),
        progress=1.0,
        items=outcome.items,
        outcome=outcome.message[:500],
    )
    following = names()[names().index(job.job_type) + 1 :]
    if following and outcome.goes_on:
        _queue(job.entity_id, stage=following[0], priority=job.priority, workflow_id=job.workflow_id)


class _Failure:
    """Writes an exception into the job's row and lets it go on to the engine."""

    def __init__(self, job: ProcessingJob):
        self.job = job

    def __enter__(self):
        return self

    def __exit__(self, kind, error, traceback):
        if error is None:
            return
        # A transaction that was rolled back has left its status in this instance.
        self.job.refresh_from_db(fields=["status"])
        if self.job.status == JobStatus.RUNNING:
            transition(
                self.job,
                JobStatus.FAILED,
                completed_at=timezone.now(),
                error_message=str(error) or kind.__name__,
                error_details={
                    "type": kind.__name__,
                    "measurements": {name: str(value) for name, value in getattr(error, "measurements", {}).items()},
                    "traceback": "".join(tracebacks.format_exception(error)),
                },
            )


def drain(watch: Callable[[], None] = lambda: None) -> None:
    """Run everything that is queued, in this process, until nothing is left, calling `watch` all the while.

    A job in the hands of another living worker is waited for; one of a dead worker is taken over.
    """
    while _is_busy():
        take_over_dead_workers_jobs()
        with app.replace_connector(app.connector.get_worker_connector()) as engine:
            asyncio.run(_work(engine, watch))
        watch()
        if ProcrastinateJob.objects.filter(status="doing").exists():
            time.sleep(1.0)


def _is_busy() -> bool:
    due = Q(scheduled_at=None) | Q(scheduled_at__lte=timezone.now())
    return ProcrastinateJob.objects.filter(Q(status="doing") | Q(due, status="todo")).exists()


async def _work(engine, watch: Callable[[], None]) -> None:
    async with engine.open_async():
        worker = asyncio.create_task(
            engine.run_worker_async(wait=False, install_signal_handlers=False, listen_notify=False)
        )
        while not worker.done():
            await asyncio.wait({worker}, timeout=0.2)
            await sync_to_async(closing_connections(watch))()
        worker.result()


def closing_connections(function: Callable) -> Callable:
    """For functions that run in a thread of the engine's: the thread ends, and its connection must not outlive it."""

    @functools.wraps(function)
    def run(*args, **kwargs):
        try:
            return function(*args, **kwargs)
        finally:
            connections.close_all()

    return run


def take_over_dead_workers_jobs() -> int:
    """Queue again what workers without a heartbeat were doing; returns how many jobs that were."""
    stalled = async_to_sync(app.job_manager.get_stalled_jobs)(seconds_since_heartbeat=DEAD_AFTER_S)
    for job in stalled:
        app.job_manager.retry_job_by_id(job.id, retry_at=timezone.now())
    return len(stalled)
