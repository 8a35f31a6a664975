"""Jobs as people and programs see them; the engine that runs them is Procrastinate."""

from django.db import models
from django.db.models import Q

from astrid.models import Row, RowQuerySet, known_choice


class JobStatus(models.TextChoices):
    PENDING = "pending"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"


class ProcessingJobQuerySet(RowQuerySet):
    def active(self):
        """Jobs that are waiting or at work."""
        return self.filter(status__in=(JobStatus.PENDING, JobStatus.RUNNING))


class ProcessingJob(Row):
    """One stage of one observation's way, from being queued to its end."""

    Status = JobStatus
    TRANSITIONS = {
        JobStatus.PENDING: {JobStatus.RUNNING, JobStatus.CANCELLED},
        JobStatus.RUNNING: {JobStatus.COMPLETED, JobStatus.FAILED, JobStatus.PENDING},
        JobStatus.COMPLETED: set(),
        JobStatus.FAILED: {JobStatus.PENDING},
        JobStatus.CANCELLED: {JobStatus.PENDING},
    }

    job_type = models.CharField(max_length=50, help_text="The stage.")
    entity_type = models.CharField(max_length=50, default="observation", db_default="observation")
    entity_id = models.UUIDField()
    status = models.CharField(max_length=20, choices=JobStatus, default=JobStatus.PENDING, db_default="pending")
    priority = models.IntegerField(default=0, db_default=0, help_text="Higher goes first.")
    workflow_id = models.UUIDField(help_text="One per observation's way through the stages.")
    task_id = models.CharField(max_length=100, blank=True, help_text="The engine's number for it.")
    retry_count = models.PositiveIntegerField(default=0, db_default=0)
    max_retries = models.PositiveIntegerField(default=3, db_default=3)
    scheduled_at = models.DateTimeField(null=True, blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    completed_at = models.DateTimeField(null=True, blank=True)
    worker = models.CharField(max_length=200, blank=True)
    progress = models.FloatField(default=0.0, db_default=0.0, help_text="0 to 1.")
    items = models.PositiveIntegerField(default=0, db_default=0, help_text="What the stage made.")
    outcome = models.CharField(max_length=500, blank=True)
    error_message = models.TextField(blank=True)
    error_details = models.JSONField(default=dict, db_default={}, blank=True)

    objects = ProcessingJobQuerySet.as_manager()

    class Meta(Row.Meta):
        db_table = "processing_jobs"
        ordering = ("-created_at", "pk")
        constraints = (
            known_choice("processing_jobs", "status", JobStatus),
            models.CheckConstraint(
                condition=Q(progress__gte=0, progress__lte=1), name="processing_jobs_progress_0_to_1"
            ),
            models.UniqueConstraint(
                fields=("entity_id", "job_type"),
                condition=Q(status__in=("pending", "running")),
                name="processing_jobs_one_active_per_stage",
            ),
        )
        indexes = (
            models.Index(fields=("-created_at", "id"), name="processing_jobs_newest"),
            models.Index(fields=("workflow_id",), name="processing_jobs_workflow"),
        )

    def __str__(self):
        return f"{self.job_type} {self.entity_id}"
