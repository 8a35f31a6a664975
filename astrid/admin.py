"""The admin of phase 1, and what every app's admin is made of."""

import json

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import URLField
from django.forms import ModelForm, Textarea
from django.utils.html import format_html

from astrid import config, services
from astrid.fits import KEYWORD_NAMES
from astrid.models import Observation, Survey, SystemConfig


class RowAdmin(admin.ModelAdmin):
    """Shows what the user may see; keys and clocks are read-only and come last."""

    list_per_page = 50
    show_full_result_count = False
    formfield_overrides = {URLField: {"assume_scheme": "https"}}
    clock = ("id", "created_at", "updated_at")

    def get_queryset(self, request):
        return super().get_queryset(request).visible_to(request.user)

    def get_readonly_fields(self, request, obj=None):
        return (*super().get_readonly_fields(request, obj), *self.clock)

    def get_fields(self, request, obj=None):
        fields = [name for name in super().get_fields(request, obj) if name not in self.clock]
        return [*fields, *self.clock] if obj else fields


class MachineMadeAdmin(RowAdmin):
    """Rows that only the pipeline writes: people look at them, nobody edits them by hand."""

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False


@admin.display(description="ra, dec (deg)")
def position(row) -> str:
    return f"{row.ra:.5f} {row.dec:+.5f}"


def pretty_json(value) -> str:
    return format_html("<pre>{}</pre>", json.dumps(value, indent=2, ensure_ascii=False))


class SurveyForm(ModelForm):
    def clean_header_keywords(self):
        keywords = self.cleaned_data["header_keywords"]
        if not isinstance(keywords, dict) or not all(isinstance(value, str) for value in keywords.values()):
            raise ValidationError('This is {"fact": "KEYWORD", …}.')
        if unknown := set(keywords) - set(KEYWORD_NAMES):
            raise ValidationError(f"{', '.join(sorted(unknown))}: no such fact; there are {', '.join(KEYWORD_NAMES)}.")
        return keywords


@admin.register(Survey)
class SurveyAdmin(RowAdmin):
    form = SurveyForm
    list_display = ("name", "description", "pixel_scale_arcsec", "gain_e_per_adu", "is_active")
    list_filter = ("is_active",)
    search_fields = ("name", "description")


@admin.register(Observation)
class ObservationAdmin(MachineMadeAdmin):
    list_display = (
        "observation_id",
        "status",
        "kind",
        "observation_time",
        "filter_band",
        "exposure_s",
        position,
        "survey",
    )
    list_filter = ("status", "kind", "survey", "filter_band")
    list_select_related = ("survey",)
    search_fields = ("observation_id",)

    @admin.display(description="exposure (s)", ordering="exposure_time")
    def exposure_s(self, row):
        return f"{row.exposure_time:g}"

    def has_delete_permission(self, request, obj=None):
        return admin.ModelAdmin.has_delete_permission(self, request, obj)


class SystemConfigForm(ModelForm):
    class Meta:
        model = SystemConfig
        fields = ("value",)
        widgets = {"value": Textarea(attrs={"rows": 2, "cols": 60})}


@admin.register(SystemConfig)
class SystemConfigAdmin(RowAdmin):
    """Values only: keys are declared in code."""

    form = SystemConfigForm
    list_display = ("key", "value", "is_active", "description", "updated_at")
    list_filter = ("is_active",)
    search_fields = ("key", "description")
    readonly_fields = ("key", "description", "allowed", "is_active")
    fields = ("key", "description", "allowed", "value", "is_active")

    def save_model(self, request, obj, form, change):
        services.set_config(key=obj.key, value=obj.value, actor=request.user)

    @admin.display
    def allowed(self, row):
        key = config.declared().get(row.key)
        if key is None:
            return "not a key of the installed apps"
        if key.choices:
            return ", ".join(key.choices)
        return "a list" if key.minimum is None else f"{key.minimum} to {key.maximum}, by default {key.default}"

    def has_add_permission(self, request):
        return False

    def has_delete_permission(self, request, obj=None):
        return False
