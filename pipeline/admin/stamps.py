"""Stamps of candidates, on pages."""

from django.contrib import admin
from django.http import HttpResponse, HttpResponseNotFound
from django.urls import path, reverse
from django.utils.html import format_html, format_html_join

from pipeline import stamps


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
