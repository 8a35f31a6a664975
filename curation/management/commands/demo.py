import time

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import CommandError

from astrid.actors import service_account
from astrid.commands import Command as AstridCommand
from astrid.models import Observation, ObservationKind
from astrid.people import make_demo_users
from astrid.services import ingest, register_survey
from astrid.simulate import Night, simulate_night
from curation.demo import tally, tally_table
from mlregistry.models import Detection
from pipeline import stages
from pipeline.models import Candidate
from pipeline.progress import StageTable, WayProgress, bars, print_failures

SURVEY = "Simulated night"
FIELDS, EPOCHS = 3, 3


class Command(AstridCommand):
    help = "See AstrID work: a simulated night through every stage, measured against its truth; then serve."

    def add_arguments(self, parser):
        parser.add_argument("--no-serve", action="store_true", help="End instead of serving.")
        parser.add_argument("--bind", default="127.0.0.1:8000", metavar="HOST:PORT", help="Default: %(default)s.")

    def handle(self, *, no_serve, bind, **options):
        began = time.monotonic()
        self.console.print("Preparing the database …")
        call_command("migrate", verbosity=0)
        passwords = make_demo_users()
        table = StageTable()
        night = self._simulate(table)
        observations = self._ingest(table, night)
        jobs = self._process(table, observations)
        self.console.print("", table, "", self._against_truth(night, observations), "")
        failures = print_failures(self.console, jobs)
        self.console.print(f"{time.monotonic() - began:.0f} seconds in all.")
        self._tell_passwords(passwords)
        if failures:
            raise CommandError("some observations failed; they are listed above", returncode=2)
        if not no_serve:
            self._tell_where_to_click(bind)
            call_command("serve", bind=bind, stdout=self.stdout)

    def _simulate(self, table: StageTable) -> Night:
        with table.timed("simulate", makes="images") as row, bars(self.console) as progress:
            task = progress.add_task("simulate", total=FIELDS * (EPOCHS + 1))
            night = simulate_night(
                settings.HOME / "simulated-night",
                fields=FIELDS,
                epochs=EPOCHS,
                progress=lambda: progress.advance(task),
            )
            row.items = len(night.exposures)
            progress.update(task, completed=row.items)
        return night

    def _ingest(self, table: StageTable, night: Night) -> list[Observation]:
        actor = service_account()
        survey = register_survey(name=SURVEY, description="Made by manage.py demo.", actor=actor)
        with table.timed("ingest", makes="observations") as row, bars(self.console) as progress:
            observations = [
                ingest(exposure.path, survey=survey, kind=exposure.kind, actor=actor)[0]
                for exposure in progress.track(night.exposures, description="ingest")
            ]
            row.items = len(observations)
        return observations

    def _process(self, table: StageTable, observations: list[Observation]):
        mine = stages.unfinished().filter(pk__in=[row.pk for row in observations])
        jobs = stages.start(mine, actor=service_account())
        with WayProgress(self.console, jobs) as progress:
            stages.drain(progress.update)
        table.add_way(jobs)
        return jobs

    def _against_truth(self, night: Night, observations: list[Observation]):
        science = [
            (exposure, row)
            for exposure, row in zip(night.exposures, observations, strict=True)
            if exposure.kind == ObservationKind.SCIENCE
        ]
        return tally_table({"candidates": tally(science, Candidate), "detections": tally(science, Detection)})

    def _tell_passwords(self, passwords: dict[str, str]) -> None:
        if passwords:
            self.console.print("\n[bold]Log in as[/] (shown this once)")
            for name, password in passwords.items():
                self.console.print(f"  {name:<10} {password}")

    def _tell_where_to_click(self, bind: str) -> None:
        first = Detection.objects.order_by("-confidence_score").first()
        places = {
            "detections": "admin/mlregistry/detection/",
            "the surest one": f"admin/mlregistry/detection/{first.pk}/change/" if first else "admin/",
            "alerts": "admin/curation/alert/",
            "every change": "admin/curation/auditlog/",
            "the API": "api/v1/docs/",
        }
        self.console.print("\n[bold]Where to click[/]")
        for name, place in places.items():
            self.console.print(f"  {name:<16} http://{bind}/{place}", soft_wrap=True)
