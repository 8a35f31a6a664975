import pgtrigger.compiler
from django.db import migrations

from curation.audit import AddAuditTrigger


class Migration(migrations.Migration):

    dependencies = [
        ('curation', '0006_roles_and_configuration'),
        ('pipeline', '0004_roles_and_configuration_of_known_things'),
    ]

    operations = [
        migrations.CreateModel(
            name='AuditedCatalogue',
            fields=[
            ],
            options={
                'proxy': True,
                'default_permissions': (),
                'indexes': [],
                'constraints': [],
            },
            bases=('pipeline.catalogue',),
        ),
        migrations.CreateModel(
            name='AuditedCatalogueSource',
            fields=[
            ],
            options={
                'proxy': True,
                'default_permissions': (),
                'indexes': [],
                'constraints': [],
            },
            bases=('pipeline.cataloguesource',),
        ),
        migrations.CreateModel(
            name='AuditedKnownMatch',
            fields=[
            ],
            options={
                'proxy': True,
                'default_permissions': (),
                'indexes': [],
                'constraints': [],
            },
            bases=('pipeline.knownmatch',),
        ),
        migrations.CreateModel(
            name='AuditedLightCurvePoint',
            fields=[
            ],
            options={
                'proxy': True,
                'default_permissions': (),
                'indexes': [],
                'constraints': [],
            },
            bases=('pipeline.lightcurvepoint',),
        ),
        migrations.CreateModel(
            name='AuditedMasterFrame',
            fields=[
            ],
            options={
                'proxy': True,
                'default_permissions': (),
                'indexes': [],
                'constraints': [],
            },
            bases=('pipeline.masterframe',),
        ),
        migrations.CreateModel(
            name='AuditedMinorPlanet',
            fields=[
            ],
            options={
                'proxy': True,
                'default_permissions': (),
                'indexes': [],
                'constraints': [],
            },
            bases=('pipeline.minorplanet',),
        ),
        AddAuditTrigger(
            model_name='auditedcatalogue',
            trigger=pgtrigger.compiler.Trigger(name='audit_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='\n    INSERT INTO audit_log (entity_type, action, user_id, username, source, ip_address, user_agent,\n                           entity_id, old_values, new_values, row_digest, change_summary)\n    SELECT TG_TABLE_NAME, lower(TG_OP), actor.*, change.*\n    FROM audit_actor() AS actor, new_rows AS n, audit_inserted(to_jsonb(n)) AS change;\n    RETURN NULL;\n', hash='4ec8f72c55187574efc08e2b731678f63f9c9fb6', level='STATEMENT', operation='INSERT', pgid='pgtrigger_audit_insert_9ef28', referencing='REFERENCING NEW TABLE AS new_rows ', table='catalogues', when='AFTER')),
        ),
        AddAuditTrigger(
            model_name='auditedcatalogue',
            trigger=pgtrigger.compiler.Trigger(name='audit_update', sql=pgtrigger.compiler.UpsertTriggerSql(func='\n    INSERT INTO audit_log (entity_type, action, user_id, username, source, ip_address, user_agent,\n                           entity_id, old_values, new_values, row_digest, change_summary)\n    SELECT TG_TABLE_NAME, lower(TG_OP), actor.*, change.*\n    FROM audit_actor() AS actor, old_rows AS o FULL JOIN new_rows AS n USING (id), audit_updated(to_jsonb(o), to_jsonb(n)) AS change;\n    RETURN NULL;\n', hash='05d1242c314e0f940209d6dcd04624740911fdfc', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_audit_update_ce8a5', referencing='REFERENCING OLD TABLE AS old_rows  NEW TABLE AS new_rows ', table='catalogues', when='AFTER')),
        ),
        AddAuditTrigger(
            model_name='auditedcatalogue',
            trigger=pgtrigger.compiler.Trigger(name='audit_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='\n    INSERT INTO audit_log (entity_type, action, user_id, username, source, ip_address, user_agent,\n                           entity_id, old_values, new_values, row_digest, change_summary)\n    SELECT TG_TABLE_NAME, lower(TG_OP), actor.*, change.*\n    FROM audit_actor() AS actor, old_rows AS o, audit_deleted(to_jsonb(o)) AS change;\n    RETURN NULL;\n', hash='1d04a467f85a11b62f68df3562396850847b414d', level='STATEMENT', operation='DELETE', pgid='pgtrigger_audit_delete_4c449', referencing='REFERENCING OLD TABLE AS old_rows ', table='catalogues', when='AFTER')),
        ),
        AddAuditTrigger(
            model_name='auditedcatalogue',
            trigger=pgtrigger.compiler.Trigger(name='audit_truncate', sql=pgtrigger.compiler.UpsertTriggerSql(func='\n    INSERT INTO audit_log (entity_type, action, user_id, username, source, ip_address, user_agent,\n                           entity_id, old_values, new_values, row_digest, change_summary)\n    SELECT TG_TABLE_NAME, lower(TG_OP), actor.*, change.*\n    FROM audit_actor() AS actor, audit_truncated() AS change;\n    RETURN NULL;\n', hash='21f69497746ca74b700a657fcb4a87e9b666cf6e', level='STATEMENT', operation='TRUNCATE', pgid='pgtrigger_audit_truncate_eda07', table='catalogues', when='AFTER')),
        ),
        AddAuditTrigger(
            model_name='auditedcataloguesource',
            trigger=pgtrigger.compiler.Trigger(name='audit_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='\n    INSERT INTO audit_log (entity_type, action, user_id, username, source, ip_address, user_agent,\n                           entity_id, old_values, new_values, row_digest, change_summary)\n    SELECT TG_TABLE_NAME, lower(TG_OP), actor.*, change.*\n    FROM audit_actor() AS actor, new_rows AS n, audit_inserted(to_jsonb(n)) AS change;\n    RETURN NULL;\n', hash='4039f5d2ae2e8780395a76fb312c96fd4dc313d6', level='STATEMENT', operation='INSERT', pgid='pgtrigger_audit_insert_e7f29', referencing='REFERENCING NEW TABLE AS new_rows ', table='catalogue_sources', when='AFTER')),
        ),
        AddAuditTrigger(
            model_name='auditedcataloguesource',
            trigger=pgtrigger.compiler.Trigger(name='audit_update', sql=pgtrigger.compiler.UpsertTriggerSql(func='\n    INSERT INTO audit_log (entity_type, action, user_id, username, source, ip_address, user_agent,\n                           entity_id, old_values, new_values, row_digest, change_summary)\n    SELECT TG_TABLE_NAME, lower(TG_OP), actor.*, change.*\n    FROM audit_actor() AS actor, old_rows AS o FULL JOIN new_rows AS n USING (id), audit_updated(to_jsonb(o), to_jsonb(n)) AS change;\n    RETURN NULL;\n', hash='bdc2c2c562721f32d603a9bcafb91921a3ce8a72', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_audit_update_a2146', referencing='REFERENCING OLD TABLE AS old_rows  NEW TABLE AS new_rows ', table='catalogue_sources', when='AFTER')),
        ),
        AddAuditTrigger(
            model_name='auditedcataloguesource',
            trigger=pgtrigger.compiler.Trigger(name='audit_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='\n    INSERT INTO audit_log (entity_type, action, user_id, username, source, ip_address, user_agent,\n                           entity_id, old_values, new_values, row_digest, change_summary)\n    SELECT TG_TABLE_NAME, lower(TG_OP), actor.*, change.*\n    FROM audit_actor() AS actor, old_rows AS o, audit_deleted(to_jsonb(o)) AS change;\n    RETURN NULL;\n', hash='8a261177e1b3690e92257acc7546b148bfa49fac', level='STATEMENT', operation='DELETE', pgid='pgtrigger_audit_delete_3123e', referencing='REFERENCING OLD TABLE AS old_rows ', table='catalogue_sources', when='AFTER')),
        ),
        AddAuditTrigger(
            model_name='auditedcataloguesource',
            trigger=pgtrigger.compiler.Trigger(name='audit_truncate', sql=pgtrigger.compiler.UpsertTriggerSql(func='\n    INSERT INTO audit_log (entity_type, action, user_id, username, source, ip_address, user_agent,\n                           entity_id, old_values, new_values, row_digest, change_summary)\n    SELECT TG_TABLE_NAME, lower(TG_OP), actor.*, change.*\n    FROM audit_actor() AS actor, audit_truncated() AS change;\n    RETURN NULL;\n', hash='4908626606498782100f1c7f672dcab7e1a3a41d', level='STATEMENT', operation='TRUNCATE', pgid='pgtrigger_audit_truncate_0c159', table='catalogue_sources', when='AFTER')),
        ),
        AddAuditTrigger(
            model_name='auditedknownmatch',
            trigger=pgtrigger.compiler.Trigger(name='audit_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='\n    INSERT INTO audit_log (entity_type, action, user_id, username, source, ip_address, user_agent,\n                           entity_id, old_values, new_values, row_digest, change_summary)\n    SELECT TG_TABLE_NAME, lower(TG_OP), actor.*, change.*\n    FROM audit_actor() AS actor, new_rows AS n, audit_inserted(to_jsonb(n)) AS change;\n    RETURN NULL;\n', hash='f94731e65a453962e00ca2423c0bfe5b1a6df5bd', level='STATEMENT', operation='INSERT', pgid='pgtrigger_audit_insert_79ba2', referencing='REFERENCING NEW TABLE AS new_rows ', table='known_matches', when='AFTER')),
        ),
        AddAuditTrigger(
            model_name='auditedknownmatch',
            trigger=pgtrigger.compiler.Trigger(name='audit_update', sql=pgtrigger.compiler.UpsertTriggerSql(func='\n    INSERT INTO audit_log (entity_type, action, user_id, username, source, ip_address, user_agent,\n                           entity_id, old_values, new_values, row_digest, change_summary)\n    SELECT TG_TABLE_NAME, lower(TG_OP), actor.*, change.*\n    FROM audit_actor() AS actor, old_rows AS o FULL JOIN new_rows AS n USING (id), audit_updated(to_jsonb(o), to_jsonb(n)) AS change;\n    RETURN NULL;\n', hash='a63f714367e3fdd7bad1814c3b31d41b9d81d099', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_audit_update_4038b', referencing='REFERENCING OLD TABLE AS old_rows  NEW TABLE AS new_rows ', table='known_matches', when='AFTER')),
        ),
        AddAuditTrigger(
            model_name='auditedknownmatch',
            trigger=pgtrigger.compiler.Trigger(name='audit_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='\n    INSERT INTO audit_log (entity_type, action, user_id, username, source, ip_address, user_agent,\n                           entity_id, old_values, new_values, row_digest, change_summary)\n    SELECT TG_TABLE_NAME, lower(TG_OP), actor.*, change.*\n    FROM audit_actor() AS actor, old_rows AS o, audit_deleted(to_jsonb(o)) AS change;\n    RETURN NULL;\n', hash='9c71cc9560cfe7ee59c3c983d9c3ee9be1dcdb30', level='STATEMENT', operation='DELETE', pgid='pgtrigger_audit_delete_b387a', referencing='REFERENCING OLD TABLE AS old_rows ', table='known_matches', when='AFTER')),
        ),
        AddAuditTrigger(
            model_name='auditedknownmatch',
            trigger=pgtrigger.compiler.Trigger(name='audit_truncate', sql=pgtrigger.compiler.UpsertTriggerSql(func='\n    INSERT INTO audit_log (entity_type, action, user_id, username, source, ip_address, user_agent,\n                           entity_id, old_values, new_values, row_digest, change_summary)\n    SELECT TG_TABLE_NAME, lower(TG_OP), actor.*, change.*\n    FROM audit_actor() AS actor, audit_truncated() AS change;\n    RETURN NULL;\n', hash='ae741d05dfad8b23b2f3f4db4c6b980ed83d4925', level='STATEMENT', operation='TRUNCATE', pgid='pgtrigger_audit_truncate_cdc90', table='known_matches', when='AFTER')),
        ),
        AddAuditTrigger(
            model_name='auditedlightcurvepoint',
            trigger=pgtrigger.compiler.Trigger(name='audit_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='\n    INSERT INTO audit_log (entity_type, action, user_id, username, source, ip_address, user_agent,\n                           entity_id, old_values, new_values, row_digest, change_summary)\n    SELECT TG_TABLE_NAME, lower(TG_OP), actor.*, change.*\n    FROM audit_actor() AS actor, new_rows AS n, audit_inserted(to_jsonb(n)) AS change;\n    RETURN NULL;\n', hash='29fc1978eaf08918590b82d925fb6072832b6e2b', level='STATEMENT', operation='INSERT', pgid='pgtrigger_audit_insert_0a29f', referencing='REFERENCING NEW TABLE AS new_rows ', table='light_curve_points', when='AFTER')),
        ),
        AddAuditTrigger(
            model_name='auditedlightcurvepoint',
            trigger=pgtrigger.compiler.Trigger(name='audit_update', sql=pgtrigger.compiler.UpsertTriggerSql(func='\n    INSERT INTO audit_log (entity_type, action, user_id, username, source, ip_address, user_agent,\n                           entity_id, old_values, new_values, row_digest, change_summary)\n    SELECT TG_TABLE_NAME, lower(TG_OP), actor.*, change.*\n    FROM audit_actor() AS actor, old_rows AS o FULL JOIN new_rows AS n USING (id), audit_updated(to_jsonb(o), to_jsonb(n)) AS change;\n    RETURN NULL;\n', hash='2d9da44207ce0e3e30eceed62a3ac5c7b0b50351', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_audit_update_6671e', referencing='REFERENCING OLD TABLE AS old_rows  NEW TABLE AS new_rows ', table='light_curve_points', when='AFTER')),
        ),
        AddAuditTrigger(
            model_name='auditedlightcurvepoint',
            trigger=pgtrigger.compiler.Trigger(name='audit_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='\n    INSERT INTO audit_log (entity_type, action, user_id, username, source, ip_address, user_agent,\n                           entity_id, old_values, new_values, row_digest, change_summary)\n    SELECT TG_TABLE_NAME, lower(TG_OP), actor.*, change.*\n    FROM audit_actor() AS actor, old_rows AS o, audit_deleted(to_jsonb(o)) AS change;\n    RETURN NULL;\n', hash='b85437868b3fb23989c6fed5a2e2da3be16e3995', level='STATEMENT', operation='DELETE', pgid='pgtrigger_audit_delete_c666c', referencing='REFERENCING OLD TABLE AS old_rows ', table='light_curve_points', when='AFTER')),
        ),
        AddAuditTrigger(
            model_name='auditedlightcurvepoint',
            trigger=pgtrigger.compiler.Trigger(name='audit_truncate', sql=pgtrigger.compiler.UpsertTriggerSql(func='\n    INSERT INTO audit_log (entity_type, action, user_id, username, source, ip_address, user_agent,\n                           entity_id, old_values, new_values, row_digest, change_summary)\n    SELECT TG_TABLE_NAME, lower(TG_OP), actor.*, change.*\n    FROM audit_actor() AS actor, audit_truncated() AS change;\n    RETURN NULL;\n', hash='275307fb3902570bb2e1fd4dc192013b50016124', level='STATEMENT', operation='TRUNCATE', pgid='pgtrigger_audit_truncate_0de2c', table='light_curve_points', when='AFTER')),
        ),
        AddAuditTrigger(
            model_name='auditedmasterframe',
            trigger=pgtrigger.compiler.Trigger(name='audit_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='\n    INSERT INTO audit_log (entity_type, action, user_id, username, source, ip_address, user_agent,\n                           entity_id, old_values, new_values, row_digest, change_summary)\n    SELECT TG_TABLE_NAME, lower(TG_OP), actor.*, change.*\n    FROM audit_actor() AS actor, new_rows AS n, audit_inserted(to_jsonb(n)) AS change;\n    RETURN NULL;\n', hash='9b5dd6e3f83bf4e1fa3b1747ffe05f7f4e52c53e', level='STATEMENT', operation='INSERT', pgid='pgtrigger_audit_insert_02ff7', referencing='REFERENCING NEW TABLE AS new_rows ', table='master_frames', when='AFTER')),
        ),
        AddAuditTrigger(
            model_name='auditedmasterframe',
            trigger=pgtrigger.compiler.Trigger(name='audit_update', sql=pgtrigger.compiler.UpsertTriggerSql(func='\n    INSERT INTO audit_log (entity_type, action, user_id, username, source, ip_address, user_agent,\n                           entity_id, old_values, new_values, row_digest, change_summary)\n    SELECT TG_TABLE_NAME, lower(TG_OP), actor.*, change.*\n    FROM audit_actor() AS actor, old_rows AS o FULL JOIN new_rows AS n USING (id), audit_updated(to_jsonb(o), to_jsonb(n)) AS change;\n    RETURN NULL;\n', hash='8b18677c02a79c7f4cf72d950db1ae5388569fa1', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_audit_update_82392', referencing='REFERENCING OLD TABLE AS old_rows  NEW TABLE AS new_rows ', table='master_frames', when='AFTER')),
        ),
        AddAuditTrigger(
            model_name='auditedmasterframe',
            trigger=pgtrigger.compiler.Trigger(name='audit_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='\n    INSERT INTO audit_log (entity_type, action, user_id, username, source, ip_address, user_agent,\n                           entity_id, old_values, new_values, row_digest, change_summary)\n    SELECT TG_TABLE_NAME, lower(TG_OP), actor.*, change.*\n    FROM audit_actor() AS actor, old_rows AS o, audit_deleted(to_jsonb(o)) AS change;\n    RETURN NULL;\n', hash='5c8d8d7d25c9e6366c8e6362a1251500ce54c56e', level='STATEMENT', operation='DELETE', pgid='pgtrigger_audit_delete_b872c', referencing='REFERENCING OLD TABLE AS old_rows ', table='master_frames', when='AFTER')),
        ),
        AddAuditTrigger(
            model_name='auditedmasterframe',
            trigger=pgtrigger.compiler.Trigger(name='audit_truncate', sql=pgtrigger.compiler.UpsertTriggerSql(func='\n    INSERT INTO audit_log (entity_type, action, user_id, username, source, ip_address, user_agent,\n                           entity_id, old_values, new_values, row_digest, change_summary)\n    SELECT TG_TABLE_NAME, lower(TG_OP), actor.*, change.*\n    FROM audit_actor() AS actor, audit_truncated() AS change;\n    RETURN NULL;\n', hash='89dc30125073456388310c3c181c24e34179917c', level='STATEMENT', operation='TRUNCATE', pgid='pgtrigger_audit_truncate_8c8d4', table='master_frames', when='AFTER')),
        ),
        AddAuditTrigger(
            model_name='auditedminorplanet',
            trigger=pgtrigger.compiler.Trigger(name='audit_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='\n    INSERT INTO audit_log (entity_type, action, user_id, username, source, ip_address, user_agent,\n                           entity_id, old_values, new_values, row_digest, change_summary)\n    SELECT TG_TABLE_NAME, lower(TG_OP), actor.*, change.*\n    FROM audit_actor() AS actor, new_rows AS n, audit_inserted(to_jsonb(n)) AS change;\n    RETURN NULL;\n', hash='352fff8999a60d79e41a9feb81f7dc1224fe09fc', level='STATEMENT', operation='INSERT', pgid='pgtrigger_audit_insert_34efc', referencing='REFERENCING NEW TABLE AS new_rows ', table='minor_planets', when='AFTER')),
        ),
        AddAuditTrigger(
            model_name='auditedminorplanet',
            trigger=pgtrigger.compiler.Trigger(name='audit_update', sql=pgtrigger.compiler.UpsertTriggerSql(func='\n    INSERT INTO audit_log (entity_type, action, user_id, username, source, ip_address, user_agent,\n                           entity_id, old_values, new_values, row_digest, change_summary)\n    SELECT TG_TABLE_NAME, lower(TG_OP), actor.*, change.*\n    FROM audit_actor() AS actor, old_rows AS o FULL JOIN new_rows AS n USING (id), audit_updated(to_jsonb(o), to_jsonb(n)) AS change;\n    RETURN NULL;\n', hash='4055951cdf2ffb7d6f9df9c6d080849c769abc38', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_audit_update_9b898', referencing='REFERENCING OLD TABLE AS old_rows  NEW TABLE AS new_rows ', table='minor_planets', when='AFTER')),
        ),
        AddAuditTrigger(
            model_name='auditedminorplanet',
            trigger=pgtrigger.compiler.Trigger(name='audit_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='\n    INSERT INTO audit_log (entity_type, action, user_id, username, source, ip_address, user_agent,\n                           entity_id, old_values, new_values, row_digest, change_summary)\n    SELECT TG_TABLE_NAME, lower(TG_OP), actor.*, change.*\n    FROM audit_actor() AS actor, old_rows AS o, audit_deleted(to_jsonb(o)) AS change;\n    RETURN NULL;\n', hash='1096113afb01299f1cd6f609c5158b91629a9a04', level='STATEMENT', operation='DELETE', pgid='pgtrigger_audit_delete_b7f69', referencing='REFERENCING OLD TABLE AS old_rows ', table='minor_planets', when='AFTER')),
        ),
        AddAuditTrigger(
            model_name='auditedminorplanet',
            trigger=pgtrigger.compiler.Trigger(name='audit_truncate', sql=pgtrigger.compiler.UpsertTriggerSql(func='\n    INSERT INTO audit_log (entity_type, action, user_id, username, source, ip_address, user_agent,\n                           entity_id, old_values, new_values, row_digest, change_summary)\n    SELECT TG_TABLE_NAME, lower(TG_OP), actor.*, change.*\n    FROM audit_actor() AS actor, audit_truncated() AS change;\n    RETURN NULL;\n', hash='a302eb3834ef59ccdd5ee1c5bbb90fd4be841f1e', level='STATEMENT', operation='TRUNCATE', pgid='pgtrigger_audit_truncate_ac028', table='minor_planets', when='AFTER')),
        ),
    ]
