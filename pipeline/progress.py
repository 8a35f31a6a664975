"""What people see in the terminal of observations on their way."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import zip_longest

from django.conf import settings
from django.db.models import Count, DurationField, ExpressionWrapper, F, Q, QuerySet, Sum
from django.utils import timezone
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from astrid.models import Observation
from pipeline import stages
from pipeline.models import JobStatus, ProcessingJob


def bars(console: Console) -> Progress:
    return Progress(
        TextColumn("{task.description:<12}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), console=console
    )


def jobs_of(started: Sequence[ProcessingJob]) -> QuerySet:
    """All jobs of the observations that `started` sent on their way, from then on."""
    since = min((job.created_at for job in started), default=timezone.now())
    return ProcessingJob.objects.filter(entity_id__in=[job.entity_id for job in started], created_at__gte=since)


class WayProgress:
    """One bar per stage, as the jobs' rows tell it."""

    def __init__(self, progress: Progress, started: Sequence[ProcessingJob]):
        self.jobs, self.started = jobs_of(started), len(started)
        self.progress = progress
        self.tasks = {name: progress.add_task(name, total=self.started) for name in stages.names()}

    def update(self) -> None:
        """A stage expects what the stage before it did not end: failures and outcomes that go no further."""
        ended = Count("entity_id", distinct=True, filter=~Q(status__in=(JobStatus.PENDING, JobStatus.RUNNING)))
        rows = self.jobs.order_by().values("job_type").annotate(all=Count("entity_id", distinct=True), ended=ended)
        counts = {row["job_type"]: row for row in rows}
        nothing = {"all": 0, "ended": 0}
        expected = self.started
        for name, following in zip_longest(stages.names(), stages.names()[1:]):
            ended = counts.get(name, nothing)["ended"]
            self.progress.update(self.tasks[name], completed=ended, total=expected)
            expected -= ended - counts.get(following, nothing)["all"]


@dataclass
class StageRow:
    stage: str
    makes: str
    items: int = 0
    seconds: float = 0.0
    failures: int = 0


class StageTable:
    """Stage, items, seconds, failures."""

    def __init__(self):
        self.rows: list[StageRow] = []

    @contextmanager
    def timed(self, stage: str, *, makes: str) -> Iterator[StageRow]:
        """A row for what happens inside, which fills in its items."""
        row = StageRow(stage, makes)
        began = time.monotonic()
        yield row
        row.seconds = time.monotonic() - began
        self.rows.append(row)

    def add_way(self, started: Sequence[ProcessingJob]) -> None:
        """A row for each stage of the ways that `started` began."""
        took = ExpressionWrapper(F("completed_at") - F("started_at"), output_field=DurationField())
        for stage in settings.STAGES:
            sums = (
                jobs_of(started)
                .filter(job_type=stage["name"])
                .aggregate(items=Sum("items"), time=Sum(took), failures=Count("pk", filter=Q(status=JobStatus.FAILED)))
            )
            seconds = sums["time"].total_seconds() if sums["time"] else 0.0
            self.rows.append(StageRow(stage["name"], stage["makes"], sums["items"] or 0, seconds, sums["failures"]))

    def __rich__(self) -> Table:
        table = Table(box=None, header_style="bold", pad_edge=False)
        table.add_column("stage")
        table.add_column("items", justify="right")
        table.add_column("")
        table.add_column("seconds", justify="right")
        table.add_column("failures", justify="right")
        for row in self.rows:
            table.add_row(row.stage, str(row.items), row.makes, f"{row.seconds:.1f}", str(row.failures))
        return table


def print_failures(console: Console, started: Sequence[ProcessingJob]) -> int:
    """A line for each job that failed; how many there are."""
    failed = jobs_of(started).filter(status=JobStatus.FAILED)
    names = dict(Observation.objects.filter(pk__in=failed.values("entity_id")).values_list("pk", "observation_id"))
    for job in failed:
        console.print(f"[red]{job.job_type} failed[/] {names[job.entity_id]}: {job.error_message}")
    return len(failed)
