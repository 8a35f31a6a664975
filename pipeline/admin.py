"""The admin of phase 2."""

from django.contrib import admin
from django.db.models import OuterRef, Subquery
from django.http import HttpResponse, HttpResponseNotFound
from django.urls import path, reverse
from django.utils.html import format_html, format_html_join

from astrid.admin import MachineMadeAdmin, RowAdmin, position
from astrid.models import Observation
from pipeline import stamps
from pipeline.known.admin import KnownThingsMixin
from pipeline.light_curves import light_curve
from pipeline.models import (
    Candidate,
    Catalogue,
    CatalogueSource,
    DifferenceRun,
    KnownMatch,
    LightCurvePoint,
    MasterFrame,
    MinorPlanet,
    PreprocessRun,
    ProcessingJob,
    SkyObject,
)
from pipeline.plots import light_curve_svg


def _number(value: float | None, form: str) -> str:
    return "–" if value is None else format(value, form)


@admin.display(description="seconds", ordering="processing_time_seconds")
def run_seconds(run) -> str:
    return _number(run.processing_time_seconds, ".1f")


@admin.register(PreprocessRun)
class PreprocessRunAdmin(MachineMadeAdmin):
    list_display = ("observation", "status", "seeing", "star_count", "sky_adu", "depth", run_seconds, "created_at")
    list_filter = ("status", "created_at")
    list_select_related = ("observation",)
    search_fields = ("observation__observation_id", "error_message")

    @admin.display(description="seeing (″)", ordering="seeing_arcsec")
    def seeing(self, row):
        return _number(row.seeing_arcsec, ".2f")

    @admin.display(description="depth (mag, 5 σ)", ordering="depth_mag")
    def depth(self, row):
        return _number(row.depth_mag, ".2f")


@admin.register(DifferenceRun)
class DifferenceRunAdmin(MachineMadeAdmin):
    list_display = (
        "observation",
        "reference_observation",
        "status",
        "candidates_found",
        "registration",
        run_seconds,
        "created_at",
    )
    list_filter = ("status", "algorithm", "created_at")
    list_select_related = ("observation", "reference_observation")
    search_fields = ("observation__observation_id", "error_message")

    @admin.display(description="registration (px rms)", ordering="registration_rms_px")
    def registration(self, row):
        return _number(row.registration_rms_px, ".3f")


class StampsMixin:
    """Pictures of a candidate on the pages of whatever rests on it; `candidate_of(row)` says which one."""

    readonly_fields = ("stamps",)

    def get_fields(self, request, obj=None):
        return ["stamps", *(name for name in super().get_fields(request, obj) if name != "stamps")]

    def get_urls(self):
        name = f"{self.opts.app_label}_{self.opts.model_name}_stamp"
        view = self.admin_site.admin_view(self.stamp_view)
        return [path("<uuid:key>/stamp/<str:kind>.png", view, name=name), *super().get_urls()]

    def stamp_view(self, request, key, kind):
        row = self.get_object(request, key)
        if kind not in stamps.KINDS or row is None or not self.has_view_permission(request, row):
            return HttpResponseNotFound("There is no such stamp, or it is not yours to see.")
        try:
            response = HttpResponse(stamps.png(self.candidate_of(row), kind), content_type="image/png")
        except stamps.StampMissingError as error:
            return HttpResponseNotFound(str(error))
        response["Cache-Control"] = "private, max-age=86400, immutable"
        return response

    @admin.display(description="stamps")
    def stamps(self, row):
        figures = ((self._picture(row, kind), kind) for kind in stamps.KINDS)
        figure = "<figure>{}<figcaption>{}</figcaption></figure>"
        return format_html('<div class="stamps">{}</div>', format_html_join("", figure, figures))

    def _picture(self, row, kind):
        if reason := stamps.why_missing(self.candidate_of(row), kind):
            return format_html("<p>No stamp: {}.</p>", reason)
        name = f"admin:{self.opts.app_label}_{self.opts.model_name}_stamp"
        return format_html('<img src="{}" alt="{} stamp">', reverse(name, args=(row.pk, kind)), kind)


@admin.display(description="S/N", ordering="snr")
def signal_to_noise(candidate) -> str:
    return f"{candidate.snr:.1f}"


@admin.display(description="mag", ordering="mag")
def magnitude(candidate) -> str:
    return "–" if candidate.mag is None else f"{candidate.mag:.2f} ± {candidate.mag_error:.2f}"


