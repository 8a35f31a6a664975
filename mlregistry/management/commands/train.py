from importlib.util import find_spec
from pathlib import Path

from django.core.management.base import CommandError
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from astrid.commands import Command as AstridCommand
from mlregistry import tracking
from mlregistry.nets.recipe import Recipe

NEEDED = ("torch", "onnx", "onnxscript")
SHOWN_METRICS = ("average_precision", "roc_auc", "precision", "recall", "f1_score", "expected_calibration_error")


class Command(AstridCommand):
    help = "Train a U-Net on simulated pairs; writes unet.onnx and its card, unet.json."

    def add_arguments(self, parser):
        parser.add_argument(
            "--seed", type=int, default=Recipe.seed, help="Decides all that is random. Default: %(default)s."
        )
        parser.add_argument("--pairs", type=int, default=Recipe.pairs, help="Pairs to simulate. Default: %(default)s.")
        parser.add_argument("--epochs", type=int, default=Recipe.epochs, help="At most. Default: %(default)s.")
        parser.add_argument("--output", type=Path, default=Path("model"), metavar="DIR", help="Default: %(default)s.")

    def handle(self, *, seed, pairs, epochs, output, **options):
        missing = [package for package in NEEDED if find_spec(package) is None]
        if missing:
            raise CommandError(f"training needs {', '.join(missing)}: install the extra [ml], pip install -e '.[ml]'")
        # Imported here, where torch is known to be installed.
        from mlregistry.nets.build import build

        with Progress(
            TextColumn("{task.description:<12}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.fields[note]}"),
            console=self.console,
        ) as progress:
            simulating = progress.add_task("pairs", total=pairs, note="")
            training = progress.add_task("epochs", total=epochs, note="", start=False)

            def on_epoch(loss):
                progress.update(training, advance=1, note=f"validation loss {loss:.4f}")

            def on_pair():
                progress.advance(simulating)
                if progress.tasks[simulating].finished:
                    progress.start_task(training)

            try:
                recipe = Recipe(seed=seed, pairs=pairs, epochs=epochs)
                path, card = build(output, recipe, on_pair=on_pair, on_epoch=on_epoch)
            except (ValueError, OSError) as error:
                raise CommandError(str(error)) from error
        self._show(card["metrics"])
        self.stdout.write(f"{path} and its card {path.with_suffix('.json').name} are written")
        self._track(path, card)

    def _show(self, metrics):
        table = Table("on pairs never seen", "", box=None, header_style="bold")
        for name in SHOWN_METRICS:
            table.add_row(name.replace("_", " "), f"{metrics[name]:.4f}")
        self.console.print(table)

    def _track(self, path, card):
        if not tracking.is_wanted():
            return
        try:
            run_id = tracking.log_training(path, card)
        except tracking.TrackingError as error:
            self.stderr.write(f"not logged to MLflow: {error}")
        else:
            self.stdout.write(f"logged to MLflow as run {run_id}")
