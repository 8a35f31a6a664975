"""Candidates, and the places in the sky where they are found."""

from django.contrib import admin

from astrid.admin import MachineMadeAdmin, position
from pipeline.admin.catalogues import KnownMatchInline
from pipeline.admin.shown import ShownInline
from pipeline.admin.stamps import StampsMixin
from pipeline.known.admin import KnownThingsMixin
from pipeline.light_curves import light_curve
from pipeline.models import Candidate, LightCurvePoint, SkyObject
from pipeline.plots import light_curve_svg

FLAGS = ("negative", "dipole", "trail", "edge", "saturated", "blended")


@admin.display(description="S/N", ordering="snr")
def signal_to_noise(candidate) -> str:
    return f"{candidate.snr:.1f}"


@admin.display(description="mag", ordering="mag")
def magnitude(candidate) -> str:
    return "–" if candidate.mag is None else f"{candidate.mag:.2f} ± {candidate.mag_error:.2f}"


@admin.display(description="flags")
def flags(candidate) -> str:
    return " ".join(name for name in FLAGS if getattr(candidate, f"is_{name}")) or "–"


@admin.register(Candidate)
class CandidateAdmin(KnownThingsMixin, StampsMixin, MachineMadeAdmin):
    list_display = (position, "observation", "status", signal_to_noise, magnitude, flags, "created_at")
    list_filter = ("status", "is_negative", "is_edge", "is_saturated", "is_dipole", "is_trail", "created_at")
    list_select_related = ("observation",)
    search_fields = ("observation__observation_id", "=id")
    exclude = tuple(f"is_{name}" for name in FLAGS)
    readonly_fields = (*StampsMixin.readonly_fields, flags)
    inlines = (KnownMatchInline,)

    def candidate_of(self, row):
        return row


class CandidateInline(ShownInline):
    model = Candidate
    fields = ("observation", "status", signal_to_noise, magnitude, flags)
    readonly_fields = fields
    joins = ("observation",)
    verbose_name_plural = "candidates at this place"


@admin.display(description="observed", ordering="observation__observation_time")
def observed_at(point) -> str:
    return f"{point.observation.observation_time:%Y-%m-%d %H:%M:%S}"


@admin.display(description="flux (ADU)", ordering="flux")
def flux(point) -> str:
    return f"{point.flux:.1f} ± {point.flux_error:.1f}"


@admin.display(description="magnitude or limit")
def magnitude_or_limit(point) -> str:
    if point.mag is not None:
        return magnitude(point)
    return "–" if point.limiting_mag is None else f"fainter than {point.limiting_mag:.2f}"


class LightCurveInline(ShownInline):
    model = LightCurvePoint
    fields = (observed_at, "observation", flux, signal_to_noise, magnitude_or_limit)
    readonly_fields = fields
    joins = ("observation",)
    verbose_name_plural = "light curve: forced photometry in every difference image of this place"


@admin.register(SkyObject)
class SkyObjectAdmin(MachineMadeAdmin):
    list_display = (position, "candidate_count", "first_seen", "last_seen")
    list_filter = ("last_seen",)
    search_fields = ("=id",)
    readonly_fields = ("light_curve",)
    inlines = (CandidateInline, LightCurveInline)

    @admin.display
    def light_curve(self, row):
        points = light_curve(row)
        return light_curve_svg(points) if points else "–"


@admin.register(LightCurvePoint)
class LightCurvePointAdmin(MachineMadeAdmin):
    list_display = ("sky_object", observed_at, flux, signal_to_noise, magnitude_or_limit)
    list_select_related = ("sky_object", "observation")
    search_fields = ("=sky_object__id", "observation__observation_id")
