"""Runs, the jobs that make them, and the master frames that they use."""

from django.contrib import admin
from django.db.models import OuterRef, Subquery
from django.urls import reverse
from django.utils.html import format_html

from astrid.admin import MachineMadeAdmin
from astrid.models import Observation
from pipeline.admin.shown import LoadedAdmin
from pipeline.models import DifferenceRun, MasterFrame, PreprocessRun, ProcessingJob


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


@admin.register(MasterFrame)
class MasterFrameAdmin(LoadedAdmin):
    list_display = ("kind", "survey", "filter_band", "exposure_s", "binning", "taken_at", "frame_count", "is_active")
    list_filter = ("kind", "is_active", "taken_at")
    list_select_related = ("survey",)
    search_fields = ("survey__name", "filter_band")
    editable = ("is_active",)
