import os
import sys

from django.core.management import call_command

from astrid.commands import Command as AstridCommand


class Command(AstridCommand):
    help = "Serve the admin and the API."

    def add_arguments(self, parser):
        parser.add_argument("--bind", default="127.0.0.1:8000", metavar="HOST:PORT", help="Default: %(default)s.")
        parser.add_argument("--threads", type=int, default=4, help="Default: %(default)s.")

    def handle(self, *, bind, threads, **options):
        call_command("check", database=["default"])
        self.stdout.write(f"Serving http://{bind}/ - stop with Ctrl-C")
        self.stdout.flush()
        options = ["--bind", bind, "--threads", str(threads), "--no-control-socket"]
        os.execv(sys.executable, [sys.executable, "-m", "gunicorn", "astrid.wsgi", *options])
