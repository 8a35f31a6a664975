"""What is known of a candidate, in the admin."""

from django.contrib import admin
from django.utils.html import format_html_join

from pipeline.known.answers import describe


class KnownThingsMixin:
    """What is known of a candidate, first on the pages of whatever rests on it; `candidate_of(row)` says which one."""

    def get_readonly_fields(self, request, obj=None):
        return (*super().get_readonly_fields(request, obj), "known_things")

    def get_fields(self, request, obj=None):
        return ["known_things", *(name for name in super().get_fields(request, obj) if name != "known_things")]

    @admin.display(description="known things")
    def known_things(self, row):
        lines = ((answer.question, "; ".join(answer.statements)) for answer in describe(self.candidate_of(row)))
        return format_html_join("", "<div><strong>{}:</strong> {}</div>", lines)
