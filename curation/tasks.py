"""Entry points of the job engine."""

from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from astrid.actors import service_account
from curation import services
from pipeline.stages import closing_connections


class DeliveriesWaitError(Exception):
    """Some deliveries failed and wait for another attempt."""


@app.task(
    name=services.DELIVERY_TASK,
    queue="io",
    retry=RetryStrategy(max_attempts=services.MAX_ATTEMPTS, wait=services.LEASE.seconds),
)
@closing_connections
def deliver_alerts() -> None:
    if waiting := services.deliver_due(actor=service_account()):
        raise DeliveriesWaitError(f"{waiting} deliveries wait for another attempt")


@app.periodic(cron="0 4 1 * *")
@app.task(name="curation.tasks.ensure_audit_partitions", queue="io")
@closing_connections
def ensure_audit_partitions(timestamp: int) -> None:
    services.ensure_audit_partitions()
