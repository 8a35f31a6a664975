from django.apps import AppConfig


class AstridConfig(AppConfig):
    name = "astrid"
    verbose_name = "1 · Surveys and observations"
