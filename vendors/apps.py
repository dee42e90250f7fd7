from django.apps import AppConfig


class VendorsConfig(AppConfig):
    name = "vendors"

    def ready(self) -> None:
        from vendors import curation  # noqa: F401  # its receivers keep links and the index true to the aliases
