from django.db import migrations, models

import astrid.identifiers

TABLE = """
CREATE TABLE audit_log (
    id uuid NOT NULL DEFAULT astrid_uuid7(),
    entity_type varchar(63) NOT NULL,
    entity_id varchar(64) NOT NULL DEFAULT '',
    action varchar(10) NOT NULL,
    user_id bigint,
    username varchar(150) NOT NULL DEFAULT '',
    old_values jsonb,
    new_values jsonb,
    row_digest varchar(64) NOT NULL DEFAULT '',
    change_summary text NOT NULL DEFAULT '',
    source varchar(500) NOT NULL DEFAULT '',
    ip_address varchar(45) NOT NULL DEFAULT '',
    user_agent text NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    transaction_id bigint NOT NULL DEFAULT pg_current_xact_id()::text::bigint,
    CONSTRAINT audit_log_key PRIMARY KEY (id, created_at),
    CONSTRAINT audit_log_action_known CHECK (action IN ('insert', 'update', 'delete', 'truncate'))
) PARTITION BY RANGE (created_at);
CREATE INDEX audit_log_entity ON audit_log (entity_type, entity_id, created_at DESC, id DESC);
CREATE INDEX audit_log_newest ON audit_log (created_at DESC, id DESC);
CREATE INDEX audit_log_user ON audit_log (user_id, created_at DESC);
"""

# Row triggers of the parent reach every partition; TRUNCATE of a partition passes the parent's guard, so each
# partition carries its own.
GUARD = """
CREATE FUNCTION audit_log_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'audit_log is append-only: % refused', TG_OP USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER audit_log_refuse_change BEFORE UPDATE OR DELETE ON audit_log
    FOR EACH ROW EXECUTE FUNCTION audit_log_refuse();
CREATE TRIGGER audit_log_refuse_truncate BEFORE TRUNCATE ON audit_log
    FOR EACH STATEMENT EXECUTE FUNCTION audit_log_refuse();
"""

PARTITIONS = """
CREATE FUNCTION audit_log_ensure_partitions(months_ahead integer) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    month date;
    name text;
BEGIN
    FOR ahead IN 0..months_ahead LOOP
        month := date_trunc('month', (now() AT TIME ZONE 'UTC') + make_interval(months => ahead));
        name := 'audit_log_' || to_char(month, 'YYYY_MM');
        IF to_regclass(name) IS NULL THEN
            EXECUTE format(
                'CREATE TABLE %I PARTITION OF audit_log FOR VALUES FROM (%L) TO (%L)',
                name, month::text || ' 00:00+00', (month + interval '1 month')::date::text || ' 00:00+00'
            );
            EXECUTE format(
                'CREATE TRIGGER audit_log_refuse_truncate BEFORE TRUNCATE ON %I
                 FOR EACH STATEMENT EXECUTE FUNCTION audit_log_refuse()', name
            );
        END IF;
    END LOOP;
END $$;
COMMENT ON FUNCTION audit_log_ensure_partitions(integer) IS
    'Makes the partitions of this month and of the months ahead, where missing.';
SELECT audit_log_ensure_partitions(24);
CREATE TABLE audit_log_default PARTITION OF audit_log DEFAULT;
CREATE TRIGGER audit_log_refuse_truncate BEFORE TRUNCATE ON audit_log_default
    FOR EACH STATEMENT EXECUTE FUNCTION audit_log_refuse();
"""

ACTOR = """
CREATE FUNCTION audit_actor()
RETURNS TABLE (user_id bigint, username text, source text, ip_address text, user_agent text)
LANGUAGE sql STABLE AS $$
    SELECT (context->>'user')::bigint,
           coalesce((SELECT u.username FROM auth_user u WHERE u.id = (context->>'user')::bigint), ''),
           left(coalesce(context->>'source', ''), 500),
           left(coalesce(context->>'ip_address', ''), 45),
           coalesce(context->>'user_agent', '')
    FROM (SELECT nullif(current_setting('pghistory.context_metadata', true), '')::jsonb AS context) AS request
$$;
COMMENT ON FUNCTION audit_actor() IS 'Who acts in this transaction, as the application has said.';
"""

# A column named here changes without its value being told.
REDACT = """
CREATE FUNCTION audit_redact(key text, value jsonb) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN key IN ('password') THEN '"***"'::jsonb ELSE value END
$$;
"""

# updated_at moves without an entry, so the digest leaves it out as well.
INSERTED = """
CREATE FUNCTION audit_inserted(new_row jsonb)
RETURNS TABLE (entity_id text, old_values jsonb, new_values jsonb, row_digest text, change_summary text)
LANGUAGE sql STABLE AS $$
    SELECT new_row->>'id', NULL::jsonb, NULL::jsonb,
           encode(sha256(convert_to((new_row - 'updated_at')::text, 'UTF8')), 'hex'), ''
$$;
"""