@admin.display(description="flags")
def flags(candidate) -> str:
    names = ("negative", "dipole", "edge", "saturated", "blended")
    return " ".join(name for name in names if getattr(candidate, f"is_{name}"))


class ShownInline(admin.TabularInline):
    """Rows that hang on the one looked at: shown, never edited here."""

    extra = 0
    can_delete = False
    show_change_link = True
    joins = ()

    def has_add_permission(self, request, obj=None):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def get_queryset(self, request):
        return super().get_queryset(request).visible_to(request.user).select_related(*self.joins)


class KnownMatchInline(ShownInline):
    model = KnownMatch
    fields = ("kind", "name", "source_type", "separation_arcsec", "mag", "catalogue")
    joins = ("catalogue",)
    verbose_name_plural = "what is known here"


@admin.register(Candidate)
class CandidateAdmin(KnownThingsMixin, StampsMixin, MachineMadeAdmin):
    list_display = (position, "observation", "status", signal_to_noise, magnitude, flags, "created_at")
    list_filter = ("status", "is_negative", "is_edge", "is_saturated", "is_dipole", "created_at")
    list_select_related = ("observation",)
    search_fields = ("observation__observation_id", "=id")
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
def observed_at(point):
    return point.observation.observation_time


@admin.display(description="flux (ADU)", ordering="flux")
def flux(point) -> str:
    return f"{point.flux:.4g} ± {point.flux_error:.2g}"


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


@admin.register(KnownMatch)
class KnownMatchAdmin(MachineMadeAdmin):
    list_display = ("kind", "name", "source_type", "separation_arcsec", "candidate", "catalogue")
    list_filter = ("kind",)
    list_select_related = ("candidate", "catalogue")
    search_fields = ("name", "=candidate__id")


class LoadedAdmin(RowAdmin):
    """Rows that a command makes from files; a few of their fields people may change."""

    editable = ()

    def has_add_permission(self, request):
        return False

    def get_readonly_fields(self, request, obj=None):
        fixed = [field.name for field in self.opts.fields if field.name not in self.editable]
        return [*fixed, *(name for name in super().get_readonly_fields(request, obj) if name not in fixed)]


@admin.register(MasterFrame)
class MasterFrameAdmin(LoadedAdmin):
    list_display = ("kind", "survey", "filter_band", "exposure_s", "binning", "taken_at", "frame_count", "is_active")
    list_filter = ("kind", "is_active", "taken_at")
    list_select_related = ("survey",)
    search_fields = ("survey__name", "filter_band")
    editable = ("is_active",)


@admin.register(Catalogue)
class CatalogueAdmin(LoadedAdmin):
    list_display = ("name", "entry_count", "refused_count", "match_radius_arcsec", "covers_whole_sky", "created_at")
    search_fields = ("name", "description")
    editable = ("description", "match_radius_arcsec", "covers_whole_sky")


@admin.register(CatalogueSource)
class CatalogueSourceAdmin(MachineMadeAdmin):
    list_display = ("name", position, "kind", "source_type", "mag", "catalogue")
    list_filter = ("kind",)
    list_select_related = ("catalogue",)
    search_fields = ("=name",)


@admin.register(MinorPlanet)
class MinorPlanetAdmin(MachineMadeAdmin):
    list_display = ("designation", "absolute_mag", "semimajor_axis_au", "eccentricity", "inclination_deg", "catalogue")
    list_select_related = ("catalogue",)
    search_fields = ("=designation",)


@admin.register(ProcessingJob)
class ProcessingJobAdmin(MachineMadeAdmin):
    list_display = (
        "job_type",
        "observation_link",
        "status",
        "outcome",
        "seconds",
        "retry_count",
        "created_at",
    )
    list_filter = ("status", "job_type", "created_at")
    search_fields = ("=entity_id", "=workflow_id", "error_message")

    def get_queryset(self, request):
        observation = Observation.objects.filter(pk=OuterRef("entity_id")).values("observation_id")
        return super().get_queryset(request).annotate(observation_name=Subquery(observation))

    @admin.display(description="observation")
    def observation_link(self, row):
        page = reverse("admin:astrid_observation_change", args=(row.entity_id,))
        return format_html('<a href="{}">{}</a>', page, row.observation_name or row.entity_id)

    @admin.display(description="seconds")
    def seconds(self, row):
        return f"{(row.completed_at - row.started_at).total_seconds():.1f}" if row.completed_at else "–"
