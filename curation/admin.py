"""The admin of phase 4: verdicts are given on a detection's page; alerts and the log are looked at."""

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpResponseRedirect
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.http import urlencode
from django.views.decorators.http import require_POST

from astrid.admin import MachineMadeAdmin, pretty_json
from curation import services
from curation.models import Alert, AlertDelivery, AuditLog, AuditSeal, ReviewClaim, ValidationEvent
from mlregistry.admin import DetectionAdmin
from mlregistry.models import Detection


class VerdictForm(forms.Form):
    """One person's judgement of what the stamps show."""

    is_valid = forms.TypedChoiceField(
        label="It is",
        choices=((True, "real"), (False, "bogus")),
        coerce=lambda value: value == "True",
        widget=forms.RadioSelect,
    )
    label = forms.ChoiceField(
        required=False,
        choices=(
            ("", "—"),
            *((value, value) for value in ("supernova", "variable", "transient", "asteroid", "artifact")),
        ),
    )
    confidence_level = forms.ChoiceField(
        label="How sure", choices=ValidationEvent.ConfidenceLevel.choices, initial="medium"
    )
    notes = forms.CharField(required=False, widget=forms.Textarea(attrs={"rows": 3}))


admin.site.unregister(Detection)


@admin.register(Detection)
class JudgeableDetectionAdmin(DetectionAdmin):
    """A detection's page, with the verdicts on it and, for those who may, a form for one's own."""

    change_form_template = "admin/mlregistry/detection/judge.html"

    def get_urls(self):
        view = self.admin_site.admin_view(require_POST(self.judge_view))
        return [path("<uuid:key>/judge/", view, name="curation_judge"), *super().get_urls()]

    def get_fields(self, request, obj=None):
        """The stamps stand above the verdict, not among the facts."""
        return [name for name in super().get_fields(request, obj) if name != "stamps"]

    def render_change_form(self, request, context, add=False, change=False, form_url="", obj=None):
        context |= {
            "stamps": self.stamps(obj),
            "verdicts": obj.validation_events.visible_to(request.user).select_related("validator"),
            "verdict_form": VerdictForm() if self._may_judge(request) else None,
        }
        return super().render_change_form(request, context, add, change, form_url, obj)

    def judge_view(self, request, key):
        detection = self.get_object(request, key)
        if detection is None:
            raise Http404(f"There is no detection {key}.")
        if not (self.has_view_permission(request, detection) and self._may_judge(request)):
            raise PermissionDenied
        form = VerdictForm(request.POST)
        try:
            if form.errors:
                raise ValidationError([f"{form[name].label}: {' '.join(lines)}" for name, lines in form.errors.items()])
            event = services.judge(detection, actor=request.user, **form.cleaned_data)
        except ValidationError as error:
            self.message_user(request, f"Not recorded. {' '.join(error.messages)}", messages.ERROR)
        else:
            self.message_user(request, f"Recorded: {'real' if event.is_valid else 'bogus'}.", messages.SUCCESS)
        return HttpResponseRedirect(reverse("admin:mlregistry_detection_change", args=(key,)))

    def _may_judge(self, request) -> bool:
        return request.user.has_perm("curation.add_validationevent")


@admin.register(ValidationEvent)
class ValidationEventAdmin(MachineMadeAdmin):
    list_display = ("detection", "validator", "is_valid", "label", "confidence_level", "is_standing", "created_at")
    list_filter = ("is_valid", "label", "confidence_level", "validator", "created_at")
    list_select_related = ("detection", "validator")
    search_fields = ("validator__username", "notes", "=detection__id")

    @admin.display(boolean=True, description="stands")
    def is_standing(self, row):
        return row.superseded_by_id is None


@admin.register(ReviewClaim)
class ReviewClaimAdmin(MachineMadeAdmin):
    list_display = ("detection", "holder", "expires_at")
    list_select_related = ("detection", "holder")


class AlertDeliveryInline(admin.TabularInline):
    model = AlertDelivery
    fields = ("channel", "recipient", "status", "attempts", "sent_at", "error_message")
    readonly_fields = fields
    extra = 0
    can_delete = False

    def has_add_permission(self, request, obj=None):
        return False


@admin.register(Alert)
class AlertAdmin(MachineMadeAdmin):
    list_display = ("title", "alert_type", "priority", "status", "sent_at", "created_at")
    list_filter = ("status", "priority", "alert_type", "created_at")
    search_fields = ("title", "message")
    inlines = (AlertDeliveryInline,)


@admin.register(AlertDelivery)
class AlertDeliveryAdmin(MachineMadeAdmin):
    list_display = ("alert", "channel", "recipient", "status", "attempts", "sent_at", "error_message")
    list_filter = ("status", "channel")
    list_select_related = ("alert",)
    search_fields = ("recipient", "=idempotency_key")


@admin.register(AuditLog)
class AuditLogAdmin(MachineMadeAdmin):
    list_display = ("created_at", "action", "entity_type", "entity", "change_summary", "username", "source")
    list_filter = ("action", "entity_type", "created_at")
    search_fields = ("=entity_id", "=username")
    fields = (
        "created_at",
        "action",
        "entity_type",
        "entity_id",
        "username",
        "source",
        "ip_address",
        "user_agent",
        "change_summary",
        "before",
        "after",
        "row_digest",
        "transaction_id",
    )
    readonly_fields = ("before", "after")
    clock = ()

    @admin.display(description="row", ordering="entity_id")
    def entity(self, entry):
        """The end of the key, where keys differ; it leads to all that happened to the row."""
        row = urlencode({"entity_type__exact": entry.entity_type, "entity_id__exact": entry.entity_id})
        return format_html('<a href="?{}">{}</a>', row, entry.entity_id[-12:])

    @admin.display
    def before(self, row):
        return pretty_json(row.old_values)

    @admin.display
    def after(self, row):
        return pretty_json(row.new_values)


@admin.register(AuditSeal)
class AuditSealAdmin(MachineMadeAdmin):
    list_display = ("sha256", "entry_count", "first_entry_at", "last_entry_at", "created_at")
