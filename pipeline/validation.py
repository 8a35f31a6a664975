"""What must hold before phase 2 counts as deployed, as the database shows it."""

from collections.abc import Iterator

from django.db.models import Avg

from astrid.models import Observation, ObservationStatus
from astrid.validation import Evidence, constraints, migrations, rows, tables
from pipeline.models import Candidate, Catalogue, DifferenceRun, PreprocessRun, ProcessingJob, RunStatus, SkyObject


def evidence() -> Iterator[Evidence]:
    yield migrations("pipeline")
    yield tables("pipeline")
    yield constraints("pipeline")
    for model, claim in ((PreprocessRun, "observations preprocessed"), (DifferenceRun, "differences made")):
        yield completed(claim, model)
    yield rows("candidates found", Candidate.objects.all())
    unplaced = Candidate.objects.filter(sky_object=None).count()
    yield Evidence(
        "every candidate belongs to an object",
        unplaced == 0,
        f"{unplaced} without, {SkyObject.objects.count()} objects",
    )
    catalogues = Catalogue.objects.values_list("name", "entry_count")
    yield Evidence(
        "no catalogue is empty",
        all(count for _, count in catalogues),
        ", ".join(f"{name}: {count}" for name, count in catalogues) or "no catalogue is loaded",
    )
    failed = Observation.objects.filter(status=ObservationStatus.FAILED).count()
    active = ProcessingJob.objects.active().count()
    yield Evidence("no observation is stuck", failed == 0, f"{failed} failed, {active} jobs waiting or at work")


def completed(claim: str, model) -> Evidence:
    """Completed runs of a kind, their mean duration, and the failed ones beside them."""
    done = model.objects.filter(status=RunStatus.COMPLETED)
    seconds = done.aggregate(mean=Avg("processing_time_seconds"))["mean"]
    failed = model.objects.filter(status=RunStatus.FAILED).count()
    took = "" if seconds is None else f", {seconds:.2f} s each"
    return Evidence(claim, done.exists(), f"{done.count()} completed{took}, {failed} failed")
