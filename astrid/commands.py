"""What AstrID's commands have in common."""

import pghistory
from django.core.management.base import BaseCommand
from rich.console import Console

from astrid.actors import command_facts


class Command(BaseCommand):
    """A command whose changes the audit log knows as its own, and which prints with rich."""

    def execute(self, *args, **options):
        stdout = options.get("stdout") or self.stdout
        self.console = Console(file=stdout, no_color=options["no_color"] or None, highlight=False)
        self.prepare()
        with pghistory.context(**command_facts(self.__module__.rpartition(".")[2])):
            return super().execute(*args, **options)

    def prepare(self) -> None:
        """What must happen before the audit's context begins: migrations do not bear it."""
