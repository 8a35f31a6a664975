"""The admin of phase 1, and what every app's admin is made of."""

import json
from collections.abc import Callable

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import Field, FloatField, JSONField, Model, URLField
from django.forms import ModelForm, Textarea
from django.http import FileResponse, HttpResponseNotFound
from django.urls import path, reverse
from django.utils.html import format_html

from astrid import config, services, storage
from astrid.fits import KEYWORD_NAMES
from astrid.models import Observation, Survey, SystemConfig

# A date in days is then good to half a second, and a position to less than anyone measures.
SHOWN_DIGITS = 10


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

    def get_fields(self, request, obj=None):
        legible = {
            field.name: _legible(field) for field in self.opts.fields if isinstance(field, FloatField | JSONField)
        }
        return [legible.get(name, name) for name in super().get_fields(request, obj)]

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False


def _legible(field: Field) -> Callable[[Model], str]:
    """What shows a field as people read it: no digits of no meaning, and an item of JSON a line."""

    def show(row):
        value = json.loads(json.dumps(getattr(row, field.name), cls=DjangoJSONEncoder), parse_float=_rounded)
        if isinstance(value, dict) and value:
            return pretty_json(value)
        return "–" if value in (None, {}, []) else json.dumps(value)

    show.__name__ = field.name
    return admin.display(show, description=field.verbose_name)


def _rounded(number: str) -> float:
    return float(f"{float(number):.{SHOWN_DIGITS}g}")


@admin.display(description="ra, dec (deg)")
def position(row) -> str:
    return f"{row.ra:.5f} {row.dec:+.5f}"


def pretty_json(value) -> str:
    return format_html("<pre>{}</pre>", json.dumps(value, indent=2, ensure_ascii=False))


def has_thumbnail(observation: Observation) -> bool:
    return bool(observation.thumbnail_path) and storage.path_of(observation.thumbnail_path).exists()


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
        "thumbnail",
        "status",
        "kind",
        "observation_time",
        "band",
        "exposure_s",
        position,
        "survey",
    )
    list_filter = ("status", "kind", "survey", "filter_band")
    list_select_related = ("survey",)
    search_fields = ("observation_id",)
    readonly_fields = ("thumbnail",)

    def get_fields(self, request, obj=None):
        hidden = ("thumbnail", "thumbnail_path")
        return ["thumbnail", *(name for name in super().get_fields(request, obj) if name not in hidden)]

    def get_urls(self):
        view = self.admin_site.admin_view(self.thumbnail_view)
        return [path("<uuid:key>/thumbnail.png", view, name="astrid_observation_thumbnail"), *super().get_urls()]

    def thumbnail_view(self, request, key):
        row = self.get_object(request, key)
        if row is None or not self.has_view_permission(request, row):
            return HttpResponseNotFound("There is no such observation, or it is not yours to see.")
        if not has_thumbnail(row):
            return HttpResponseNotFound("It has no thumbnail.")
        response = FileResponse(storage.path_of(row.thumbnail_path).open("rb"), content_type="image/png")
        response["Cache-Control"] = "private, max-age=86400, immutable"
        return response

    @admin.display(description="image")
    def thumbnail(self, row):
        if not row.thumbnail_path:
            return "–"
        if not has_thumbnail(row):
            return "no longer in the artefact store"
        page = reverse("admin:astrid_observation_thumbnail", args=(row.pk,))
        # The path tells a browser's cache one thumbnail from the next.
        picture = '<img class="thumbnail" src="{}?{}" alt="thumbnail" loading="lazy">'
        return format_html(picture, page, row.thumbnail_path)

    @admin.display(description="filter", ordering="filter_band")
    def band(self, row):
        return row.filter_band

    @admin.display(description="exp. (s)", ordering="exposure_time")
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
