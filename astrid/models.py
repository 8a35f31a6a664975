"""Core foundation: surveys, their observations, and the system's configuration."""

import math

import pgtrigger
from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from astrid import config
from astrid.identifiers import UUID7, uuid7
from astrid.sky import SkyQuerySet, position_constraints, position_index


class RowQuerySet(models.QuerySet):
    def visible_to(self, user):
        """What `user` may see: everything for a known, active user, nothing for anybody else."""
        return self if user.is_authenticated and user.is_active else self.none()


class SkyRowQuerySet(RowQuerySet, SkyQuerySet):
    """Rows with a position."""


class Row(models.Model):
    """What every table has: a UUIDv7 key and the database's clock."""

    id = models.UUIDField(primary_key=True, default=uuid7, db_default=UUID7(), editable=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    updated_at = models.DateTimeField(db_default=Now(), editable=False)

    objects = RowQuerySet.as_manager()

    class Meta:
        abstract = True
        triggers = (
            pgtrigger.Trigger(
                name="touch",
                when=pgtrigger.Before,
                operation=pgtrigger.Update,
                func="NEW.updated_at = now(); RETURN NEW;",
            ),
        )


def known_choice(
    table: str, field: str, choices: type[models.TextChoices], *, blank: bool = False
) -> models.CheckConstraint:
    """The database knows the same values as the code."""
    values = [*choices.values, ""] if blank else choices.values
    return models.CheckConstraint(condition=Q(**{f"{field}__in": values}), name=f"{table}_{field}_known")


def finite_numbers(table: str, *fields: str) -> models.CheckConstraint:
    """NaN and infinity pass a lower bound, for PostgreSQL holds NaN for the greatest number: so they are named."""
    within = Q()
    for field in fields:
        within &= Q(**{f"{field}__gt": -math.inf, f"{field}__lt": math.inf}) | Q(**{f"{field}__isnull": True})
    return models.CheckConstraint(condition=within, name=f"{table}_numbers_finite")


class Survey(Row):
    """A survey or telescope, and the facts of its instrument that a header may lack."""

    name = models.CharField(max_length=100, unique=True)
    description = models.TextField(blank=True)
    base_url = models.URLField(max_length=500, blank=True)
    api_endpoint = models.URLField(max_length=500, blank=True)
    is_active = models.BooleanField(default=True, db_default=True)
    gain_e_per_adu = models.FloatField(null=True, blank=True, validators=[MinValueValidator(1e-6)])
    read_noise_e = models.FloatField(null=True, blank=True, validators=[MinValueValidator(0.0)])
    saturation_adu = models.FloatField(null=True, blank=True, validators=[MinValueValidator(1.0)])
    pixel_scale_arcsec = models.FloatField(null=True, blank=True, validators=[MinValueValidator(1e-6)])
    header_keywords = models.JSONField(
        default=dict,
        db_default={},
        blank=True,
        help_text='Where this survey keeps a fact, when not in the usual keyword: {"gain_e_per_adu": "CCDGAIN"}.',
    )

    class Meta(Row.Meta):
        db_table = "surveys"
        ordering = ("name",)
        constraints = (
            models.CheckConstraint(condition=Q(gain_e_per_adu__gt=0), name="surveys_gain_positive"),
            models.CheckConstraint(condition=Q(read_noise_e__gte=0), name="surveys_read_noise_not_negative"),
            models.CheckConstraint(condition=Q(saturation_adu__gt=0), name="surveys_saturation_positive"),
            models.CheckConstraint(condition=Q(pixel_scale_arcsec__gt=0), name="surveys_pixel_scale_positive"),
            finite_numbers("surveys", "gain_e_per_adu", "read_noise_e", "saturation_adu", "pixel_scale_arcsec"),
        )

    def __str__(self):
        return self.name


class ObservationKind(models.TextChoices):
    SCIENCE = "science"
    REFERENCE = "reference"


class ObservationStatus(models.TextChoices):
    INGESTED = "ingested"
    PREPROCESSING = "preprocessing"
    PREPROCESSED = "preprocessed"
    DIFFERENCING = "differencing"
    DIFFERENCED = "differenced"
    FAILED = "failed"
    ARCHIVED = "archived"


class Observation(Row):
    """One image of the sky."""

    Kind = ObservationKind
    Status = ObservationStatus
    TRANSITIONS = {
        Status.INGESTED: {Status.PREPROCESSING, Status.ARCHIVED},
        Status.PREPROCESSING: {Status.PREPROCESSED, Status.FAILED},
        Status.PREPROCESSED: {Status.DIFFERENCING, Status.PREPROCESSING, Status.ARCHIVED},
        Status.DIFFERENCING: {Status.DIFFERENCED, Status.FAILED},
        Status.DIFFERENCED: {Status.DIFFERENCING, Status.PREPROCESSING, Status.ARCHIVED},
        Status.FAILED: {Status.PREPROCESSING, Status.DIFFERENCING, Status.ARCHIVED},
        Status.ARCHIVED: set(),
    }

    survey = models.ForeignKey(Survey, on_delete=models.PROTECT, related_name="observations")
    observation_id = models.CharField(max_length=255, help_text="File name and content, unique within the survey.")
    ra = models.FloatField(help_text="Image centre, degrees, ICRS.")
    dec = models.FloatField(help_text="Image centre, degrees, ICRS.")
    footprint = models.JSONField(
        default=list, db_default=[], blank=True, help_text="Corners, [[ra, dec], …] in degrees."
    )
    observation_time = models.DateTimeField(help_text="Mid-exposure, UTC.")
    filter_band = models.CharField(max_length=50)
    exposure_time = models.FloatField(help_text="Seconds.")
    fits_url = models.URLField(max_length=1000, blank=True)
    pixel_scale = models.FloatField(null=True, blank=True, help_text="Arcsec per pixel.")
    image_width = models.PositiveIntegerField(null=True, blank=True, help_text="Pixels.")
    image_height = models.PositiveIntegerField(null=True, blank=True, help_text="Pixels.")
    airmass = models.FloatField(null=True, blank=True)
    seeing = models.FloatField(null=True, blank=True, help_text="FWHM, arcsec, as the header says.")
    gain_e_per_adu = models.FloatField(null=True, blank=True)
    read_noise_e = models.FloatField(null=True, blank=True)
    saturation_adu = models.FloatField(null=True, blank=True)
    zero_point_mag = models.FloatField(null=True, blank=True, help_text="Magnitude of 1 ADU in this image.")
    kind = models.CharField(max_length=20, choices=Kind, default=Kind.SCIENCE, db_default=Kind.SCIENCE)
    status = models.CharField(max_length=20, choices=Status, default=Status.INGESTED, db_default=Status.INGESTED)
    fits_file_path = models.CharField(max_length=500, blank=True, help_text="Within the artefact store.")
    thumbnail_path = models.CharField(max_length=500, blank=True)
    fits_sha256 = models.CharField(max_length=64, blank=True)
    header = models.JSONField(default=dict, db_default={}, blank=True)

    objects = SkyRowQuerySet.as_manager()

    class Meta(Row.Meta):
        db_table = "observations"
        ordering = ("-observation_time", "pk")
        constraints = (
            *position_constraints("observations"),
            models.UniqueConstraint(fields=("survey", "observation_id"), name="observations_unique_in_survey"),
            models.UniqueConstraint(
                fields=("survey", "fits_sha256"),
                condition=~Q(fits_sha256=""),
                name="observations_one_per_file",
            ),
            models.CheckConstraint(condition=Q(exposure_time__gt=0), name="observations_exposure_positive"),
            models.CheckConstraint(condition=Q(airmass__gte=1), name="observations_airmass_from_1"),
            models.CheckConstraint(condition=Q(seeing__gt=0), name="observations_seeing_positive"),
            models.CheckConstraint(condition=Q(pixel_scale__gt=0), name="observations_pixel_scale_positive"),
            models.CheckConstraint(condition=Q(gain_e_per_adu__gt=0), name="observations_gain_positive"),
            models.CheckConstraint(condition=Q(read_noise_e__gte=0), name="observations_read_noise_not_negative"),
            models.CheckConstraint(condition=Q(saturation_adu__gt=0), name="observations_saturation_positive"),
            finite_numbers(
                "observations",
                "exposure_time",
                "pixel_scale",
                "airmass",
                "seeing",
                "gain_e_per_adu",
                "read_noise_e",
                "saturation_adu",
                "zero_point_mag",
            ),
            known_choice("observations", "kind", ObservationKind),
            known_choice("observations", "status", ObservationStatus),
        )
        indexes = (
            position_index("observations_position"),
            models.Index(fields=("-observation_time", "id"), name="observations_newest"),
            models.Index(fields=("status", "kind"), name="observations_to_process"),
        )

    def __str__(self):
        return self.observation_id


class SystemConfigQuerySet(RowQuerySet):
    def in_force(self, key: str):
        """The value of a key: the active row's, else the declared default. Raises KeyError for an undeclared key."""
        declared = config.declared()[key]
        value = self.filter(key=key, is_active=True).values_list("value", flat=True).first()
        return declared.default if value is None else value


class SystemConfig(Row):
    """A configuration value that people can change; `config.py` of each app declares the keys."""

    key = models.CharField(max_length=100, unique=True)
    value = models.JSONField()
    description = models.TextField(blank=True)
    is_active = models.BooleanField(default=True, db_default=True)

    objects = SystemConfigQuerySet.as_manager()

    class Meta(Row.Meta):
        db_table = "system_config"
        ordering = ("key",)
        verbose_name = "system configuration"
        verbose_name_plural = "system configuration"

    def __str__(self):
        return self.key

    def clean(self):
        if self.key not in config.declared():
            raise ValidationError({"key": f"{self.key} is not a key that AstrID knows"})
        try:
            config.declared()[self.key].check(self.value)
        except ValidationError as error:
            raise ValidationError({"value": error.message}) from error
