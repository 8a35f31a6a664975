from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('mlregistry', '0002_roles_and_configuration'),
    ]

    operations = [
        migrations.AddField(
            model_name='modelrun',
            name='measurements',
            field=models.JSONField(blank=True, db_default={}, default=dict, help_text='What was measured on the way; of a failure, its numbers.'),
        ),
    ]
