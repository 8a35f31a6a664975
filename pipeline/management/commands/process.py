from django.core.management.base import CommandError

from astrid.actors import service_account
from astrid.arguments import observations_named
from astrid.commands import Command as AstridCommand
from pipeline import stages
from pipeline.progress import StageTable, WayProgress, bars, print_failures


class Command(AstridCommand):
    help = "Carry observations through the stages, in this process, with progress; what was done before is not redone."

    def add_arguments(self, parser):
        group = parser.add_mutually_exclusive_group(required=True)
        group.add_argument("--observation", nargs="+", metavar="ID", help="By observation_id or by key.")
        group.add_argument("--all", action="store_true", help="All that have not come to the end of their way.")

    def handle(self, *, observation, **options):
        observations = observations_named(observation) if observation else stages.unfinished()
        jobs = stages.start(observations, actor=service_account())
        self.stdout.write(f"{len(jobs)} observations to process")
        with bars(self.console) as progress:
            stages.drain(WayProgress(progress, jobs).update)
        table = StageTable()
        table.add_way(jobs)
        self.console.print(table)
        if print_failures(self.console, jobs):
            raise CommandError("some observations failed; they are listed above", returncode=2)
