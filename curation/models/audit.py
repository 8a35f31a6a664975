"""The log of every change of every table. The database writes it (`curation/audit.py`); nobody edits it."""

from django.db import models

from astrid.identifiers import UUID7, uuid7
from astrid.models import Row, RowQuerySet
from curation.audit import audit_triggers


class AuditLogQuerySet(RowQuerySet):
    def about(self, row: models.Model):
        """The history of one row, newest first."""
        return self.filter(entity_type=row._meta.db_table, entity_id=str(row.pk)).order_by("-created_at", "-id")


class AuditLog(models.Model):
    """One change of one row.

    An insert keeps a digest of the row, not its values: the row holds them, and the next change keeps the old ones.
    The table is partitioned by month; its key in the database is (id, created_at).
    """

    class Action(models.TextChoices):
        INSERT = "insert"
        UPDATE = "update"
        DELETE = "delete"
        TRUNCATE = "truncate"

    id = models.UUIDField(primary_key=True, default=uuid7, db_default=UUID7(), editable=False)
    entity_type = models.CharField(max_length=63, help_text="Table.")
    entity_id = models.CharField(max_length=64, blank=True)
    action = models.CharField(max_length=10, choices=Action)
    user_id = models.BigIntegerField(null=True, blank=True)
    username = models.CharField(max_length=150, blank=True)
    old_values = models.JSONField(null=True, blank=True)
    new_values = models.JSONField(null=True, blank=True)
    row_digest = models.CharField(max_length=64, blank=True, help_text="sha256 of an inserted row.")
    change_summary = models.TextField(blank=True)
    source = models.CharField(max_length=500, blank=True, help_text="Request or command.")
    ip_address = models.CharField(max_length=45, blank=True)
    user_agent = models.TextField(blank=True)
    created_at = models.DateTimeField()
    transaction_id = models.BigIntegerField()

    objects = AuditLogQuerySet.as_manager()

    class Meta:
        db_table = "audit_log"
        ordering = ("-created_at", "-id")
        verbose_name = "audit entry"
        verbose_name_plural = "audit log"
        default_permissions = ("view",)

    def __str__(self):
        return f"{self.action} {self.entity_type} {self.entity_id}"


class AuditSeal(Row):
    """A link of the hash chain over the log: the sha256 of the rows it seals and of the link before."""

    previous = models.OneToOneField("self", on_delete=models.PROTECT, null=True, blank=True, related_name="next")
    first_entry_at = models.DateTimeField()
    last_entry_at = models.DateTimeField()
    entry_count = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64, unique=True)

    class Meta(Row.Meta):
        db_table = "audit_seals"
        ordering = ("-created_at", "pk")
        triggers = (*Row.Meta.triggers, *audit_triggers())

    def __str__(self):
        return self.sha256[:12]
