import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('curation', '0003_audit_processing_tables'),
        ('mlregistry', '0002_roles_and_configuration'),
    ]

    operations = [
        migrations.CreateModel(
            name='AuditedDetection',
            fields=[
            ],
            options={
                'proxy': True,
                'default_permissions': (),
                'indexes': [],
                'constraints': [],
            },
            bases=('mlregistry.detection',),
        ),
        migrations.CreateModel(
            name='AuditedMLModel',
            fields=[
            ],
            options={
                'proxy': True,
                'default_permissions': (),
                'indexes': [],
                'constraints': [],
            },
            bases=('mlregistry.mlmodel',),
        ),
        migrations.CreateModel(
            name='AuditedModelRun',
            fields=[
            ],
            options={
                'proxy': True,
                'default_permissions': (),
                'indexes': [],
                'constraints': [],
            },
            bases=('mlregistry.modelrun',),
        ),
        migrations.CreateModel(
            name='AuditedTrainingSet',
            fields=[
            ],
            options={
                'proxy': True,
                'default_permissions': (),
                'indexes': [],
                'constraints': [],
            },
            bases=('mlregistry.trainingset',),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='auditeddetection',
            trigger=pgtrigger.compiler.Trigger(name='audit_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='\n    INSERT INTO audit_log (entity_type, action, user_id, username, source, ip_address, user_agent,\n                           entity_id, old_values, new_values, row_digest, change_summary)\n    SELECT TG_TABLE_NAME, lower(TG_OP), actor.*, change.*\n    FROM audit_actor() AS actor, new_rows AS n, audit_inserted(to_jsonb(n)) AS change;\n    RETURN NULL;\n', hash='a6c27635781416948a81c1ec2a94b5f973394a76', level='STATEMENT', operation='INSERT', pgid='pgtrigger_audit_insert_96163', referencing='REFERENCING NEW TABLE AS new_rows ', table='detections', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='auditeddetection',
            trigger=pgtrigger.compiler.Trigger(name='audit_update', sql=pgtrigger.compiler.UpsertTriggerSql(func='\n    INSERT INTO audit_log (entity_type, action, user_id, username, source, ip_address, user_agent,\n                           entity_id, old_values, new_values, row_digest, change_summary)\n    SELECT TG_TABLE_NAME, lower(TG_OP), actor.*, change.*\n    FROM audit_actor() AS actor, old_rows AS o FULL JOIN new_rows AS n USING (id), audit_updated(to_jsonb(o), to_jsonb(n)) AS change;\n    RETURN NULL;\n', hash='6c73997992ff367f9377ac55e84ad3d4f154e53c', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_audit_update_a9266', referencing='REFERENCING OLD TABLE AS old_rows  NEW TABLE AS new_rows ', table='detections', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='auditeddetection',
            trigger=pgtrigger.compiler.Trigger(name='audit_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='\n    INSERT INTO audit_log (entity_type, action, user_id, username, source, ip_address, user_agent,\n                           entity_id, old_values, new_values, row_digest, change_summary)\n    SELECT TG_TABLE_NAME, lower(TG_OP), actor.*, change.*\n    FROM audit_actor() AS actor, old_rows AS o, audit_deleted(to_jsonb(o)) AS change;\n    RETURN NULL;\n', hash='db9882e2414e0d603c7b9a95ab5f02bcc05b7016', level='STATEMENT', operation='DELETE', pgid='pgtrigger_audit_delete_732e9', referencing='REFERENCING OLD TABLE AS old_rows ', table='detections', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='auditeddetection',
            trigger=pgtrigger.compiler.Trigger(name='audit_truncate', sql=pgtrigger.compiler.UpsertTriggerSql(func='\n    INSERT INTO audit_log (entity_type, action, user_id, username, source, ip_address, user_agent,\n                           entity_id, old_values, new_values, row_digest, change_summary)\n    SELECT TG_TABLE_NAME, lower(TG_OP), actor.*, change.*\n    FROM audit_actor() AS actor, audit_truncated() AS change;\n    RETURN NULL;\n', hash='67601474c80b9e44653984ff58d9c552eff6a388', level='STATEMENT', operation='TRUNCATE', pgid='pgtrigger_audit_truncate_75baa', table='detections', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='auditedmlmodel',
            trigger=pgtrigger.compiler.Trigger(name='audit_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='\n    INSERT INTO audit_log (entity_type, action, user_id, username, source, ip_address, user_agent,\n                           entity_id, old_values, new_values, row_digest, change_summary)\n    SELECT TG_TABLE_NAME, lower(TG_OP), actor.*, change.*\n    FROM audit_actor() AS actor, new_rows AS n, audit_inserted(to_jsonb(n)) AS change;\n    RETURN NULL;\n', hash='1ba5eb9979eaab9c4ef83f67e90d244f0c4c9033', level='STATEMENT', operation='INSERT', pgid='pgtrigger_audit_insert_77381', referencing='REFERENCING NEW TABLE AS new_rows ', table='models', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='auditedmlmodel',
            trigger=pgtrigger.compiler.Trigger(name='audit_update', sql=pgtrigger.compiler.UpsertTriggerSql(func='\n    INSERT INTO audit_log (entity_type, action, user_id, username, source, ip_address, user_agent,\n                           entity_id, old_values, new_values, row_digest, change_summary)\n    SELECT TG_TABLE_NAME, lower(TG_OP), actor.*, change.*\n    FROM audit_actor() AS actor, old_rows AS o FULL JOIN new_rows AS n USING (id), audit_updated(to_jsonb(o), to_jsonb(n)) AS change;\n    RETURN NULL;\n', hash='fb6a712a61dbad9fbeb7f43f2dd4929b5235cc5e', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_audit_update_b10c1', referencing='REFERENCING OLD TABLE AS old_rows  NEW TABLE AS new_rows ', table='models', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='auditedmlmodel',
            trigger=pgtrigger.compiler.Trigger(name='audit_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='\n    INSERT INTO audit_log (entity_type, action, user_id, username, source, ip_address, user_agent,\n                           entity_id, old_values, new_values, row_digest, change_summary)\n    SELECT TG_TABLE_NAME, lower(TG_OP), actor.*, change.*\n    FROM audit_actor() AS actor, old_rows AS o, audit_deleted(to_jsonb(o)) AS change;\n    RETURN NULL;\n', hash='bf33cc544df1f27de88b52cf046af8fe79d52d94', level='STATEMENT', operation='DELETE', pgid='pgtrigger_audit_delete_95d07', referencing='REFERENCING OLD TABLE AS old_rows ', table='models', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='auditedmlmodel',
            trigger=pgtrigger.compiler.Trigger(name='audit_truncate', sql=pgtrigger.compiler.UpsertTriggerSql(func='\n    INSERT INTO audit_log (entity_type, action, user_id, username, source, ip_address, user_agent,\n                           entity_id, old_values, new_values, row_digest, change_summary)\n    SELECT TG_TABLE_NAME, lower(TG_OP), actor.*, change.*\n    FROM audit_actor() AS actor, audit_truncated() AS change;\n    RETURN NULL;\n', hash='231e87dfd78228067f5c43e4b173128256198f09', level='STATEMENT', operation='TRUNCATE', pgid='pgtrigger_audit_truncate_22fb3', table='models', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='auditedmodelrun',
            trigger=pgtrigger.compiler.Trigger(name='audit_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='\n    INSERT INTO audit_log (entity_type, action, user_id, username, source, ip_address, user_agent,\n                           entity_id, old_values, new_values, row_digest, change_summary)\n    SELECT TG_TABLE_NAME, lower(TG_OP), actor.*, change.*\n    FROM audit_actor() AS actor, new_rows AS n, audit_inserted(to_jsonb(n)) AS change;\n    RETURN NULL;\n', hash='87af5b867679e7e21fbafe183a00e151eda39109', level='STATEMENT', operation='INSERT', pgid='pgtrigger_audit_insert_bcc4d', referencing='REFERENCING NEW TABLE AS new_rows ', table='model_runs', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='auditedmodelrun',
            trigger=pgtrigger.compiler.Trigger(name='audit_update', sql=pgtrigger.compiler.UpsertTriggerSql(func='\n    INSERT INTO audit_log (entity_type, action, user_id, username, source, ip_address, user_agent,\n                           entity_id, old_values, new_values, row_digest, change_summary)\n    SELECT TG_TABLE_NAME, lower(TG_OP), actor.*, change.*\n    FROM audit_actor() AS actor, old_rows AS o FULL JOIN new_rows AS n USING (id), audit_updated(to_jsonb(o), to_jsonb(n)) AS change;\n    RETURN NULL;\n', hash='d4ded23cfef52cdac941ea48ef93286b9a889fbf', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_audit_update_04839', referencing='REFERENCING OLD TABLE AS old_rows  NEW TABLE AS new_rows ', table='model_runs', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='auditedmodelrun',
            trigger=pgtrigger.compiler.Trigger(name='audit_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='\n    INSERT INTO audit_log (entity_type, action, user_id, username, source, ip_address, user_agent,\n                           entity_id, old_values, new_values, row_digest, change_summary)\n    SELECT TG_TABLE_NAME, lower(TG_OP), actor.*, change.*\n    FROM audit_actor() AS actor, old_rows AS o, audit_deleted(to_jsonb(o)) AS change;\n    RETURN NULL;\n', hash='06d5a4c90b0c5b6e6b2d88edfb648ace533e3946', level='STATEMENT', operation='DELETE', pgid='pgtrigger_audit_delete_03426', referencing='REFERENCING OLD TABLE AS old_rows ', table='model_runs', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='auditedmodelrun',
            trigger=pgtrigger.compiler.Trigger(name='audit_truncate', sql=pgtrigger.compiler.UpsertTriggerSql(func='\n    INSERT INTO audit_log (entity_type, action, user_id, username, source, ip_address, user_agent,\n                           entity_id, old_values, new_values, row_digest, change_summary)\n    SELECT TG_TABLE_NAME, lower(TG_OP), actor.*, change.*\n    FROM audit_actor() AS actor, audit_truncated() AS change;\n    RETURN NULL;\n', hash='9f9a159320b646d25056557cf93737ea08997a5a', level='STATEMENT', operation='TRUNCATE', pgid='pgtrigger_audit_truncate_ad811', table='model_runs', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='auditedtrainingset',
            trigger=pgtrigger.compiler.Trigger(name='audit_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='\n    INSERT INTO audit_log (entity_type, action, user_id, username, source, ip_address, user_agent,\n                           entity_id, old_values, new_values, row_digest, change_summary)\n    SELECT TG_TABLE_NAME, lower(TG_OP), actor.*, change.*\n    FROM audit_actor() AS actor, new_rows AS n, audit_inserted(to_jsonb(n)) AS change;\n    RETURN NULL;\n', hash='2b63b90fcd97d40d5d87f10767c50aea7c70b417', level='STATEMENT', operation='INSERT', pgid='pgtrigger_audit_insert_e3943', referencing='REFERENCING NEW TABLE AS new_rows ', table='training_sets', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='auditedtrainingset',
            trigger=pgtrigger.compiler.Trigger(name='audit_update', sql=pgtrigger.compiler.UpsertTriggerSql(func='\n    INSERT INTO audit_log (entity_type, action, user_id, username, source, ip_address, user_agent,\n                           entity_id, old_values, new_values, row_digest, change_summary)\n    SELECT TG_TABLE_NAME, lower(TG_OP), actor.*, change.*\n    FROM audit_actor() AS actor, old_rows AS o FULL JOIN new_rows AS n USING (id), audit_updated(to_jsonb(o), to_jsonb(n)) AS change;\n    RETURN NULL;\n', hash='ab8644c27d6d5d24c320f467c1ff72dd931d9786', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_audit_update_62b90', referencing='REFERENCING OLD TABLE AS old_rows  NEW TABLE AS new_rows ', table='training_sets', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='auditedtrainingset',
            trigger=pgtrigger.compiler.Trigger(name='audit_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='\n    INSERT INTO audit_log (entity_type, action, user_id, username, source, ip_address, user_agent,\n                           entity_id, old_values, new_values, row_digest, change_summary)\n    SELECT TG_TABLE_NAME, lower(TG_OP), actor.*, change.*\n    FROM audit_actor() AS actor, old_rows AS o, audit_deleted(to_jsonb(o)) AS change;\n    RETURN NULL;\n', hash='3f4307ee591f6b084ad8d1f7fda6cc69ae868716', level='STATEMENT', operation='DELETE', pgid='pgtrigger_audit_delete_03ac9', referencing='REFERENCING OLD TABLE AS old_rows ', table='training_sets', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='auditedtrainingset',
            trigger=pgtrigger.compiler.Trigger(name='audit_truncate', sql=pgtrigger.compiler.UpsertTriggerSql(func='\n    INSERT INTO audit_log (entity_type, action, user_id, username, source, ip_address, user_agent,\n                           entity_id, old_values, new_values, row_digest, change_summary)\n    SELECT TG_TABLE_NAME, lower(TG_OP), actor.*, change.*\n    FROM audit_actor() AS actor, audit_truncated() AS change;\n    RETURN NULL;\n', hash='950edc138cc4e6934ad47906d9bf8d691a5bdcad', level='STATEMENT', operation='TRUNCATE', pgid='pgtrigger_audit_truncate_7f1b2', table='training_sets', when='AFTER')),
        ),
    ]
