import time

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import CommandError

from astrid.commands import Command as AstridCommand
from astrid.people import make_demo_users
from curation import demo
from mlregistry.models import Detection
from pipeline.progress import print_failures


class Command(AstridCommand):
    help = "See AstrID work: a simulated night through every stage, measured against its truth; then serve."

    def add_arguments(self, parser):
        parser.add_argument("--no-serve", action="store_true", help="End instead of serving.")
        parser.add_argument("--bind", default="127.0.0.1:8000", metavar="HOST:PORT", help="Default: %(default)s.")

    def prepare(self):
        self.began = time.monotonic()
        self.console.print("Preparing the database …")
        call_command("migrate", verbosity=0)

    def handle(self, *, no_serve, bind, **options):
        passwords = make_demo_users()
        night = demo.run(self.console, directory=settings.HOME / "simulated-night")
        self.console.print(night.table, "", demo.tally_table(night.tallies), "", sep="\n")
        failures = print_failures(self.console, night.jobs)
        self.console.print(f"{time.monotonic() - self.began:.0f} seconds in all.")
        self._tell_passwords(passwords)
        if failures:
            raise CommandError("some observations failed; they are listed above", returncode=2)
        if not no_serve:
            self._tell_where_to_click(bind)
            call_command("serve", bind=bind, stdout=self.stdout)

    def _tell_passwords(self, passwords: dict[str, str]) -> None:
        if passwords:
            self.console.print("\n[bold]Log in as[/] (shown this once)")
        for name, password in passwords.items():
            self.console.print(f"  {name:<16} {password}", markup=False)

    def _tell_where_to_click(self, bind: str) -> None:
        surest = Detection.objects.order_by("-confidence_score").first()
        places = {
            "detections": "admin/mlregistry/detection/",
            "the surest one": f"admin/mlregistry/detection/{surest.pk}/change/" if surest else "admin/",
            "alerts": "admin/curation/alert/",
            "every change": "admin/curation/auditlog/",
            "the API": "api/v1/docs/",
        }
        self.console.print("\n[bold]Where to click[/]")
        for name, place in places.items():
            self.console.print(f"  {name:<16} http://{bind}/{place}", soft_wrap=True)
