import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('curation', '0002_audit_core_tables'),
        ('pipeline', '0002_roles_and_configuration'),
    ]

    operations = [
        migrations.CreateModel(
            name='AuditedCandidate',
            fields=[
            ],
            options={
                'proxy': True,
                'default_permissions': (),
                'indexes': [],
                'constraints': [],
            },
            bases=('pipeline.candidate',),
        ),
        migrations.CreateModel(
            name='AuditedDifferenceRun',
            fields=[
            ],
            options={
                'proxy': True,
                'default_permissions': (),
                'indexes': [],
                'constraints': [],
            },
            bases=('pipeline.differencerun',),
        ),
        migrations.CreateModel(
            name='AuditedPreprocessRun',
            fields=[
            ],
            options={
                'proxy': True,
                'default_permissions': (),
                'indexes': [],
                'constraints': [],
            },
            bases=('pipeline.preprocessrun',),
        ),
        migrations.CreateModel(
            name='AuditedProcessingJob',
            fields=[
            ],
            options={
                'proxy': True,
                'default_permissions': (),
                'indexes': [],
                'constraints': [],
            },
            bases=('pipeline.processingjob',),
        ),
        migrations.CreateModel(
            name='AuditedSkyObject',
            fields=[
            ],
            options={
                'proxy': True,
                'default_permissions': (),
                'indexes': [],
                'constraints': [],
            },
            bases=('pipeline.skyobject',),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='auditedcandidate',
            trigger=pgtrigger.compiler.Trigger(name='audit_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='\n    INSERT INTO audit_log (entity_type, action, user_id, username, source, ip_address, user_agent,\n                           entity_id, old_values, new_values, row_digest, change_summary)\n    SELECT TG_TABLE_NAME, lower(TG_OP), actor.*, change.*\n    FROM audit_actor() AS actor, new_rows AS n, audit_inserted(to_jsonb(n)) AS change;\n    RETURN NULL;\n', hash='94f47f2ddf33e5b404a4a71c0cd2f2c7b33ed5f8', level='STATEMENT', operation='INSERT', pgid='pgtrigger_audit_insert_054ae', referencing='REFERENCING NEW TABLE AS new_rows ', table='candidates', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='auditedcandidate',
            trigger=pgtrigger.compiler.Trigger(name='audit_update', sql=pgtrigger.compiler.UpsertTriggerSql(func='\n    INSERT INTO audit_log (entity_type, action, user_id, username, source, ip_address, user_agent,\n                           entity_id, old_values, new_values, row_digest, change_summary)\n    SELECT TG_TABLE_NAME, lower(TG_OP), actor.*, change.*\n    FROM audit_actor() AS actor, old_rows AS o FULL JOIN new_rows AS n USING (id), audit_updated(to_jsonb(o), to_jsonb(n)) AS change;\n    RETURN NULL;\n', hash='dce2543a6f172b59344300529e7589364a6d38b0', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_audit_update_94aa0', referencing='REFERENCING OLD TABLE AS old_rows  NEW TABLE AS new_rows ', table='candidates', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='auditedcandidate',
            trigger=pgtrigger.compiler.Trigger(name='audit_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='\n    INSERT INTO audit_log (entity_type, action, user_id, username, source, ip_address, user_agent,\n                           entity_id, old_values, new_values, row_digest, change_summary)\n    SELECT TG_TABLE_NAME, lower(TG_OP), actor.*, change.*\n    FROM audit_actor() AS actor, old_rows AS o, audit_deleted(to_jsonb(o)) AS change;\n    RETURN NULL;\n', hash='bdf3e02b850edeb79820ff76d55596a51afccc7b', level='STATEMENT', operation='DELETE', pgid='pgtrigger_audit_delete_e5a7f', referencing='REFERENCING OLD TABLE AS old_rows ', table='candidates', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='auditedcandidate',
            trigger=pgtrigger.compiler.Trigger(name='audit_truncate', sql=pgtrigger.compiler.UpsertTriggerSql(func='\n    INSERT INTO audit_log (entity_type, action, user_id, username, source, ip_address, user_agent,\n                           entity_id, old_values, new_values, row_digest, change_summary)\n    SELECT TG_TABLE_NAME, lower(TG_OP), actor.*, change.*\n    FROM audit_actor() AS actor, audit_truncated() AS change;\n    RETURN NULL;\n', hash='2767ee78dfe48cc6d5f3c55fe887766ada4ef86f', level='STATEMENT', operation='TRUNCATE', pgid='pgtrigger_audit_truncate_cb872', table='candidates', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='auditeddifferencerun',
            trigger=pgtrigger.compiler.Trigger(name='audit_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='\n    INSERT INTO audit_log (entity_type, action, user_id, username, source, ip_address, user_agent,\n                           entity_id, old_values, new_values, row_digest, change_summary)\n    SELECT TG_TABLE_NAME, lower(TG_OP), actor.*, change.*\n    FROM audit_actor() AS actor, new_rows AS n, audit_inserted(to_jsonb(n)) AS change;\n    RETURN NULL;\n', hash='9cf2c38b00b10ebb651f8d6ad643f49f1c068a8f', level='STATEMENT', operation='INSERT', pgid='pgtrigger_audit_insert_ffa41', referencing='REFERENCING NEW TABLE AS new_rows ', table='difference_runs', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='auditeddifferencerun',
            trigger=pgtrigger.compiler.Trigger(name='audit_update', sql=pgtrigger.compiler.UpsertTriggerSql(func='\n    INSERT INTO audit_log (entity_type, action, user_id, username, source, ip_address, user_agent,\n                           entity_id, old_values, new_values, row_digest, change_summary)\n    SELECT TG_TABLE_NAME, lower(TG_OP), actor.*, change.*\n    FROM audit_actor() AS actor, old_rows AS o FULL JOIN new_rows AS n USING (id), audit_updated(to_jsonb(o), to_jsonb(n)) AS change;\n    RETURN NULL;\n', hash='ce6db9cebb0b11b8088b08ed0967a84184a0e9d5', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_audit_update_b947c', referencing='REFERENCING OLD TABLE AS old_rows  NEW TABLE AS new_rows ', table='difference_runs', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='auditeddifferencerun',
            trigger=pgtrigger.compiler.Trigger(name='audit_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='\n    INSERT INTO audit_log (entity_type, action, user_id, username, source, ip_address, user_agent,\n                           entity_id, old_values, new_values, row_digest, change_summary)\n    SELECT TG_TABLE_NAME, lower(TG_OP), actor.*, change.*\n    FROM audit_actor() AS actor, old_rows AS o, audit_deleted(to_jsonb(o)) AS change;\n    RETURN NULL;\n', hash='3c3096f8a23e176b7900d587bb9cab43d27f5168', level='STATEMENT', operation='DELETE', pgid='pgtrigger_audit_delete_36f9d', referencing='REFERENCING OLD TABLE AS old_rows ', table='difference_runs', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='auditeddifferencerun',
            trigger=pgtrigger.compiler.Trigger(name='audit_truncate', sql=pgtrigger.compiler.UpsertTriggerSql(func='\n    INSERT INTO audit_log (entity_type, action, user_id, username, source, ip_address, user_agent,\n                           entity_id, old_values, new_values, row_digest, change_summary)\n    SELECT TG_TABLE_NAME, lower(TG_OP), actor.*, change.*\n    FROM audit_actor() AS actor, audit_truncated() AS change;\n    RETURN NULL;\n', hash='9dab40abe17fa664e88f2f09153bcf189d4867a7', level='STATEMENT', operation='TRUNCATE', pgid='pgtrigger_audit_truncate_22f4a', table='difference_runs', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='auditedpreprocessrun',
            trigger=pgtrigger.compiler.Trigger(name='audit_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='\n    INSERT INTO audit_log (entity_type, action, user_id, username, source, ip_address, user_agent,\n                           entity_id, old_values, new_values, row_digest, change_summary)\n    SELECT TG_TABLE_NAME, lower(TG_OP), actor.*, change.*\n    FROM audit_actor() AS actor, new_rows AS n, audit_inserted(to_jsonb(n)) AS change;\n    RETURN NULL;\n', hash='ea28d4ee83caab3ec6377b989e48ac9f32b4bb6a', level='STATEMENT', operation='INSERT', pgid='pgtrigger_audit_insert_11726', referencing='REFERENCING NEW TABLE AS new_rows ', table='preprocess_runs', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='auditedpreprocessrun',
            trigger=pgtrigger.compiler.Trigger(name='audit_update', sql=pgtrigger.compiler.UpsertTriggerSql(func='\n    INSERT INTO audit_log (entity_type, action, user_id, username, source, ip_address, user_agent,\n                           entity_id, old_values, new_values, row_digest, change_summary)\n    SELECT TG_TABLE_NAME, lower(TG_OP), actor.*, change.*\n    FROM audit_actor() AS actor, old_rows AS o FULL JOIN new_rows AS n USING (id), audit_updated(to_jsonb(o), to_jsonb(n)) AS change;\n    RETURN NULL;\n', hash='e4c52249b1172206aec29047985c0af644e2b9de', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_audit_update_8cef3', referencing='REFERENCING OLD TABLE AS old_rows  NEW TABLE AS new_rows ', table='preprocess_runs', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='auditedpreprocessrun',
            trigger=pgtrigger.compiler.Trigger(name='audit_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='\n    INSERT INTO audit_log (entity_type, action, user_id, username, source, ip_address, user_agent,\n                           entity_id, old_values, new_values, row_digest, change_summary)\n    SELECT TG_TABLE_NAME, lower(TG_OP), actor.*, change.*\n    FROM audit_actor() AS actor, old_rows AS o, audit_deleted(to_jsonb(o)) AS change;\n    RETURN NULL;\n', hash='94704f95e0d80ba31e77b8471d37fc88489a6f63', level='STATEMENT', operation='DELETE', pgid='pgtrigger_audit_delete_7303e', referencing='REFERENCING OLD TABLE AS old_rows ', table='preprocess_runs', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='auditedpreprocessrun',
            trigger=pgtrigger.compiler.Trigger(name='audit_truncate', sql=pgtrigger.compiler.UpsertTriggerSql(func='\n    INSERT INTO audit_log (entity_type, action, user_id, username, source, ip_address, user_agent,\n                           entity_id, old_values, new_values, row_digest, change_summary)\n    SELECT TG_TABLE_NAME, lower(TG_OP), actor.*, change.*\n    FROM audit_actor() AS actor, audit_truncated() AS change;\n    RETURN NULL;\n', hash='6eeacc901bced30ce52b4d8a0f8d518f38e0b046', level='STATEMENT', operation='TRUNCATE', pgid='pgtrigger_audit_truncate_6054c', table='preprocess_runs', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='auditedprocessingjob',
            trigger=pgtrigger.compiler.Trigger(name='audit_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='\n    INSERT INTO audit_log (entity_type, action, user_id, username, source, ip_address, user_agent,\n                           entity_id, old_values, new_values, row_digest, change_summary)\n    SELECT TG_TABLE_NAME, lower(TG_OP), actor.*, change.*\n    FROM audit_actor() AS actor, new_rows AS n, audit_inserted(to_jsonb(n)) AS change;\n    RETURN NULL;\n', hash='3eb0f3a2621c0ed644875dc5e8c57e89a11ae5f9', level='STATEMENT', operation='INSERT', pgid='pgtrigger_audit_insert_eef42', referencing='REFERENCING NEW TABLE AS new_rows ', table='processing_jobs', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='auditedprocessingjob',
            trigger=pgtrigger.compiler.Trigger(name='audit_update', sql=pgtrigger.compiler.UpsertTriggerSql(func='\n    INSERT INTO audit_log (entity_type, action, user_id, username, source, ip_address, user_agent,\n                           entity_id, old_values, new_values, row_digest, change_summary)\n    SELECT TG_TABLE_NAME, lower(TG_OP), actor.*, change.*\n    FROM audit_actor() AS actor, old_rows AS o FULL JOIN new_rows AS n USING (id), audit_updated(to_jsonb(o), to_jsonb(n)) AS change;\n    RETURN NULL;\n', hash='6f242282713618f60a9060dd455af48786a9afe3', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_audit_update_21e2e', referencing='REFERENCING OLD TABLE AS old_rows  NEW TABLE AS new_rows ', table='processing_jobs', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='auditedprocessingjob',
            trigger=pgtrigger.compiler.Trigger(name='audit_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='\n    INSERT INTO audit_log (entity_type, action, user_id, username, source, ip_address, user_agent,\n                           entity_id, old_values, new_values, row_digest, change_summary)\n    SELECT TG_TABLE_NAME, lower(TG_OP), actor.*, change.*\n    FROM audit_actor() AS actor, old_rows AS o, audit_deleted(to_jsonb(o)) AS change;\n    RETURN NULL;\n', hash='1b5ad6a1c42a2e561463220b2365fd8569f75342', level='STATEMENT', operation='DELETE', pgid='pgtrigger_audit_delete_1eb4c', referencing='REFERENCING OLD TABLE AS old_rows ', table='processing_jobs', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='auditedprocessingjob',
            trigger=pgtrigger.compiler.Trigger(name='audit_truncate', sql=pgtrigger.compiler.UpsertTriggerSql(func='\n    INSERT INTO audit_log (entity_type, action, user_id, username, source, ip_address, user_agent,\n                           entity_id, old_values, new_values, row_digest, change_summary)\n    SELECT TG_TABLE_NAME, lower(TG_OP), actor.*, change.*\n    FROM audit_actor() AS actor, audit_truncated() AS change;\n    RETURN NULL;\n', hash='79a468390cb6852d237f3c64af4769cf627d7dbe', level='STATEMENT', operation='TRUNCATE', pgid='pgtrigger_audit_truncate_b2e9c', table='processing_jobs', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='auditedskyobject',
            trigger=pgtrigger.compiler.Trigger(name='audit_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='\n    INSERT INTO audit_log (entity_type, action, user_id, username, source, ip_address, user_agent,\n                           entity_id, old_values, new_values, row_digest, change_summary)\n    SELECT TG_TABLE_NAME, lower(TG_OP), actor.*, change.*\n    FROM audit_actor() AS actor, new_rows AS n, audit_inserted(to_jsonb(n)) AS change;\n    RETURN NULL;\n', hash='58d24bb976e4be3f59460f20a094d3e22453605f', level='STATEMENT', operation='INSERT', pgid='pgtrigger_audit_insert_ced1e', referencing='REFERENCING NEW TABLE AS new_rows ', table='sky_objects', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='auditedskyobject',
            trigger=pgtrigger.compiler.Trigger(name='audit_update', sql=pgtrigger.compiler.UpsertTriggerSql(func='\n    INSERT INTO audit_log (entity_type, action, user_id, username, source, ip_address, user_agent,\n                           entity_id, old_values, new_values, row_digest, change_summary)\n    SELECT TG_TABLE_NAME, lower(TG_OP), actor.*, change.*\n    FROM audit_actor() AS actor, old_rows AS o FULL JOIN new_rows AS n USING (id), audit_updated(to_jsonb(o), to_jsonb(n)) AS change;\n    RETURN NULL;\n', hash='d976a810d11c9cd5b55e8b56bd6234548563d533', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_audit_update_45fcf', referencing='REFERENCING OLD TABLE AS old_rows  NEW TABLE AS new_rows ', table='sky_objects', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='auditedskyobject',
            trigger=pgtrigger.compiler.Trigger(name='audit_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='\n    INSERT INTO audit_log (entity_type, action, user_id, username, source, ip_address, user_agent,\n                           entity_id, old_values, new_values, row_digest, change_summary)\n    SELECT TG_TABLE_NAME, lower(TG_OP), actor.*, change.*\n    FROM audit_actor() AS actor, old_rows AS o, audit_deleted(to_jsonb(o)) AS change;\n    RETURN NULL;\n', hash='357bd7b484e2596f1d5d435ed9893203cc5101a5', level='STATEMENT', operation='DELETE', pgid='pgtrigger_audit_delete_a5b85', referencing='REFERENCING OLD TABLE AS old_rows ', table='sky_objects', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='auditedskyobject',
            trigger=pgtrigger.compiler.Trigger(name='audit_truncate', sql=pgtrigger.compiler.UpsertTriggerSql(func='\n    INSERT INTO audit_log (entity_type, action, user_id, username, source, ip_address, user_agent,\n                           entity_id, old_values, new_values, row_digest, change_summary)\n    SELECT TG_TABLE_NAME, lower(TG_OP), actor.*, change.*\n    FROM audit_actor() AS actor, audit_truncated() AS change;\n    RETURN NULL;\n', hash='b5928642b086492b2bdaf2060f63efe1f0cb3fac', level='STATEMENT', operation='TRUNCATE', pgid='pgtrigger_audit_truncate_2a5a6', table='sky_objects', when='AFTER')),
        ),
    ]
