import django.contrib.auth.models
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('astrid', '0005_default_configuration'),
        ('auth', '0012_alter_user_first_name_max_length'),
        ('curation', '0001_audit_log'),
    ]

    operations = [
        migrations.CreateModel(
            name='AuditedGroup',
            fields=[
            ],
            options={
                'proxy': True,
                'default_permissions': (),
                'indexes': [],
                'constraints': [],
            },
            bases=('auth.group',),
            managers=[
                ('objects', django.contrib.auth.models.GroupManager()),
            ],
        ),
        migrations.CreateModel(
            name='AuditedGrouppermissions',
            fields=[
            ],
            options={
                'proxy': True,
                'default_permissions': (),
                'indexes': [],
                'constraints': [],
            },
            bases=('auth.group_permissions',),
        ),
        migrations.CreateModel(
            name='AuditedObservation',
            fields=[
            ],
            options={
                'proxy': True,
                'default_permissions': (),
                'indexes': [],
                'constraints': [],
            },
            bases=('astrid.observation',),
        ),
        migrations.CreateModel(
            name='AuditedPermission',
            fields=[
            ],
            options={
                'proxy': True,
                'default_permissions': (),
                'indexes': [],
                'constraints': [],
            },
            bases=('auth.permission',),
            managers=[
                ('objects', django.contrib.auth.models.PermissionManager()),
            ],
        ),
        migrations.CreateModel(
            name='AuditedSurvey',
            fields=[
            ],
            options={
                'proxy': True,
                'default_permissions': (),
                'indexes': [],
                'constraints': [],
            },
            bases=('astrid.survey',),
        ),
        migrations.CreateModel(
            name='AuditedSystemConfig',
            fields=[
            ],
            options={
                'proxy': True,
                'default_permissions': (),
                'indexes': [],
                'constraints': [],
            },
            bases=('astrid.systemconfig',),
        ),
        migrations.CreateModel(
            name='AuditedUser',
            fields=[
            ],
            options={
                'proxy': True,
                'default_permissions': (),
                'indexes': [],
                'constraints': [],
            },
            bases=('auth.user',),
            managers=[
                ('objects', django.contrib.auth.models.UserManager()),
            ],
        ),
        migrations.CreateModel(
            name='AuditedUsergroups',
            fields=[
            ],
            options={
                'proxy': True,
                'default_permissions': (),
                'indexes': [],
                'constraints': [],
            },
            bases=('auth.user_groups',),
        ),
        migrations.CreateModel(
            name='AuditedUseruserpermissions',
            fields=[
            ],
            options={
                'proxy': True,
                'default_permissions': (),
                'indexes': [],
                'constraints': [],
            },
            bases=('auth.user_user_permissions',),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='auditedgroup',
            trigger=pgtrigger.compiler.Trigger(name='audit_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='\n    INSERT INTO audit_log (entity_type, action, user_id, username, source, ip_address, user_agent,\n                           entity_id, old_values, new_values, row_digest, change_summary)\n    SELECT TG_TABLE_NAME, lower(TG_OP), actor.*, change.*\n    FROM audit_actor() AS actor, new_rows AS n, audit_inserted(to_jsonb(n)) AS change;\n    RETURN NULL;\n', hash='3cf928ae1314a05ca10a64187ae6fd7edf4db772', level='STATEMENT', operation='INSERT', pgid='pgtrigger_audit_insert_fbfa4', referencing='REFERENCING NEW TABLE AS new_rows ', table='auth_group', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='auditedgroup',
            trigger=pgtrigger.compiler.Trigger(name='audit_update', sql=pgtrigger.compiler.UpsertTriggerSql(func='\n    INSERT INTO audit_log (entity_type, action, user_id, username, source, ip_address, user_agent,\n                           entity_id, old_values, new_values, row_digest, change_summary)\n    SELECT TG_TABLE_NAME, lower(TG_OP), actor.*, change.*\n    FROM audit_actor() AS actor, old_rows AS o FULL JOIN new_rows AS n USING (id), audit_updated(to_jsonb(o), to_jsonb(n)) AS change;\n    RETURN NULL;\n', hash='875a2caec5477dda6615cc773d7e510321eddb91', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_audit_update_c7b81', referencing='REFERENCING OLD TABLE AS old_rows  NEW TABLE AS new_rows ', table='auth_group', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='auditedgroup',
            trigger=pgtrigger.compiler.Trigger(name='audit_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='\n    INSERT INTO audit_log (entity_type, action, user_id, username, source, ip_address, user_agent,\n                           entity_id, old_values, new_values, row_digest, change_summary)\n    SELECT TG_TABLE_NAME, lower(TG_OP), actor.*, change.*\n    FROM audit_actor() AS actor, old_rows AS o, audit_deleted(to_jsonb(o)) AS change;\n    RETURN NULL;\n', hash='3c4b213ef9863af00cacf723297f3837cf51fffc', level='STATEMENT', operation='DELETE', pgid='pgtrigger_audit_delete_61e1b', referencing='REFERENCING OLD TABLE AS old_rows ', table='auth_group', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='auditedgroup',
            trigger=pgtrigger.compiler.Trigger(name='audit_truncate', sql=pgtrigger.compiler.UpsertTriggerSql(func='\n    INSERT INTO audit_log (entity_type, action, user_id, username, source, ip_address, user_agent,\n                           entity_id, old_values, new_values, row_digest, change_summary)\n    SELECT TG_TABLE_NAME, lower(TG_OP), actor.*, change.*\n    FROM audit_actor() AS actor, audit_truncated() AS change;\n    RETURN NULL;\n', hash='a6bc925705a1b59bf1f2af3d5b774fdc857a53c0', level='STATEMENT', operation='TRUNCATE', pgid='pgtrigger_audit_truncate_51350', table='auth_group', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='auditedgrouppermissions',
            trigger=pgtrigger.compiler.Trigger(name='audit_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='\n    INSERT INTO audit_log (entity_type, action, user_id, username, source, ip_address, user_agent,\n                           entity_id, old_values, new_values, row_digest, change_summary)\n    SELECT TG_TABLE_NAME, lower(TG_OP), actor.*, change.*\n    FROM audit_actor() AS actor, new_rows AS n, audit_inserted(to_jsonb(n)) AS change;\n    RETURN NULL;\n', hash='b9c93626885650e98e4d181e4a8119d7b4a259b1', level='STATEMENT', operation='INSERT', pgid='pgtrigger_audit_insert_40b1e', referencing='REFERENCING NEW TABLE AS new_rows ', table='auth_group_permissions', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='auditedgrouppermissions',
            trigger=pgtrigger.compiler.Trigger(name='audit_update', sql=pgtrigger.compiler.UpsertTriggerSql(func='\n    INSERT INTO audit_log (entity_type, action, user_id, username, source, ip_address, user_agent,\n                           entity_id, old_values, new_values, row_digest, change_summary)\n    SELECT TG_TABLE_NAME, lower(TG_OP), actor.*, change.*\n    FROM audit_actor() AS actor, old_rows AS o FULL JOIN new_rows AS n USING (id), audit_updated(to_jsonb(o), to_jsonb(n)) AS change;\n    RETURN NULL;\n', hash='974c513b433f0e2073edca1f47890be113ad79eb', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_audit_update_150ab', referencing='REFERENCING OLD TABLE AS old_rows  NEW TABLE AS new_rows ', table='auth_group_permissions', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='auditedgrouppermissions',
            trigger=pgtrigger.compiler.Trigger(name='audit_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='\n    INSERT INTO audit_log (entity_type, action, user_id, username, source, ip_address, user_agent,\n                           entity_id, old_values, new_values, row_digest, change_summary)\n    SELECT TG_TABLE_NAME, lower(TG_OP), actor.*, change.*\n    FROM audit_actor() AS actor, old_rows AS o, audit_deleted(to_jsonb(o)) AS change;\n    RETURN NULL;\n', hash='bbb2d88d9d929102b67695f989c5e3088b884233', level='STATEMENT', operation='DELETE', pgid='pgtrigger_audit_delete_f24e6', referencing='REFERENCING OLD TABLE AS old_rows ', table='auth_group_permissions', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='auditedgrouppermissions',
            trigger=pgtrigger.compiler.Trigger(name='audit_truncate', sql=pgtrigger.compiler.UpsertTriggerSql(func='\n    INSERT INTO audit_log (entity_type, action, user_id, username, source, ip_address, user_agent,\n                           entity_id, old_values, new_values, row_digest, change_summary)\n    SELECT TG_TABLE_NAME, lower(TG_OP), actor.*, change.*\n    FROM audit_actor() AS actor, audit_truncated() AS change;\n    RETURN NULL;\n', hash='33076fa51179c672a44e863b10bd258f980a862c', level='STATEMENT', operation='TRUNCATE', pgid='pgtrigger_audit_truncate_2a415', table='auth_group_permissions', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='auditedobservation',
            trigger=pgtrigger.compiler.Trigger(name='audit_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='\n    INSERT INTO audit_log (entity_type, action, user_id, username, source, ip_address, user_agent,\n                           entity_id, old_values, new_values, row_digest, change_summary)\n    SELECT TG_TABLE_NAME, lower(TG_OP), actor.*, change.*\n    FROM audit_actor() AS actor, new_rows AS n, audit_inserted(to_jsonb(n)) AS change;\n    RETURN NULL;\n', hash='6413daa4ddcb2712c2d4f90c400a9e18050a25bf', level='STATEMENT', operation='INSERT', pgid='pgtrigger_audit_insert_b73d6', referencing='REFERENCING NEW TABLE AS new_rows ', table='observations', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='auditedobservation',
            trigger=pgtrigger.compiler.Trigger(name='audit_update', sql=pgtrigger.compiler.UpsertTriggerSql(func='\n    INSERT INTO audit_log (entity_type, action, user_id, username, source, ip_address, user_agent,\n                           entity_id, old_values, new_values, row_digest, change_summary)\n    SELECT TG_TABLE_NAME, lower(TG_OP), actor.*, change.*\n    FROM audit_actor() AS actor, old_rows AS o FULL JOIN new_rows AS n USING (id), audit_updated(to_jsonb(o), to_jsonb(n)) AS change;\n    RETURN NULL;\n', hash='73cee51784305e81f4f3baf72957a4df52ed8c2f', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_audit_update_b7068', referencing='REFERENCING OLD TABLE AS old_rows  NEW TABLE AS new_rows ', table='observations', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='auditedobservation',
            trigger=pgtrigger.compiler.Trigger(name='audit_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='\n    INSERT INTO audit_log (entity_type, action, user_id, username, source, ip_address, user_agent,\n                           entity_id, old_values, new_values, row_digest, change_summary)\n    SELECT TG_TABLE_NAME, lower(TG_OP), actor.*, change.*\n    FROM audit_actor() AS actor, old_rows AS o, audit_deleted(to_jsonb(o)) AS change;\n    RETURN NULL;\n', hash='18479d09cbca6019c87b3818a58fe24a1fb5e59a', level='STATEMENT', operation='DELETE', pgid='pgtrigger_audit_delete_97e15', referencing='REFERENCING OLD TABLE AS old_rows ', table='observations', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='auditedobservation',
            trigger=pgtrigger.compiler.Trigger(name='audit_truncate', sql=pgtrigger.compiler.UpsertTriggerSql(func='\n    INSERT INTO audit_log (entity_type, action, user_id, username, source, ip_address, user_agent,\n                           entity_id, old_values, new_values, row_digest, change_summary)\n    SELECT TG_TABLE_NAME, lower(TG_OP), actor.*, change.*\n    FROM audit_actor() AS actor, audit_truncated() AS change;\n    RETURN NULL;\n', hash='e65dbaaded5a1e8c857bc2f71e4d426c95ace908', level='STATEMENT', operation='TRUNCATE', pgid='pgtrigger_audit_truncate_86630', table='observations', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='auditedpermission',
            trigger=pgtrigger.compiler.Trigger(name='audit_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='\n    INSERT INTO audit_log (entity_type, action, user_id, username, source, ip_address, user_agent,\n                           entity_id, old_values, new_values, row_digest, change_summary)\n    SELECT TG_TABLE_NAME, lower(TG_OP), actor.*, change.*\n    FROM audit_actor() AS actor, new_rows AS n, audit_inserted(to_jsonb(n)) AS change;\n    RETURN NULL;\n', hash='3d6ae20b3598430ea54719ac70d37db8ec349a25', level='STATEMENT', operation='INSERT', pgid='pgtrigger_audit_insert_72323', referencing='REFERENCING NEW TABLE AS new_rows ', table='auth_permission', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='auditedpermission',
            trigger=pgtrigger.compiler.Trigger(name='audit_update', sql=pgtrigger.compiler.UpsertTriggerSql(func='\n    INSERT INTO audit_log (entity_type, action, user_id, username, source, ip_address, user_agent,\n                           entity_id, old_values, new_values, row_digest, change_summary)\n    SELECT TG_TABLE_NAME, lower(TG_OP), actor.*, change.*\n    FROM audit_actor() AS actor, old_rows AS o FULL JOIN new_rows AS n USING (id), audit_updated(to_jsonb(o), to_jsonb(n)) AS change;\n    RETURN NULL;\n', hash='023e50898a1194b5d8dcfb0715a88e3991c3dad9', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_audit_update_79fc8', referencing='REFERENCING OLD TABLE AS old_rows  NEW TABLE AS new_rows ', table='auth_permission', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='auditedpermission',
            trigger=pgtrigger.compiler.Trigger(name='audit_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='\n    INSERT INTO audit_log (entity_type, action, user_id, username, source, ip_address, user_agent,\n                           entity_id, old_values, new_values, row_digest, change_summary)\n    SELECT TG_TABLE_NAME, lower(TG_OP), actor.*, change.*\n    FROM audit_actor() AS actor, old_rows AS o, audit_deleted(to_jsonb(o)) AS change;\n    RETURN NULL;\n', hash='c569680f589598e311815e92c7d0fc3f459ceb10', level='STATEMENT', operation='DELETE', pgid='pgtrigger_audit_delete_84801', referencing='REFERENCING OLD TABLE AS old_rows ', table='auth_permission', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='auditedpermission',
            trigger=pgtrigger.compiler.Trigger(name='audit_truncate', sql=pgtrigger.compiler.UpsertTriggerSql(func='\n    INSERT INTO audit_log (entity_type, action, user_id, username, source, ip_address, user_agent,\n                           entity_id, old_values, new_values, row_digest, change_summary)\n    SELECT TG_TABLE_NAME, lower(TG_OP), actor.*, change.*\n    FROM audit_actor() AS actor, audit_truncated() AS change;\n    RETURN NULL;\n', hash='a221dd5b22f209be1c495527ae943b75f7be17a9', level='STATEMENT', operation='TRUNCATE', pgid='pgtrigger_audit_truncate_97711', table='auth_permission', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='auditedsurvey',
            trigger=pgtrigger.compiler.Trigger(name='audit_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='\n    INSERT INTO audit_log (entity_type, action, user_id, username, source, ip_address, user_agent,\n                           entity_id, old_values, new_values, row_digest, change_summary)\n    SELECT TG_TABLE_NAME, lower(TG_OP), actor.*, change.*\n    FROM audit_actor() AS actor, new_rows AS n, audit_inserted(to_jsonb(n)) AS change;\n    RETURN NULL;\n', hash='68f0acc1b18e4a20333d7d6294cd2395a63b3b89', level='STATEMENT', operation='INSERT', pgid='pgtrigger_audit_insert_e6f73', referencing='REFERENCING NEW TABLE AS new_rows ', table='surveys', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='auditedsurvey',
            trigger=pgtrigger.compiler.Trigger(name='audit_update', sql=pgtrigger.compiler.UpsertTriggerSql(func='\n    INSERT INTO audit_log (entity_type, action, user_id, username, source, ip_address, user_agent,\n                           entity_id, old_values, new_values, row_digest, change_summary)\n    SELECT TG_TABLE_NAME, lower(TG_OP), actor.*, change.*\n    FROM audit_actor() AS actor, old_rows AS o FULL JOIN new_rows AS n USING (id), audit_updated(to_jsonb(o), to_jsonb(n)) AS change;\n    RETURN NULL;\n', hash='c26e78168c498e64e1ea67f8a6bcf77df13d497e', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_audit_update_eb3eb', referencing='REFERENCING OLD TABLE AS old_rows  NEW TABLE AS new_rows ', table='surveys', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='auditedsurvey',
            trigger=pgtrigger.compiler.Trigger(name='audit_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='\n    INSERT INTO audit_log (entity_type, action, user_id, username, source, ip_address, user_agent,\n                           entity_id, old_values, new_values, row_digest, change_summary)\n    SELECT TG_TABLE_NAME, lower(TG_OP), actor.*, change.*\n    FROM audit_actor() AS actor, old_rows AS o, audit_deleted(to_jsonb(o)) AS change;\n    RETURN NULL;\n', hash='cb5d745e4f7c9d089125d1fbad319e0aaa8ce558', level='STATEMENT', operation='DELETE', pgid='pgtrigger_audit_delete_f17bd', referencing='REFERENCING OLD TABLE AS old_rows ', table='surveys', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='auditedsurvey',
            trigger=pgtrigger.compiler.Trigger(name='audit_truncate', sql=pgtrigger.compiler.UpsertTriggerSql(func='\n    INSERT INTO audit_log (entity_type, action, user_id, username, source, ip_address, user_agent,\n                           entity_id, old_values, new_values, row_digest, change_summary)\n    SELECT TG_TABLE_NAME, lower(TG_OP), actor.*, change.*\n    FROM audit_actor() AS actor, audit_truncated() AS change;\n    RETURN NULL;\n', hash='07665c96d4053c47ddb969c25c174c45b9803175', level='STATEMENT', operation='TRUNCATE', pgid='pgtrigger_audit_truncate_95fc1', table='surveys', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='auditedsystemconfig',
            trigger=pgtrigger.compiler.Trigger(name='audit_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='\n    INSERT INTO audit_log (entity_type, action, user_id, username, source, ip_address, user_agent,\n                           entity_id, old_values, new_values, row_digest, change_summary)\n    SELECT TG_TABLE_NAME, lower(TG_OP), actor.*, change.*\n    FROM audit_actor() AS actor, new_rows AS n, audit_inserted(to_jsonb(n)) AS change;\n    RETURN NULL;\n', hash='7e0e905637c0a60fa9131ee963b4789ad2a7a1b2', level='STATEMENT', operation='INSERT', pgid='pgtrigger_audit_insert_f8747', referencing='REFERENCING NEW TABLE AS new_rows ', table='system_config', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='auditedsystemconfig',
            trigger=pgtrigger.compiler.Trigger(name='audit_update', sql=pgtrigger.compiler.UpsertTriggerSql(func='\n    INSERT INTO audit_log (entity_type, action, user_id, username, source, ip_address, user_agent,\n                           entity_id, old_values, new_values, row_digest, change_summary)\n    SELECT TG_TABLE_NAME, lower(TG_OP), actor.*, change.*\n    FROM audit_actor() AS actor, old_rows AS o FULL JOIN new_rows AS n USING (id), audit_updated(to_jsonb(o), to_jsonb(n)) AS change;\n    RETURN NULL;\n', hash='c726804a5672916e208edf099221f47b4c87f5b3', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_audit_update_d03cc', referencing='REFERENCING OLD TABLE AS old_rows  NEW TABLE AS new_rows ', table='system_config', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='auditedsystemconfig',
            trigger=pgtrigger.compiler.Trigger(name='audit_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='\n    INSERT INTO audit_log (entity_type, action, user_id, username, source, ip_address, user_agent,\n                           entity_id, old_values, new_values, row_digest, change_summary)\n    SELECT TG_TABLE_NAME, lower(TG_OP), actor.*, change.*\n    FROM audit_actor() AS actor, old_rows AS o, audit_deleted(to_jsonb(o)) AS change;\n    RETURN NULL;\n', hash='d3351a242cf1c19c34b986fd1e8c8f370ae08e9b', level='STATEMENT', operation='DELETE', pgid='pgtrigger_audit_delete_cd3d5', referencing='REFERENCING OLD TABLE AS old_rows ', table='system_config', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='auditedsystemconfig',
            trigger=pgtrigger.compiler.Trigger(name='audit_truncate', sql=pgtrigger.compiler.UpsertTriggerSql(func='\n    INSERT INTO audit_log (entity_type, action, user_id, username, source, ip_address, user_agent,\n                           entity_id, old_values, new_values, row_digest, change_summary)\n    SELECT TG_TABLE_NAME, lower(TG_OP), actor.*, change.*\n    FROM audit_actor() AS actor, audit_truncated() AS change;\n    RETURN NULL;\n', hash='57f3c26238aa8315d7894b50de186a6677e913b4', level='STATEMENT', operation='TRUNCATE', pgid='pgtrigger_audit_truncate_f58b2', table='system_config', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='auditeduser',
            trigger=pgtrigger.compiler.Trigger(name='audit_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='\n    INSERT INTO audit_log (entity_type, action, user_id, username, source, ip_address, user_agent,\n                           entity_id, old_values, new_values, row_digest, change_summary)\n    SELECT TG_TABLE_NAME, lower(TG_OP), actor.*, change.*\n    FROM audit_actor() AS actor, new_rows AS n, audit_inserted(to_jsonb(n)) AS change;\n    RETURN NULL;\n', hash='05ef6f2c6a1b15e525bafb46385f2121600cd6a2', level='STATEMENT', operation='INSERT', pgid='pgtrigger_audit_insert_13ef3', referencing='REFERENCING NEW TABLE AS new_rows ', table='auth_user', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='auditeduser',
            trigger=pgtrigger.compiler.Trigger(name='audit_update', sql=pgtrigger.compiler.UpsertTriggerSql(func='\n    INSERT INTO audit_log (entity_type, action, user_id, username, source, ip_address, user_agent,\n                           entity_id, old_values, new_values, row_digest, change_summary)\n    SELECT TG_TABLE_NAME, lower(TG_OP), actor.*, change.*\n    FROM audit_actor() AS actor, old_rows AS o FULL JOIN new_rows AS n USING (id), audit_updated(to_jsonb(o), to_jsonb(n)) AS change;\n    RETURN NULL;\n', hash='a9374b0850665d21f8ab82260daedec24318f388', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_audit_update_02f4f', referencing='REFERENCING OLD TABLE AS old_rows  NEW TABLE AS new_rows ', table='auth_user', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='auditeduser',
            trigger=pgtrigger.compiler.Trigger(name='audit_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='\n    INSERT INTO audit_log (entity_type, action, user_id, username, source, ip_address, user_agent,\n                           entity_id, old_values, new_values, row_digest, change_summary)\n    SELECT TG_TABLE_NAME, lower(TG_OP), actor.*, change.*\n    FROM audit_actor() AS actor, old_rows AS o, audit_deleted(to_jsonb(o)) AS change;\n    RETURN NULL;\n', hash='b45fddc3e9ad2863d60257a865aebeaec0dea84d', level='STATEMENT', operation='DELETE', pgid='pgtrigger_audit_delete_783ce', referencing='REFERENCING OLD TABLE AS old_rows ', table='auth_user', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='auditeduser',
            trigger=pgtrigger.compiler.Trigger(name='audit_truncate', sql=pgtrigger.compiler.UpsertTriggerSql(func='\n    INSERT INTO audit_log (entity_type, action, user_id, username, source, ip_address, user_agent,\n                           entity_id, old_values, new_values, row_digest, change_summary)\n    SELECT TG_TABLE_NAME, lower(TG_OP), actor.*, change.*\n    FROM audit_actor() AS actor, audit_truncated() AS change;\n    RETURN NULL;\n', hash='9feb0e32bee5daf83a84c4e002fb67b2b2a2ad2e', level='STATEMENT', operation='TRUNCATE', pgid='pgtrigger_audit_truncate_f58f9', table='auth_user', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='auditedusergroups',
            trigger=pgtrigger.compiler.Trigger(name='audit_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='\n    INSERT INTO audit_log (entity_type, action, user_id, username, source, ip_address, user_agent,\n                           entity_id, old_values, new_values, row_digest, change_summary)\n    SELECT TG_TABLE_NAME, lower(TG_OP), actor.*, change.*\n    FROM audit_actor() AS actor, new_rows AS n, audit_inserted(to_jsonb(n)) AS change;\n    RETURN NULL;\n', hash='b884be19c3703a12282a0d884c69bc2c9c433d7e', level='STATEMENT', operation='INSERT', pgid='pgtrigger_audit_insert_2ce7b', referencing='REFERENCING NEW TABLE AS new_rows ', table='auth_user_groups', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='auditedusergroups',
            trigger=pgtrigger.compiler.Trigger(name='audit_update', sql=pgtrigger.compiler.UpsertTriggerSql(func='\n    INSERT INTO audit_log (entity_type, action, user_id, username, source, ip_address, user_agent,\n                           entity_id, old_values, new_values, row_digest, change_summary)\n    SELECT TG_TABLE_NAME, lower(TG_OP), actor.*, change.*\n    FROM audit_actor() AS actor, old_rows AS o FULL JOIN new_rows AS n USING (id), audit_updated(to_jsonb(o), to_jsonb(n)) AS change;\n    RETURN NULL;\n', hash='7514c66d897693c63aa196140f34426e9085f8d6', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_audit_update_deba6', referencing='REFERENCING OLD TABLE AS old_rows  NEW TABLE AS new_rows ', table='auth_user_groups', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='auditedusergroups',
            trigger=pgtrigger.compiler.Trigger(name='audit_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='\n    INSERT INTO audit_log (entity_type, action, user_id, username, source, ip_address, user_agent,\n                           entity_id, old_values, new_values, row_digest, change_summary)\n    SELECT TG_TABLE_NAME, lower(TG_OP), actor.*, change.*\n    FROM audit_actor() AS actor, old_rows AS o, audit_deleted(to_jsonb(o)) AS change;\n    RETURN NULL;\n', hash='36a2680724d8d6a8ce5ae032a49c230e7722139d', level='STATEMENT', operation='DELETE', pgid='pgtrigger_audit_delete_be903', referencing='REFERENCING OLD TABLE AS old_rows ', table='auth_user_groups', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='auditedusergroups',
            trigger=pgtrigger.compiler.Trigger(name='audit_truncate', sql=pgtrigger.compiler.UpsertTriggerSql(func='\n    INSERT INTO audit_log (entity_type, action, user_id, username, source, ip_address, user_agent,\n                           entity_id, old_values, new_values, row_digest, change_summary)\n    SELECT TG_TABLE_NAME, lower(TG_OP), actor.*, change.*\n    FROM audit_actor() AS actor, audit_truncated() AS change;\n    RETURN NULL;\n', hash='39fc0697aa935088ec39ccc550a9ac86de02e855', level='STATEMENT', operation='TRUNCATE', pgid='pgtrigger_audit_truncate_f54aa', table='auth_user_groups', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='auditeduseruserpermissions',
            trigger=pgtrigger.compiler.Trigger(name='audit_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='\n    INSERT INTO audit_log (entity_type, action, user_id, username, source, ip_address, user_agent,\n                           entity_id, old_values, new_values, row_digest, change_summary)\n    SELECT TG_TABLE_NAME, lower(TG_OP), actor.*, change.*\n    FROM audit_actor() AS actor, new_rows AS n, audit_inserted(to_jsonb(n)) AS change;\n    RETURN NULL;\n', hash='0f4d8874e5329b05ec6d9a43c5d168f02bd7ea53', level='STATEMENT', operation='INSERT', pgid='pgtrigger_audit_insert_f46ca', referencing='REFERENCING NEW TABLE AS new_rows ', table='auth_user_user_permissions', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='auditeduseruserpermissions',
            trigger=pgtrigger.compiler.Trigger(name='audit_update', sql=pgtrigger.compiler.UpsertTriggerSql(func='\n    INSERT INTO audit_log (entity_type, action, user_id, username, source, ip_address, user_agent,\n                           entity_id, old_values, new_values, row_digest, change_summary)\n    SELECT TG_TABLE_NAME, lower(TG_OP), actor.*, change.*\n    FROM audit_actor() AS actor, old_rows AS o FULL JOIN new_rows AS n USING (id), audit_updated(to_jsonb(o), to_jsonb(n)) AS change;\n    RETURN NULL;\n', hash='880b55ed1a4de614b12c24c088f7488f956a242b', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_audit_update_191a9', referencing='REFERENCING OLD TABLE AS old_rows  NEW TABLE AS new_rows ', table='auth_user_user_permissions', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='auditeduseruserpermissions',
            trigger=pgtrigger.compiler.Trigger(name='audit_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='\n    INSERT INTO audit_log (entity_type, action, user_id, username, source, ip_address, user_agent,\n                           entity_id, old_values, new_values, row_digest, change_summary)\n    SELECT TG_TABLE_NAME, lower(TG_OP), actor.*, change.*\n    FROM audit_actor() AS actor, old_rows AS o, audit_deleted(to_jsonb(o)) AS change;\n    RETURN NULL;\n', hash='cfec8a65c1dbd1b218b87750ae21bf0e209a136a', level='STATEMENT', operation='DELETE', pgid='pgtrigger_audit_delete_dec55', referencing='REFERENCING OLD TABLE AS old_rows ', table='auth_user_user_permissions', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='auditeduseruserpermissions',
            trigger=pgtrigger.compiler.Trigger(name='audit_truncate', sql=pgtrigger.compiler.UpsertTriggerSql(func='\n    INSERT INTO audit_log (entity_type, action, user_id, username, source, ip_address, user_agent,\n                           entity_id, old_values, new_values, row_digest, change_summary)\n    SELECT TG_TABLE_NAME, lower(TG_OP), actor.*, change.*\n    FROM audit_actor() AS actor, audit_truncated() AS change;\n    RETURN NULL;\n', hash='b65d80e5bc8d84d58f176cda6aa80e0f11596791', level='STATEMENT', operation='TRUNCATE', pgid='pgtrigger_audit_truncate_cf176', table='auth_user_user_permissions', when='AFTER')),
        ),
    ]
