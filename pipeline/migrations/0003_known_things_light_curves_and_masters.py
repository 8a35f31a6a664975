import astrid.identifiers
import astrid.sky
import django.contrib.postgres.indexes
import django.core.validators
import django.db.models.deletion
import django.db.models.functions.datetime
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('astrid', '0005_default_configuration'),
        ('pipeline', '0002_roles_and_configuration'),
    ]

    operations = [
        migrations.CreateModel(
            name='CatalogueSource',
            fields=[
                ('id', models.UUIDField(db_default=astrid.identifiers.UUID7(), default=astrid.identifiers.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('updated_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('name', models.CharField(max_length=100)),
                ('ra', models.FloatField(help_text='Degrees, ICRS.')),
                ('dec', models.FloatField(help_text='Degrees, ICRS.')),
                ('kind', models.CharField(choices=[('variable', 'Variable'), ('star', 'Star'), ('galaxy', 'Galaxy'), ('agn', 'AGN'), ('other', 'Other')], db_default='other', default='other', max_length=20)),
                ('source_type', models.CharField(blank=True, help_text='As the catalogue has it.', max_length=100)),
                ('mag', models.FloatField(blank=True, null=True)),
            ],
            options={
                'db_table': 'catalogue_sources',
                'ordering': ('catalogue', 'name', 'pk'),
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='KnownMatch',
            fields=[
                ('id', models.UUIDField(db_default=astrid.identifiers.UUID7(), default=astrid.identifiers.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('updated_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('name', models.CharField(blank=True, max_length=100)),
                ('kind', models.CharField(choices=[('variable', 'Variable'), ('star', 'Star'), ('galaxy', 'Galaxy'), ('agn', 'AGN'), ('other', 'Other'), ('minor planet', 'Minor Planet'), ('reference source', 'Reference Source')], max_length=20)),
                ('source_type', models.CharField(blank=True, max_length=100)),
                ('separation_arcsec', models.FloatField()),
                ('mag', models.FloatField(blank=True, null=True)),
            ],
            options={
                'verbose_name_plural': 'known matches',
                'db_table': 'known_matches',
                'ordering': ('separation_arcsec', 'pk'),
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='LightCurvePoint',
            fields=[
                ('id', models.UUIDField(db_default=astrid.identifiers.UUID7(), default=astrid.identifiers.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('updated_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('flux', models.FloatField(help_text='ADU of the science image, negative where it faded.')),
                ('flux_error', models.FloatField(help_text='ADU.')),
                ('snr', models.FloatField(help_text='Flux over its error, with its sign.')),
                ('mag', models.FloatField(blank=True, help_text='Of the change, where it is seen.', null=True)),
                ('mag_error', models.FloatField(blank=True, null=True)),
                ('limiting_mag', models.FloatField(blank=True, help_text='A source of 5 sigma at this place.', null=True)),
            ],
            options={
                'db_table': 'light_curve_points',
                'ordering': ('sky_object', 'observation__observation_time', 'pk'),
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='MasterFrame',
            fields=[
                ('id', models.UUIDField(db_default=astrid.identifiers.UUID7(), default=astrid.identifiers.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('updated_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('kind', models.CharField(choices=[('bias', 'Bias'), ('dark', 'Dark'), ('flat', 'Flat')], max_length=20)),
                ('filter_band', models.CharField(blank=True, help_text='Of a flat.', max_length=50)),
                ('exposure_s', models.FloatField(blank=True, help_text='Seconds, of a dark.', null=True)),
                ('binning', models.CharField(db_default='1x1', default='1x1', max_length=20)),
                ('image_width', models.PositiveIntegerField(help_text='Pixels.')),
                ('image_height', models.PositiveIntegerField(help_text='Pixels.')),
                ('taken_at', models.DateTimeField(help_text='Middle of its exposures, UTC.')),
                ('level_adu', models.FloatField(help_text='Median of the stack; of a flat before it was normalised.')),
                ('noise_adu', models.FloatField(help_text='Median error of a pixel.', validators=[django.core.validators.MinValueValidator(0.0)])),
                ('bad_pixels', models.PositiveIntegerField(db_default=0, default=0)),
                ('frame_count', models.PositiveIntegerField()),
                ('inputs', models.JSONField(db_default=[], default=list, help_text='File names and sha256 of what was stacked.')),
                ('fits_path', models.CharField(help_text='Within the artefact store.', max_length=500)),
                ('is_active', models.BooleanField(db_default=True, default=True, help_text='May be chosen for new images.')),
            ],
            options={
                'db_table': 'master_frames',
                'ordering': ('-taken_at', 'pk'),
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='MinorPlanet',
            fields=[
                ('id', models.UUIDField(db_default=astrid.identifiers.UUID7(), default=astrid.identifiers.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('updated_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('designation', models.CharField(max_length=50)),
                ('absolute_mag', models.FloatField(blank=True, help_text='H.', null=True)),
                ('slope', models.FloatField(db_default=0.15, default=0.15, help_text='G.')),
                ('epoch_jd', models.FloatField(help_text='Julian date, TT.')),
                ('mean_anomaly_deg', models.FloatField()),
                ('perihelion_argument_deg', models.FloatField()),
                ('node_deg', models.FloatField()),
                ('inclination_deg', models.FloatField()),
                ('eccentricity', models.FloatField()),
                ('semimajor_axis_au', models.FloatField()),
            ],
            options={
                'db_table': 'minor_planets',
                'ordering': ('catalogue', 'designation', 'pk'),
                'abstract': False,
            },
        ),
        migrations.AddField(
            model_name='candidate',
            name='is_trail',
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddField(
            model_name='differencerun',
            name='measurements',
            field=models.JSONField(blank=True, db_default={}, default=dict, help_text='What was measured on the way; of a failure, its numbers.'),
        ),
        migrations.AddField(
            model_name='preprocessrun',
            name='measurements',
            field=models.JSONField(blank=True, db_default={}, default=dict, help_text='What was measured on the way; of a failure, its numbers.'),
        ),
        migrations.CreateModel(
            name='Catalogue',
            fields=[
                ('id', models.UUIDField(db_default=astrid.identifiers.UUID7(), default=astrid.identifiers.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('updated_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('name', models.CharField(max_length=100, unique=True)),
                ('description', models.TextField(blank=True)),
                ('file_name', models.CharField(max_length=255)),
                ('file_sha256', models.CharField(max_length=64)),
                ('entry_count', models.PositiveIntegerField(db_default=0, default=0)),
                ('refused_count', models.PositiveIntegerField(db_default=0, default=0, help_text='Rows without a usable position.')),
                ('match_radius_arcsec', models.FloatField(db_default=2.0, default=2.0)),
                ('covers_whole_sky', models.BooleanField(db_default=False, default=False, help_text='Else it covers the surroundings of its sources.')),
            ],
            options={
                'db_table': 'catalogues',
                'ordering': ('name',),
                'abstract': False,
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('match_radius_arcsec__gt', float("-inf")), ('match_radius_arcsec__lt', float("inf"))), ('match_radius_arcsec__isnull', True), _connector='OR'), name='catalogues_numbers_finite'), models.CheckConstraint(condition=models.Q(('match_radius_arcsec__gt', 0)), name='catalogues_radius_positive')],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='catalogue',
            trigger=pgtrigger.compiler.Trigger(name='touch', sql=pgtrigger.compiler.UpsertTriggerSql(func='NEW.updated_at = now(); RETURN NEW;', hash='bcaec266a3872b82dd87532b8f3a694e886ae0cc', operation='UPDATE', pgid='pgtrigger_touch_0d616', table='catalogues', when='BEFORE')),
        ),
        migrations.AddField(
            model_name='cataloguesource',
            name='catalogue',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='sources', to='pipeline.catalogue'),
        ),
        migrations.AddField(
            model_name='knownmatch',
            name='candidate',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='known_matches', to='pipeline.candidate'),
        ),
        migrations.AddField(
            model_name='knownmatch',
            name='catalogue',
            field=models.ForeignKey(blank=True, help_text='None for a source of the reference image.', null=True, on_delete=django.db.models.deletion.CASCADE, related_name='matches', to='pipeline.catalogue'),
        ),
        migrations.AddField(
            model_name='lightcurvepoint',
            name='difference_run',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='light_curve_points', to='pipeline.differencerun'),
        ),
        migrations.AddField(
            model_name='lightcurvepoint',
            name='observation',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='light_curve_points', to='astrid.observation'),
        ),
        migrations.AddField(
            model_name='lightcurvepoint',
            name='sky_object',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='light_curve', to='pipeline.skyobject'),
        ),
        migrations.AddField(
            model_name='masterframe',
            name='survey',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='master_frames', to='astrid.survey'),
        ),
        migrations.AddField(
            model_name='minorplanet',
            name='catalogue',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='minor_planets', to='pipeline.catalogue'),
        ),
        migrations.AddIndex(
            model_name='cataloguesource',
            index=django.contrib.postgres.indexes.GistIndex(astrid.sky.Point(models.F('ra'), models.F('dec')), name='catalogue_sources_position'),
        ),
        migrations.AddConstraint(
            model_name='cataloguesource',
            constraint=models.CheckConstraint(condition=models.Q(('ra__gte', 0), ('ra__lt', 360)), name='catalogue_sources_ra_0_to_360'),
        ),
        migrations.AddConstraint(
            model_name='cataloguesource',
            constraint=models.CheckConstraint(condition=models.Q(('dec__gte', -90), ('dec__lte', 90)), name='catalogue_sources_dec_90s_to_90n'),
        ),
        migrations.AddConstraint(
            model_name='cataloguesource',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['variable', 'star', 'galaxy', 'agn', 'other'])), name='catalogue_sources_kind_known'),
        ),
        migrations.AddConstraint(
            model_name='cataloguesource',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('mag__gt', float("-inf")), ('mag__lt', float("inf"))), ('mag__isnull', True), _connector='OR'), name='catalogue_sources_numbers_finite'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='cataloguesource',
            trigger=pgtrigger.compiler.Trigger(name='touch', sql=pgtrigger.compiler.UpsertTriggerSql(func='NEW.updated_at = now(); RETURN NEW;', hash='8874db807bbcb7efd21bc4fe18d4af8676011791', operation='UPDATE', pgid='pgtrigger_touch_7feb2', table='catalogue_sources', when='BEFORE')),
        ),
        migrations.AddIndex(
            model_name='knownmatch',
            index=models.Index(fields=['-created_at', 'id'], name='known_matches_newest'),
        ),
        migrations.AddConstraint(
            model_name='knownmatch',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['variable', 'star', 'galaxy', 'agn', 'other', 'minor planet', 'reference source'])), name='known_matches_kind_known'),
        ),
        migrations.AddConstraint(
            model_name='knownmatch',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(models.Q(('separation_arcsec__gt', float("-inf")), ('separation_arcsec__lt', float("inf"))), ('separation_arcsec__isnull', True), _connector='OR'), models.Q(models.Q(('mag__gt', float("-inf")), ('mag__lt', float("inf"))), ('mag__isnull', True), _connector='OR')), name='known_matches_numbers_finite'),
        ),
        migrations.AddConstraint(
            model_name='knownmatch',
            constraint=models.CheckConstraint(condition=models.Q(('separation_arcsec__gte', 0)), name='known_matches_separation_not_negative'),
        ),
        migrations.AddConstraint(
            model_name='knownmatch',
            constraint=models.CheckConstraint(condition=models.Q(('kind', 'reference source'), ('catalogue__isnull', False), _connector='XOR'), name='known_matches_catalogue_or_reference'),
        ),
        migrations.AddConstraint(
            model_name='knownmatch',
            constraint=models.UniqueConstraint(fields=('candidate', 'catalogue', 'name', 'kind'), name='known_matches_once', nulls_distinct=False),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='knownmatch',
            trigger=pgtrigger.compiler.Trigger(name='touch', sql=pgtrigger.compiler.UpsertTriggerSql(func='NEW.updated_at = now(); RETURN NEW;', hash='1fb6bdfe93b6f06a3eece5b1becfa7e34f721ba2', operation='UPDATE', pgid='pgtrigger_touch_c4473', table='known_matches', when='BEFORE')),
        ),
        migrations.AddIndex(
            model_name='lightcurvepoint',
            index=models.Index(fields=['-created_at', 'id'], name='light_curve_points_newest'),
        ),
        migrations.AddConstraint(
            model_name='lightcurvepoint',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(models.Q(('flux__gt', float("-inf")), ('flux__lt', float("inf"))), ('flux__isnull', True), _connector='OR'), models.Q(models.Q(('flux_error__gt', float("-inf")), ('flux_error__lt', float("inf"))), ('flux_error__isnull', True), _connector='OR'), models.Q(models.Q(('snr__gt', float("-inf")), ('snr__lt', float("inf"))), ('snr__isnull', True), _connector='OR'), models.Q(models.Q(('mag__gt', float("-inf")), ('mag__lt', float("inf"))), ('mag__isnull', True), _connector='OR'), models.Q(models.Q(('mag_error__gt', float("-inf")), ('mag_error__lt', float("inf"))), ('mag_error__isnull', True), _connector='OR'), models.Q(models.Q(('limiting_mag__gt', float("-inf")), ('limiting_mag__lt', float("inf"))), ('limiting_mag__isnull', True), _connector='OR')), name='light_curve_points_numbers_finite'),
        ),
        migrations.AddConstraint(
            model_name='lightcurvepoint',
            constraint=models.CheckConstraint(condition=models.Q(('flux_error__gt', 0)), name='light_curve_points_flux_error_positive'),
        ),
        migrations.AddConstraint(
            model_name='lightcurvepoint',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('mag__isnull', True), ('mag_error__isnull', True)), models.Q(('mag__isnull', False), ('mag_error__isnull', False)), _connector='OR'), name='light_curve_points_mag_with_its_error'),
        ),
        migrations.AddConstraint(
            model_name='lightcurvepoint',
            constraint=models.UniqueConstraint(fields=('sky_object', 'difference_run'), name='light_curve_points_one_per_run'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='lightcurvepoint',
            trigger=pgtrigger.compiler.Trigger(name='touch', sql=pgtrigger.compiler.UpsertTriggerSql(func='NEW.updated_at = now(); RETURN NEW;', hash='0151629024f51209ca584ce6925c5dd0f30c98aa', operation='UPDATE', pgid='pgtrigger_touch_eb694', table='light_curve_points', when='BEFORE')),
        ),
        migrations.AddIndex(
            model_name='masterframe',
            index=models.Index(fields=['survey', 'kind', '-taken_at'], name='master_frames_to_choose'),
        ),
        migrations.AddIndex(
            model_name='masterframe',
            index=models.Index(fields=['-created_at', 'id'], name='master_frames_newest'),
        ),
        migrations.AddConstraint(
            model_name='masterframe',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['bias', 'dark', 'flat'])), name='master_frames_kind_known'),
        ),
        migrations.AddConstraint(
            model_name='masterframe',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(models.Q(('exposure_s__gt', float("-inf")), ('exposure_s__lt', float("inf"))), ('exposure_s__isnull', True), _connector='OR'), models.Q(models.Q(('level_adu__gt', float("-inf")), ('level_adu__lt', float("inf"))), ('level_adu__isnull', True), _connector='OR'), models.Q(models.Q(('noise_adu__gt', float("-inf")), ('noise_adu__lt', float("inf"))), ('noise_adu__isnull', True), _connector='OR')), name='master_frames_numbers_finite'),
        ),
        migrations.AddConstraint(
            model_name='masterframe',
            constraint=models.CheckConstraint(condition=models.Q(('exposure_s__gt', 0)), name='master_frames_exposure_positive'),
        ),
        migrations.AddConstraint(
            model_name='masterframe',
            constraint=models.CheckConstraint(condition=models.Q(('noise_adu__gte', 0)), name='master_frames_noise_not_negative'),
        ),
        migrations.AddConstraint(
            model_name='masterframe',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('kind', 'dark'), _negated=True), ('exposure_s__isnull', False), _connector='OR'), name='master_frames_dark_has_exposure'),
        ),
        migrations.AddConstraint(
            model_name='masterframe',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('kind', 'flat'), _negated=True), models.Q(('filter_band', ''), _negated=True), _connector='OR'), name='master_frames_flat_has_filter'),
        ),
        migrations.AddConstraint(
            model_name='masterframe',
            constraint=models.UniqueConstraint(fields=('survey', 'fits_path'), name='master_frames_one_per_file'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='masterframe',
            trigger=pgtrigger.compiler.Trigger(name='touch', sql=pgtrigger.compiler.UpsertTriggerSql(func='NEW.updated_at = now(); RETURN NEW;', hash='4f3ae842134f4be2ac413498bc5a6817babfc022', operation='UPDATE', pgid='pgtrigger_touch_2675a', table='master_frames', when='BEFORE')),
        ),
        migrations.AddConstraint(
            model_name='minorplanet',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(models.Q(('absolute_mag__gt', float("-inf")), ('absolute_mag__lt', float("inf"))), ('absolute_mag__isnull', True), _connector='OR'), models.Q(models.Q(('slope__gt', float("-inf")), ('slope__lt', float("inf"))), ('slope__isnull', True), _connector='OR'), models.Q(models.Q(('epoch_jd__gt', float("-inf")), ('epoch_jd__lt', float("inf"))), ('epoch_jd__isnull', True), _connector='OR'), models.Q(models.Q(('mean_anomaly_deg__gt', float("-inf")), ('mean_anomaly_deg__lt', float("inf"))), ('mean_anomaly_deg__isnull', True), _connector='OR'), models.Q(models.Q(('perihelion_argument_deg__gt', float("-inf")), ('perihelion_argument_deg__lt', float("inf"))), ('perihelion_argument_deg__isnull', True), _connector='OR'), models.Q(models.Q(('node_deg__gt', float("-inf")), ('node_deg__lt', float("inf"))), ('node_deg__isnull', True), _connector='OR'), models.Q(models.Q(('inclination_deg__gt', float("-inf")), ('inclination_deg__lt', float("inf"))), ('inclination_deg__isnull', True), _connector='OR'), models.Q(models.Q(('eccentricity__gt', float("-inf")), ('eccentricity__lt', float("inf"))), ('eccentricity__isnull', True), _connector='OR'), models.Q(models.Q(('semimajor_axis_au__gt', float("-inf")), ('semimajor_axis_au__lt', float("inf"))), ('semimajor_axis_au__isnull', True), _connector='OR')), name='minor_planets_numbers_finite'),
        ),
        migrations.AddConstraint(
            model_name='minorplanet',
            constraint=models.CheckConstraint(condition=models.Q(('eccentricity__gte', 0), ('eccentricity__lt', 1), ('semimajor_axis_au__gt', 0)), name='minor_planets_orbit_is_an_ellipse'),
        ),
        migrations.AddConstraint(
            model_name='minorplanet',
            constraint=models.UniqueConstraint(fields=('catalogue', 'designation'), name='minor_planets_unique_in_catalogue'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='minorplanet',
            trigger=pgtrigger.compiler.Trigger(name='touch', sql=pgtrigger.compiler.UpsertTriggerSql(func='NEW.updated_at = now(); RETURN NEW;', hash='a19749725f007c8d59041d1c264f840e3c2fed9e', operation='UPDATE', pgid='pgtrigger_touch_073a0', table='minor_planets', when='BEFORE')),
        ),
    ]
