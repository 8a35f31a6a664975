"""Catalogues, and what of them lies at candidates."""

from django.contrib import admin

from astrid.admin import MachineMadeAdmin, position
from pipeline.admin.shown import LoadedAdmin, ShownInline
from pipeline.models import Catalogue, CatalogueSource, KnownMatch, MinorPlanet


@admin.display(description="separation (″)", ordering="separation_arcsec")
def separation(match) -> str:
    return f"{match.separation_arcsec:.2f}"


@admin.display(description="mag", ordering="mag")
def known_magnitude(match) -> str:
    return "–" if match.mag is None else f"{match.mag:.2f}"


class KnownMatchInline(ShownInline):
    model = KnownMatch
    fields = ("kind", "name", "source_type", separation, known_magnitude, "catalogue")
    readonly_fields = fields
    joins = ("catalogue",)
    verbose_name_plural = "what is known here"


@admin.register(KnownMatch)
class KnownMatchAdmin(MachineMadeAdmin):
    list_display = ("kind", "name", "source_type", separation, "catalogue", "candidate")
    list_filter = ("kind",)
    list_select_related = ("candidate", "catalogue")
    search_fields = ("name", "=candidate__id")


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