UPDATED = """
CREATE FUNCTION audit_updated(old_row jsonb, new_row jsonb)
RETURNS TABLE (entity_id text, old_values jsonb, new_values jsonb, row_digest text, change_summary text)
LANGUAGE sql STABLE AS $$
    SELECT coalesce(new_row->>'id', old_row->>'id'),
           jsonb_object_agg(key, audit_redact(key, before.value)),
           jsonb_object_agg(key, audit_redact(key, after.value)),
           '',
           string_agg(key, ', ' ORDER BY key)
    FROM jsonb_each(coalesce(old_row, '{}')) AS before FULL JOIN jsonb_each(coalesce(new_row, '{}')) AS after
         USING (key)
    WHERE before.value IS DISTINCT FROM after.value AND key NOT IN ('updated_at')
    HAVING count(*) > 0
$$;
"""

DELETED = """
CREATE FUNCTION audit_deleted(old_row jsonb)
RETURNS TABLE (entity_id text, old_values jsonb, new_values jsonb, row_digest text, change_summary text)
LANGUAGE sql STABLE AS $$
    SELECT old_row->>'id', jsonb_object_agg(key, audit_redact(key, value)), NULL::jsonb, '', ''
    FROM jsonb_each(old_row)
$$;
"""

TRUNCATED = """
CREATE FUNCTION audit_truncated()
RETURNS TABLE (entity_id text, old_values jsonb, new_values jsonb, row_digest text, change_summary text)
LANGUAGE sql STABLE AS $$ SELECT '', NULL::jsonb, NULL::jsonb, '', 'every row' $$;
"""

# Triggers that outlive the migration that made them (curation.audit.AddAuditTrigger) go with the functions they call.
REMOVE_TRIGGERS = """
DO $$
DECLARE
    audited record;
BEGIN
    FOR audited IN
        SELECT tgname, tgrelid::regclass AS of_table FROM pg_trigger WHERE starts_with(tgname, 'pgtrigger_audit_')
    LOOP
        EXECUTE format('DROP TRIGGER %I ON %s', audited.tgname, audited.of_table);
    END LOOP;
END $$;
"""


class Migration(migrations.Migration):
    initial = True
    dependencies = [("astrid", "0005_default_configuration")]
    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.CreateModel(
                    name="AuditLog",
                    fields=[
                        (
                            "id",
                            models.UUIDField(
                                db_default=astrid.identifiers.UUID7(),
                                default=astrid.identifiers.uuid7,
                                editable=False,
                                primary_key=True,
                                serialize=False,
                            ),
                        ),
                        ("entity_type", models.CharField(help_text="Table.", max_length=63)),
                        ("entity_id", models.CharField(blank=True, max_length=64)),
                        (
                            "action",
                            models.CharField(
                                choices=[
                                    ("insert", "Insert"),
                                    ("update", "Update"),
                                    ("delete", "Delete"),
                                    ("truncate", "Truncate"),
                                ],
                                max_length=10,
                            ),
                        ),
                        ("user_id", models.BigIntegerField(blank=True, null=True)),
                        ("username", models.CharField(blank=True, max_length=150)),
                        ("old_values", models.JSONField(blank=True, null=True)),
                        ("new_values", models.JSONField(blank=True, null=True)),
                        (
                            "row_digest",
                            models.CharField(blank=True, help_text="sha256 of an inserted row.", max_length=64),
                        ),
                        ("change_summary", models.TextField(blank=True)),
                        ("source", models.CharField(blank=True, help_text="Request or command.", max_length=500)),
                        ("ip_address", models.CharField(blank=True, max_length=45)),
                        ("user_agent", models.TextField(blank=True)),
                        ("created_at", models.DateTimeField()),
                        ("transaction_id", models.BigIntegerField()),
                    ],
                    options={
                        "verbose_name": "audit entry",
                        "verbose_name_plural": "audit log",
                        "db_table": "audit_log",
                        "ordering": ("-created_at", "-id"),
                        "default_permissions": ("view",),
                    },
                )
            ],
            database_operations=[
                migrations.RunSQL(TABLE, "DROP TABLE audit_log"),
                migrations.RunSQL(GUARD, "DROP FUNCTION audit_log_refuse() CASCADE"),
                migrations.RunSQL(PARTITIONS, "DROP FUNCTION audit_log_ensure_partitions(integer)"),
                migrations.RunSQL(ACTOR, "DROP FUNCTION audit_actor()"),
                migrations.RunSQL(REDACT, "DROP FUNCTION audit_redact(text, jsonb)"),
                migrations.RunSQL(INSERTED, "DROP FUNCTION audit_inserted(jsonb)"),
                migrations.RunSQL(UPDATED, "DROP FUNCTION audit_updated(jsonb, jsonb)"),
                migrations.RunSQL(DELETED, "DROP FUNCTION audit_deleted(jsonb)"),
                migrations.RunSQL(TRUNCATED, "DROP FUNCTION audit_truncated()"),
                migrations.RunSQL(migrations.RunSQL.noop, REMOVE_TRIGGERS),
            ],
        )
    ]
