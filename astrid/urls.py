"""The admin at /admin/, the API of every installed app at /api/v1/."""

from django.conf import settings
from django.contrib import admin
from django.urls import include, path
from django.utils.module_loading import import_string
from django.views.generic import RedirectView
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerView
from rest_framework.routers import DefaultRouter

admin.site.site_header = "AstrID"
admin.site.site_title = "AstrID"
admin.site.index_title = "Overview"
admin.site.site_url = None


def api_router() -> DefaultRouter:
    router = DefaultRouter()
    for app in settings.PHASE_APPS:
        for prefix, viewset in import_string(f"{app}.api.ROUTES").items():
            router.register(prefix, viewset)
    return router


urlpatterns = [
    path("", RedirectView.as_view(pattern_name="admin:index")),
    path("admin/", admin.site.urls),
    path("api/v1/", include(api_router().urls)),
    path("api/v1/schema/", SpectacularAPIView.as_view(), name="schema"),
    path("api/v1/docs/", SpectacularSwaggerView.as_view(url_name="schema"), name="docs"),
]
