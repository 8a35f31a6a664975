import astrid.identifiers
import django.db.models.deletion
import django.db.models.functions.datetime
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('auth', '__first__'),
        ('curation', '0004_audit_model_tables'),
    ]

    operations = [
        migrations.CreateModel(
            name='Alert',
            fields=[
                ('id', models.UUIDField(db_default=astrid.identifiers.UUID7(), default=astrid.identifiers.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('updated_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('alert_type', models.CharField(max_length=50)),
                ('priority', models.CharField(choices=[('low', 'Low'), ('medium', 'Medium'), ('high', 'High'), ('critical', 'Critical')], db_default='medium', default='medium', max_length=20)),
                ('title', models.CharField(max_length=200)),
                ('message', models.TextField()),
                ('alert_metadata', models.JSONField(blank=True, db_default={}, default=dict)),
                ('status', models.CharField(choices=[('pending', 'Pending'), ('sent', 'Sent'), ('delivered', 'Delivered'), ('failed', 'Failed'), ('cancelled', 'Cancelled')], db_default='pending', default='pending', max_length=20)),
                ('sent_at', models.DateTimeField(blank=True, null=True)),
                ('delivery_attempts', models.PositiveIntegerField(db_default=0, default=0)),
                ('error_message', models.TextField(blank=True)),
                ('detection', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='alerts', to='mlregistry.detection')),
            ],
            options={
                'db_table': 'alerts',
                'ordering': ('-created_at', 'pk'),
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='AlertDelivery',
            fields=[
                ('id', models.UUIDField(db_default=astrid.identifiers.UUID7(), default=astrid.identifiers.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('updated_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('channel', models.CharField(max_length=50)),
                ('recipient', models.CharField(max_length=500)),
                ('idempotency_key', models.UUIDField(help_text='The same for every attempt.', unique=True)),
                ('status', models.CharField(choices=[('pending', 'Pending'), ('sent', 'Sent'), ('delivered', 'Delivered'), ('failed', 'Failed'), ('cancelled', 'Cancelled')], db_default='pending', default='pending', max_length=20)),
                ('attempts', models.PositiveIntegerField(db_default=0, default=0)),
                ('leased_until', models.DateTimeField(blank=True, null=True)),
                ('sent_at', models.DateTimeField(blank=True, null=True)),
                ('error_message', models.TextField(blank=True)),
                ('alert', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='deliveries', to='curation.alert')),
            ],
            options={
                'verbose_name_plural': 'alert deliveries',
                'db_table': 'alert_deliveries',
                'ordering': ('-created_at', 'pk'),
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='AuditSeal',
            fields=[
                ('id', models.UUIDField(db_default=astrid.identifiers.UUID7(), default=astrid.identifiers.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('updated_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('first_entry_at', models.DateTimeField()),
                ('last_entry_at', models.DateTimeField()),
                ('entry_count', models.PositiveBigIntegerField()),
                ('sha256', models.CharField(max_length=64, unique=True)),
                ('previous', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='next', to='curation.auditseal')),
            ],
            options={
                'db_table': 'audit_seals',
                'ordering': ('-created_at', 'pk'),
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='ReviewClaim',
            fields=[
                ('id', models.UUIDField(db_default=astrid.identifiers.UUID7(), default=astrid.identifiers.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('updated_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('expires_at', models.DateTimeField()),
                ('detection', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='review_claim', to='mlregistry.detection')),
                ('holder', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='review_claims', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'db_table': 'review_claims',
                'ordering': ('expires_at', 'pk'),
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='ValidationEvent',
            fields=[
                ('id', models.UUIDField(db_default=astrid.identifiers.UUID7(), default=astrid.identifiers.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('updated_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('is_valid', models.BooleanField(help_text='Real, not an artefact.')),
                ('label', models.CharField(blank=True, max_length=50)),
                ('confidence_level', models.CharField(choices=[('low', 'Low'), ('medium', 'Medium'), ('high', 'High'), ('expert', 'Expert')], db_default='medium', default='medium', max_length=20)),
                ('notes', models.TextField(blank=True)),
                ('tags', models.JSONField(blank=True, db_default=[], default=list)),
                ('image_quality', models.CharField(blank=True, choices=[('excellent', 'Excellent'), ('good', 'Good'), ('fair', 'Fair'), ('poor', 'Poor')], max_length=20)),
                ('detection_quality', models.CharField(blank=True, choices=[('excellent', 'Excellent'), ('good', 'Good'), ('fair', 'Fair'), ('poor', 'Poor')], max_length=20)),
                ('score_was_visible', models.BooleanField(db_default=True, default=True, help_text='False: a blind review.')),
                ('decision_time_ms', models.PositiveIntegerField(blank=True, null=True)),
                ('detection', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='validation_events', to='mlregistry.detection')),
                ('superseded_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='supersedes', to='curation.validationevent')),
                ('validator', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='validation_events', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'db_table': 'validation_events',
                'ordering': ('-created_at', 'pk'),
                'abstract': False,
            },
        ),
        migrations.AddIndex(
            model_name='alert',
            index=models.Index(fields=['-created_at', 'id'], name='alerts_newest'),
        ),
        migrations.AddConstraint(
            model_name='alert',
            constraint=models.CheckConstraint(condition=models.Q(('priority__in', ['low', 'medium', 'high', 'critical'])), name='alerts_priority_known'),
        ),
        migrations.AddConstraint(
            model_name='alert',
            constraint=models.CheckConstraint(condition=models.Q(('status__in', ['pending', 'sent', 'delivered', 'failed', 'cancelled'])), name='alerts_status_known'),
        ),
        migrations.AddConstraint(
            model_name='alert',
            constraint=models.UniqueConstraint(fields=('detection', 'alert_type'), name='alerts_once_per_detection_and_type'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='alert',
            trigger=pgtrigger.compiler.Trigger(name='touch', sql=pgtrigger.compiler.UpsertTriggerSql(func='NEW.updated_at = now(); RETURN NEW;', hash='4deb45bf7faca1b9404c52f7843fa6266b9dbac4', operation='UPDATE', pgid='pgtrigger_touch_b85b3', table='alerts', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='alert',
            trigger=pgtrigger.compiler.Trigger(name='audit_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='\n    INSERT INTO audit_log (entity_type, action, user_id, username, source, ip_address, user_agent,\n                           entity_id, old_values, new_values, row_digest, change_summary)\n    SELECT TG_TABLE_NAME, lower(TG_OP), actor.*, change.*\n    FROM audit_actor() AS actor, new_rows AS n, audit_inserted(to_jsonb(n)) AS change;\n    RETURN NULL;\n', hash='d4ccb83a8f9dd1d2c31244972884b90b8d4b9877', level='STATEMENT', operation='INSERT', pgid='pgtrigger_audit_insert_e9500', referencing='REFERENCING NEW TABLE AS new_rows ', table='alerts', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='alert',
            trigger=pgtrigger.compiler.Trigger(name='audit_update', sql=pgtrigger.compiler.UpsertTriggerSql(func='\n    INSERT INTO audit_log (entity_type, action, user_id, username, source, ip_address, user_agent,\n                           entity_id, old_values, new_values, row_digest, change_summary)\n    SELECT TG_TABLE_NAME, lower(TG_OP), actor.*, change.*\n    FROM audit_actor() AS actor, old_rows AS o FULL JOIN new_rows AS n USING (id), audit_updated(to_jsonb(o), to_jsonb(n)) AS change;\n    RETURN NULL;\n', hash='350441e4eccc9415d201a626ed6c42cfc72f9d21', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_audit_update_f8beb', referencing='REFERENCING OLD TABLE AS old_rows  NEW TABLE AS new_rows ', table='alerts', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='alert',
            trigger=pgtrigger.compiler.Trigger(name='audit_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='\n    INSERT INTO audit_log (entity_type, action, user_id, username, source, ip_address, user_agent,\n                           entity_id, old_values, new_values, row_digest, change_summary)\n    SELECT TG_TABLE_NAME, lower(TG_OP), actor.*, change.*\n    FROM audit_actor() AS actor, old_rows AS o, audit_deleted(to_jsonb(o)) AS change;\n    RETURN NULL;\n', hash='fa6448858d8366ee3d15b53d72ee085a5143b155', level='STATEMENT', operation='DELETE', pgid='pgtrigger_audit_delete_ed399', referencing='REFERENCING OLD TABLE AS old_rows ', table='alerts', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='alert',
            trigger=pgtrigger.compiler.Trigger(name='audit_truncate', sql=pgtrigger.compiler.UpsertTriggerSql(func='\n    INSERT INTO audit_log (entity_type, action, user_id, username, source, ip_address, user_agent,\n                           entity_id, old_values, new_values, row_digest, change_summary)\n    SELECT TG_TABLE_NAME, lower(TG_OP), actor.*, change.*\n    FROM audit_actor() AS actor, audit_truncated() AS change;\n    RETURN NULL;\n', hash='50272b94b851042d09b52cf21ddeacc514525ef3', level='STATEMENT', operation='TRUNCATE', pgid='pgtrigger_audit_truncate_0954e', table='alerts', when='AFTER')),
        ),
        migrations.AddConstraint(
            model_name='alertdelivery',
            constraint=models.CheckConstraint(condition=models.Q(('status__in', ['pending', 'sent', 'delivered', 'failed', 'cancelled'])), name='alert_deliveries_status_known'),
        ),
        migrations.AddConstraint(
            model_name='alertdelivery',
            constraint=models.UniqueConstraint(fields=('alert', 'channel', 'recipient'), name='alert_deliveries_once_per_recipient'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='alertdelivery',
            trigger=pgtrigger.compiler.Trigger(name='touch', sql=pgtrigger.compiler.UpsertTriggerSql(func='NEW.updated_at = now(); RETURN NEW;', hash='e34e6898343afd5d5319ca21974aeb7369e15b8e', operation='UPDATE', pgid='pgtrigger_touch_1b3ea', table='alert_deliveries', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='alertdelivery',
            trigger=pgtrigger.compiler.Trigger(name='audit_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='\n    INSERT INTO audit_log (entity_type, action, user_id, username, source, ip_address, user_agent,\n                           entity_id, old_values, new_values, row_digest, change_summary)\n    SELECT TG_TABLE_NAME, lower(TG_OP), actor.*, change.*\n    FROM audit_actor() AS actor, new_rows AS n, audit_inserted(to_jsonb(n)) AS change;\n    RETURN NULL;\n', hash='576d11e95658a65817951eb0bb0a7ba5b237e6c9', level='STATEMENT', operation='INSERT', pgid='pgtrigger_audit_insert_0ff17', referencing='REFERENCING NEW TABLE AS new_rows ', table='alert_deliveries', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='alertdelivery',
            trigger=pgtrigger.compiler.Trigger(name='audit_update', sql=pgtrigger.compiler.UpsertTriggerSql(func='\n    INSERT INTO audit_log (entity_type, action, user_id, username, source, ip_address, user_agent,\n                           entity_id, old_values, new_values, row_digest, change_summary)\n    SELECT TG_TABLE_NAME, lower(TG_OP), actor.*, change.*\n    FROM audit_actor() AS actor, old_rows AS o FULL JOIN new_rows AS n USING (id), audit_updated(to_jsonb(o), to_jsonb(n)) AS change;\n    RETURN NULL;\n', hash='d93b134ea7b52dfc401f679800bfcb70210a5d55', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_audit_update_bb9d6', referencing='REFERENCING OLD TABLE AS old_rows  NEW TABLE AS new_rows ', table='alert_deliveries', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='alertdelivery',
            trigger=pgtrigger.compiler.Trigger(name='audit_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='\n    INSERT INTO audit_log (entity_type, action, user_id, username, source, ip_address, user_agent,\n                           entity_id, old_values, new_values, row_digest, change_summary)\n    SELECT TG_TABLE_NAME, lower(TG_OP), actor.*, change.*\n    FROM audit_actor() AS actor, old_rows AS o, audit_deleted(to_jsonb(o)) AS change;\n    RETURN NULL;\n', hash='ce53c358f1b1bd719a01aa8166741279b9db24f6', level='STATEMENT', operation='DELETE', pgid='pgtrigger_audit_delete_9884b', referencing='REFERENCING OLD TABLE AS old_rows ', table='alert_deliveries', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='alertdelivery',
            trigger=pgtrigger.compiler.Trigger(name='audit_truncate', sql=pgtrigger.compiler.UpsertTriggerSql(func='\n    INSERT INTO audit_log (entity_type, action, user_id, username, source, ip_address, user_agent,\n                           entity_id, old_values, new_values, row_digest, change_summary)\n    SELECT TG_TABLE_NAME, lower(TG_OP), actor.*, change.*\n    FROM audit_actor() AS actor, audit_truncated() AS change;\n    RETURN NULL;\n', hash='6a1e8f032f931b311ea87aa5781e623bcaedad24', level='STATEMENT', operation='TRUNCATE', pgid='pgtrigger_audit_truncate_bf5ed', table='alert_deliveries', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='auditseal',
            trigger=pgtrigger.compiler.Trigger(name='touch', sql=pgtrigger.compiler.UpsertTriggerSql(func='NEW.updated_at = now(); RETURN NEW;', hash='411e4782a44b210bb3a38e061e9a0cd406a34f5b', operation='UPDATE', pgid='pgtrigger_touch_d1e96', table='audit_seals', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='auditseal',
            trigger=pgtrigger.compiler.Trigger(name='audit_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='\n    INSERT INTO audit_log (entity_type, action, user_id, username, source, ip_address, user_agent,\n                           entity_id, old_values, new_values, row_digest, change_summary)\n    SELECT TG_TABLE_NAME, lower(TG_OP), actor.*, change.*\n    FROM audit_actor() AS actor, new_rows AS n, audit_inserted(to_jsonb(n)) AS change;\n    RETURN NULL;\n', hash='d70970c9ae7c16f18ba78c24e50cb3b301fe6df2', level='STATEMENT', operation='INSERT', pgid='pgtrigger_audit_insert_51e28', referencing='REFERENCING NEW TABLE AS new_rows ', table='audit_seals', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='auditseal',
            trigger=pgtrigger.compiler.Trigger(name='audit_update', sql=pgtrigger.compiler.UpsertTriggerSql(func='\n    INSERT INTO audit_log (entity_type, action, user_id, username, source, ip_address, user_agent,\n                           entity_id, old_values, new_values, row_digest, change_summary)\n    SELECT TG_TABLE_NAME, lower(TG_OP), actor.*, change.*\n    FROM audit_actor() AS actor, old_rows AS o FULL JOIN new_rows AS n USING (id), audit_updated(to_jsonb(o), to_jsonb(n)) AS change;\n    RETURN NULL;\n', hash='c6dab3d3aba6a0ec48220d62a0dbd3c80b54d145', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_audit_update_4d473', referencing='REFERENCING OLD TABLE AS old_rows  NEW TABLE AS new_rows ', table='audit_seals', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='auditseal',
            trigger=pgtrigger.compiler.Trigger(name='audit_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='\n    INSERT INTO audit_log (entity_type, action, user_id, username, source, ip_address, user_agent,\n                           entity_id, old_values, new_values, row_digest, change_summary)\n    SELECT TG_TABLE_NAME, lower(TG_OP), actor.*, change.*\n    FROM audit_actor() AS actor, old_rows AS o, audit_deleted(to_jsonb(o)) AS change;\n    RETURN NULL;\n', hash='38063b140610269cbdcb88077e6c6a1c044947b8', level='STATEMENT', operation='DELETE', pgid='pgtrigger_audit_delete_cf6a6', referencing='REFERENCING OLD TABLE AS old_rows ', table='audit_seals', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='auditseal',
            trigger=pgtrigger.compiler.Trigger(name='audit_truncate', sql=pgtrigger.compiler.UpsertTriggerSql(func='\n    INSERT INTO audit_log (entity_type, action, user_id, username, source, ip_address, user_agent,\n                           entity_id, old_values, new_values, row_digest, change_summary)\n    SELECT TG_TABLE_NAME, lower(TG_OP), actor.*, change.*\n    FROM audit_actor() AS actor, audit_truncated() AS change;\n    RETURN NULL;\n', hash='0c48323dee9840b364ccb3b58ef2007a4f64b88c', level='STATEMENT', operation='TRUNCATE', pgid='pgtrigger_audit_truncate_0985d', table='audit_seals', when='AFTER')),
        ),
        migrations.AddConstraint(
            model_name='reviewclaim',
            constraint=models.CheckConstraint(condition=models.Q(('expires_at__gt', models.F('created_at'))), name='review_claims_expire_later'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='reviewclaim',
            trigger=pgtrigger.compiler.Trigger(name='touch', sql=pgtrigger.compiler.UpsertTriggerSql(func='NEW.updated_at = now(); RETURN NEW;', hash='ea9383b0728a4203dfe40bb29ba83074a9e397ba', operation='UPDATE', pgid='pgtrigger_touch_c92d9', table='review_claims', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='reviewclaim',
            trigger=pgtrigger.compiler.Trigger(name='audit_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='\n    INSERT INTO audit_log (entity_type, action, user_id, username, source, ip_address, user_agent,\n                           entity_id, old_values, new_values, row_digest, change_summary)\n    SELECT TG_TABLE_NAME, lower(TG_OP), actor.*, change.*\n    FROM audit_actor() AS actor, new_rows AS n, audit_inserted(to_jsonb(n)) AS change;\n    RETURN NULL;\n', hash='e730a536201338c5b328b5473880d9174b561c68', level='STATEMENT', operation='INSERT', pgid='pgtrigger_audit_insert_34015', referencing='REFERENCING NEW TABLE AS new_rows ', table='review_claims', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='reviewclaim',
            trigger=pgtrigger.compiler.Trigger(name='audit_update', sql=pgtrigger.compiler.UpsertTriggerSql(func='\n    INSERT INTO audit_log (entity_type, action, user_id, username, source, ip_address, user_agent,\n                           entity_id, old_values, new_values, row_digest, change_summary)\n    SELECT TG_TABLE_NAME, lower(TG_OP), actor.*, change.*\n    FROM audit_actor() AS actor, old_rows AS o FULL JOIN new_rows AS n USING (id), audit_updated(to_jsonb(o), to_jsonb(n)) AS change;\n    RETURN NULL;\n', hash='896a7126b7c79bd19499ebb0a4df5cf858f99e27', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_audit_update_f0bbc', referencing='REFERENCING OLD TABLE AS old_rows  NEW TABLE AS new_rows ', table='review_claims', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='reviewclaim',
            trigger=pgtrigger.compiler.Trigger(name='audit_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='\n    INSERT INTO audit_log (entity_type, action, user_id, username, source, ip_address, user_agent,\n                           entity_id, old_values, new_values, row_digest, change_summary)\n    SELECT TG_TABLE_NAME, lower(TG_OP), actor.*, change.*\n    FROM audit_actor() AS actor, old_rows AS o, audit_deleted(to_jsonb(o)) AS change;\n    RETURN NULL;\n', hash='0f42109b394905a4c2a311720b71009af4cb7201', level='STATEMENT', operation='DELETE', pgid='pgtrigger_audit_delete_96c25', referencing='REFERENCING OLD TABLE AS old_rows ', table='review_claims', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='reviewclaim',
            trigger=pgtrigger.compiler.Trigger(name='audit_truncate', sql=pgtrigger.compiler.UpsertTriggerSql(func='\n    INSERT INTO audit_log (entity_type, action, user_id, username, source, ip_address, user_agent,\n                           entity_id, old_values, new_values, row_digest, change_summary)\n    SELECT TG_TABLE_NAME, lower(TG_OP), actor.*, change.*\n    FROM audit_actor() AS actor, audit_truncated() AS change;\n    RETURN NULL;\n', hash='8c30e778d33156a2245e83564d5aa23666a1fac7', level='STATEMENT', operation='TRUNCATE', pgid='pgtrigger_audit_truncate_6ae24', table='review_claims', when='AFTER')),
        ),
        migrations.AddIndex(
            model_name='validationevent',
            index=models.Index(fields=['-created_at', 'id'], name='validation_events_newest'),
        ),
        migrations.AddConstraint(
            model_name='validationevent',
            constraint=models.CheckConstraint(condition=models.Q(('confidence_level__in', ['low', 'medium', 'high', 'expert'])), name='validation_events_confidence_level_known'),
        ),
        migrations.AddConstraint(
            model_name='validationevent',
            constraint=models.CheckConstraint(condition=models.Q(('image_quality__in', ['excellent', 'good', 'fair', 'poor', ''])), name='validation_events_image_quality_known'),
        ),
        migrations.AddConstraint(
            model_name='validationevent',
            constraint=models.CheckConstraint(condition=models.Q(('detection_quality__in', ['excellent', 'good', 'fair', 'poor', ''])), name='validation_events_detection_quality_known'),
        ),
        migrations.AddConstraint(
            model_name='validationevent',
            constraint=models.UniqueConstraint(condition=models.Q(('superseded_by', None)), fields=('detection', 'validator'), name='validation_events_one_standing_per_person'),
        ),
        migrations.AddConstraint(
            model_name='validationevent',
            constraint=models.CheckConstraint(condition=models.Q(('superseded_by', models.F('id')), _negated=True), name='validation_events_not_by_itself'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='validationevent',
            trigger=pgtrigger.compiler.Trigger(name='touch', sql=pgtrigger.compiler.UpsertTriggerSql(func='NEW.updated_at = now(); RETURN NEW;', hash='66610b6ea057530af4471c560d50b1a643e45450', operation='UPDATE', pgid='pgtrigger_touch_e21e0', table='validation_events', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='validationevent',
            trigger=pgtrigger.compiler.Trigger(name='audit_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='\n    INSERT INTO audit_log (entity_type, action, user_id, username, source, ip_address, user_agent,\n                           entity_id, old_values, new_values, row_digest, change_summary)\n    SELECT TG_TABLE_NAME, lower(TG_OP), actor.*, change.*\n    FROM audit_actor() AS actor, new_rows AS n, audit_inserted(to_jsonb(n)) AS change;\n    RETURN NULL;\n', hash='0d9afde5346bc01c1733eaf171ccb914e9a6432d', level='STATEMENT', operation='INSERT', pgid='pgtrigger_audit_insert_d8f2c', referencing='REFERENCING NEW TABLE AS new_rows ', table='validation_events', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='validationevent',
            trigger=pgtrigger.compiler.Trigger(name='audit_update', sql=pgtrigger.compiler.UpsertTriggerSql(func='\n    INSERT INTO audit_log (entity_type, action, user_id, username, source, ip_address, user_agent,\n                           entity_id, old_values, new_values, row_digest, change_summary)\n    SELECT TG_TABLE_NAME, lower(TG_OP), actor.*, change.*\n    FROM audit_actor() AS actor, old_rows AS o FULL JOIN new_rows AS n USING (id), audit_updated(to_jsonb(o), to_jsonb(n)) AS change;\n    RETURN NULL;\n', hash='861a048a983671c9530a4a2e8581053c82a641ce', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_audit_update_504a8', referencing='REFERENCING OLD TABLE AS old_rows  NEW TABLE AS new_rows ', table='validation_events', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='validationevent',
            trigger=pgtrigger.compiler.Trigger(name='audit_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='\n    INSERT INTO audit_log (entity_type, action, user_id, username, source, ip_address, user_agent,\n                           entity_id, old_values, new_values, row_digest, change_summary)\n    SELECT TG_TABLE_NAME, lower(TG_OP), actor.*, change.*\n    FROM audit_actor() AS actor, old_rows AS o, audit_deleted(to_jsonb(o)) AS change;\n    RETURN NULL;\n', hash='97375898e4b90f5e13713e09ed3b736a1d87f11a', level='STATEMENT', operation='DELETE', pgid='pgtrigger_audit_delete_df4af', referencing='REFERENCING OLD TABLE AS old_rows ', table='validation_events', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='validationevent',
            trigger=pgtrigger.compiler.Trigger(name='audit_truncate', sql=pgtrigger.compiler.UpsertTriggerSql(func='\n    INSERT INTO audit_log (entity_type, action, user_id, username, source, ip_address, user_agent,\n                           entity_id, old_values, new_values, row_digest, change_summary)\n    SELECT TG_TABLE_NAME, lower(TG_OP), actor.*, change.*\n    FROM audit_actor() AS actor, audit_truncated() AS change;\n    RETURN NULL;\n', hash='58022bda69230788d9d08071c3a6224d51b0746c', level='STATEMENT', operation='TRUNCATE', pgid='pgtrigger_audit_truncate_1ed77', table='validation_events', when='AFTER')),
        ),
    ]
