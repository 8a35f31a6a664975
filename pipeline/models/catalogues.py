"""What is known of the sky: catalogues of sources, orbits of minor planets, and where they meet our candidates."""

from django.db import models
from django.db.models import Q

from astrid.models import Row, SkyRowQuerySet, finite_numbers, known_choice
from astrid.sky import position_constraints, position_index
from pipeline.models.candidates import Candidate


class Catalogue(Row):
    """A file of sources, or of orbits, that somebody published."""

    name = models.CharField(max_length=100, unique=True)
    description = models.TextField(blank=True)
    file_name = models.CharField(max_length=255)
    file_sha256 = models.CharField(max_length=64)
    entry_count = models.PositiveIntegerField(default=0, db_default=0)
    refused_count = models.PositiveIntegerField(default=0, db_default=0, help_text="Rows without a usable position.")
    match_radius_arcsec = models.FloatField(default=2.0, db_default=2.0)
    covers_whole_sky = models.BooleanField(
        default=False, db_default=False, help_text="Else it covers the surroundings of its sources."
    )

    class Meta(Row.Meta):
        db_table = "catalogues"
        ordering = ("name",)
        constraints = (
            finite_numbers("catalogues", "match_radius_arcsec"),
            models.CheckConstraint(condition=Q(match_radius_arcsec__gt=0), name="catalogues_radius_positive"),
        )

    def __str__(self):
        return self.name


class SourceKind(models.TextChoices):
    VARIABLE = "variable"
    STAR = "star"
    GALAXY = "galaxy"
    AGN = "agn", "AGN"
    OTHER = "other"


class CatalogueSource(Row):
    """One source of a catalogue."""

    Kind = SourceKind

    catalogue = models.ForeignKey(Catalogue, on_delete=models.CASCADE, related_name="sources")
    name = models.CharField(max_length=100)
    ra = models.FloatField(help_text="Degrees, ICRS.")
    dec = models.FloatField(help_text="Degrees, ICRS.")
    kind = models.CharField(max_length=20, choices=SourceKind, default="other", db_default="other")
    source_type = models.CharField(max_length=100, blank=True, help_text="As the catalogue has it.")
    mag = models.FloatField(null=True, blank=True)

    objects = SkyRowQuerySet.as_manager()

    class Meta(Row.Meta):
        db_table = "catalogue_sources"
        ordering = ("catalogue", "name", "pk")
        constraints = (
            *position_constraints("catalogue_sources"),
            known_choice("catalogue_sources", "kind", SourceKind),
            finite_numbers("catalogue_sources", "mag"),
        )
        indexes = (position_index("catalogue_sources_position"),)

    def __str__(self):
        return self.name


class MinorPlanet(Row):
    """Osculating elements of one orbit, ecliptic and equinox J2000, as the Minor Planet Center gives them."""

    catalogue = models.ForeignKey(Catalogue, on_delete=models.CASCADE, related_name="minor_planets")
    designation = models.CharField(max_length=50)
    absolute_mag = models.FloatField(null=True, blank=True, help_text="H.")
    slope = models.FloatField(default=0.15, db_default=0.15, help_text="G.")
    epoch_jd = models.FloatField(help_text="Julian date, TT.")
    mean_anomaly_deg = models.FloatField()
    perihelion_argument_deg = models.FloatField()
    node_deg = models.FloatField()
    inclination_deg = models.FloatField()
    eccentricity = models.FloatField()
    semimajor_axis_au = models.FloatField()

    class Meta(Row.Meta):
        db_table = "minor_planets"
        ordering = ("catalogue", "designation", "pk")
        constraints = (
            finite_numbers(
                "minor_planets",
                "absolute_mag",
                "slope",
                "epoch_jd",
                "mean_anomaly_deg",
                "perihelion_argument_deg",
                "node_deg",
                "inclination_deg",
                "eccentricity",
                "semimajor_axis_au",
            ),
            models.CheckConstraint(
                condition=Q(eccentricity__gte=0, eccentricity__lt=1, semimajor_axis_au__gt=0),
                name="minor_planets_orbit_is_an_ellipse",
            ),
            models.UniqueConstraint(fields=("catalogue", "designation"), name="minor_planets_unique_in_catalogue"),
        )

    def __str__(self):
        return self.designation


class KnownKind(models.TextChoices):
    VARIABLE = "variable"
    STAR = "star"
    GALAXY = "galaxy"
    AGN = "agn", "AGN"
    OTHER = "other"
    MINOR_PLANET = "minor planet"
    REFERENCE_SOURCE = "reference source"


class KnownMatch(Row):
    """Something known near a candidate: a catalogue's source, a minor planet, or a source of the reference image."""

    Kind = KnownKind

    candidate = models.ForeignKey(Candidate, on_delete=models.CASCADE, related_name="known_matches")
    catalogue = models.ForeignKey(
        Catalogue, on_delete=models.CASCADE, null=True, blank=True, related_name="matches",
        help_text="None for a source of the reference image.",
    )  # fmt: skip
    name = models.CharField(max_length=100, blank=True)
    kind = models.CharField(max_length=20, choices=KnownKind)
    source_type = models.CharField(max_length=100, blank=True)
    separation_arcsec = models.FloatField()
    mag = models.FloatField(null=True, blank=True)

    class Meta(Row.Meta):
        db_table = "known_matches"
        verbose_name_plural = "known matches"
        ordering = ("separation_arcsec", "pk")
        constraints = (
            known_choice("known_matches", "kind", KnownKind),
            finite_numbers("known_matches", "separation_arcsec", "mag"),
            models.CheckConstraint(condition=Q(separation_arcsec__gte=0), name="known_matches_separation_not_negative"),
            models.CheckConstraint(
                condition=Q(kind="reference source") ^ Q(catalogue__isnull=False),
                name="known_matches_catalogue_or_reference",
            ),
            models.UniqueConstraint(
                fields=("candidate", "catalogue", "name", "kind"), name="known_matches_once", nulls_distinct=False
            ),
        )
        indexes = (models.Index(fields=("-created_at", "id"), name="known_matches_newest"),)

    def __str__(self):
        return f"{self.kind} {self.name} at {self.separation_arcsec:.1f}″"
