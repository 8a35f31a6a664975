from django.conf import settings
from django.db import ProgrammingError
from django.utils.module_loading import import_string
from rich.table import Table

from astrid.commands import Command as AstridCommand

_NOT_YET = "[yellow]not yet[/]"


class Command(AstridCommand):
    help = "What each phase must show before it counts as deployed, with the evidence found in the database."

    def add_arguments(self, parser):
        phases = range(1, settings.PHASE + 1)
        parser.add_argument("--phase", type=int, choices=phases, help="One phase; without it all that are installed.")

    def handle(self, *, phase, **options):
        for number, app in enumerate(settings.PHASE_APPS, start=1):
            if phase in (None, number):
                self.console.print(_table(number, app))


def _table(number: int, app: str) -> Table:
    table = Table(title=f"Phase {number}: {app}", title_justify="left", box=None, pad_edge=False, header_style="bold")
    for heading in ("", "to validate", "evidence"):
        table.add_column(heading, overflow="fold")
    try:
        for evidence in import_string(f"{app}.validation.evidence")():
            table.add_row("[green]yes[/]" if evidence.holds else _NOT_YET, evidence.claim, evidence.found)
    except ProgrammingError as error:
        table.add_row(_NOT_YET, "everything else", str(error).splitlines()[0])
    return table
