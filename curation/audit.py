"""The audit triggers: statement-level, declared once, carried by every table.

A trigger cannot be passed by: save(), bulk_create(), queryset.update(), COPY and plain SQL are all recorded. Lower
apps' tables get theirs through proxy models in `curation/models/audited.py`, so no lower app knows of the log. What
an entry says is decided by the SQL functions of migration 0001, which also keep secrets out of it.
"""

import pgtrigger
from pgtrigger.migrations import AddTrigger

_RECORD = """
    INSERT INTO audit_log (entity_type, action, user_id, username, source, ip_address, user_agent,
                           entity_id, old_values, new_values, row_digest, change_summary)
    SELECT TG_TABLE_NAME, lower(TG_OP), actor.*, change.*
    FROM audit_actor() AS actor, {change} AS change;
    RETURN NULL;
"""


def _trigger(operation, change: str, **referencing: str) -> pgtrigger.Trigger:
    return pgtrigger.Trigger(
        name=f"audit_{str(operation).lower()}",
        level=pgtrigger.Statement,
        when=pgtrigger.After,
        operation=operation,
        referencing=pgtrigger.Referencing(**referencing) if referencing else None,
        func=_RECORD.format(change=change),
    )


def audit_triggers() -> tuple[pgtrigger.Trigger, ...]:
    """Triggers that record every INSERT, UPDATE, DELETE and TRUNCATE of a table with a column `id`.

    An UPDATE of the key itself leaves rows without a partner: the full join records both halves.
    """
    return (
        _trigger(pgtrigger.Insert, "new_rows AS n, audit_inserted(to_jsonb(n))", new="new_rows"),
        _trigger(
            pgtrigger.Update,
            "old_rows AS o FULL JOIN new_rows AS n USING (id), audit_updated(to_jsonb(o), to_jsonb(n))",
            old="old_rows",
            new="new_rows",
        ),
        _trigger(pgtrigger.Delete, "old_rows AS o, audit_deleted(to_jsonb(o))", old="old_rows"),
        _trigger(pgtrigger.Truncate, "audit_truncated()"),
    )


class AddAuditTrigger(AddTrigger):
    """Puts an audit trigger on a lower app's table for as long as the table and the log are there.

    Such a migration comes after those of the apps in between, and is undone with them: the table below stays, and so
    does its trigger.
    """

    def database_backwards(self, app_label, schema_editor, from_state, to_state) -> None:
        """The trigger goes with its table, or with the log."""
