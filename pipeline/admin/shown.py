"""What the pages of phase 2 are made of."""

from django.contrib import admin

from astrid.admin import RowAdmin


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


class LoadedAdmin(RowAdmin):
    """Rows that a command makes from files; a few of their fields people may change."""

    editable = ()

    def has_add_permission(self, request):
        return False

    def get_readonly_fields(self, request, obj=None):
        fixed = [field.name for field in self.opts.fields if field.name not in self.editable]
        return [*fixed, *(name for name in super().get_readonly_fields(request, obj) if name not in fixed)]
