from django.apps import AppConfig


class MLRegistryConfig(AppConfig):
    name = "mlregistry"
    verbose_name = "3 · Machine learning"
