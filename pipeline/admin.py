"""The admin of phase 2."""

from django.contrib import admin
from django.db.models import OuterRef, Subquery
from django.http import HttpResponse, HttpResponseNotFound
from django.urls import path, reverse
from django.utils.html import format_html, format_html_join

from astrid.admin import MachineMadeAdmin, position
from astrid.models import Observation
from pipeline import stamps
from pipeline.models import Candidate, DifferenceRun, PreprocessRun, ProcessingJob, SkyObject


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


@admin.register(Candidate)
class CandidateAdmin(StampsMixin, MachineMadeAdmin):
    list_display = (position, "observation", "status", signal_to_noise, magnitude, flags, "created_at")
    list_filter = ("status", "is_negative", "is_edge", "is_saturated", "is_dipole", "created_at")
    list_select_related = ("observation",)
    search_fields = ("observation__observation_id", "=id")

    def candidate_of(self, row):
        return row


class CandidateInline(admin.TabularInline):
    model = Candidate
    fields = ("observation", "status", signal_to_noise, magnitude, flags)
    readonly_fields = fields
    extra = 0
    can_delete = False
    show_change_link = True
    verbose_name_plural = "candidates at this place"

    def has_add_permission(self, request, obj=None):
        return False

    def get_queryset(self, request):
        return super().get_queryset(request).visible_to(request.user).select_related("observation")


@admin.register(SkyObject)
class SkyObjectAdmin(MachineMadeAdmin):
    list_display = (position, "candidate_count", "first_seen", "last_seen")
    list_filter = ("last_seen",)
    search_fields = ("=id",)
    inlines = (CandidateInline,)


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
