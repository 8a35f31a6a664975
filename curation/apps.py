from django.apps import AppConfig


class CurationConfig(AppConfig):
    name = "curation"
    verbose_name = "4 · People"
