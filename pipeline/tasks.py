"""Entry points of the job engine."""

from procrastinate.contrib.django import app

from pipeline import stages
from pipeline.models import ProcessingJob


@app.task(name=stages.TASK, queue="cpu")
@stages.closing_connections
def run_stage(*, job_id: str) -> None:
    stages.carry_out(ProcessingJob.objects.get(pk=job_id))
