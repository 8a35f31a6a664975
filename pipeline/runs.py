"""How a run is kept: begun, then completed with its results, or failed with its cause."""

import functools
import importlib.metadata
import math
import platform
from collections.abc import Mapping

import numpy as np
from django.db import transaction
from django.utils import timezone

from astrid.actors import acting
from astrid.models import Observation, ObservationStatus
from astrid.transitions import transition
from pipeline.models import Run, RunStatus

_SOFTWARE = ("astrid-transients", "numpy", "scipy", "astropy", "sep", "opencv-python-headless", "onnxruntime")


@functools.cache
def software_versions() -> dict[str, str]:
    return {"python": platform.python_version()} | {name: importlib.metadata.version(name) for name in _SOFTWARE}


def plain(value: object) -> object:
    """A measurement as JSON: numbers of numpy as Python's, no number as None, and as text what JSON has no form for."""
    if isinstance(value, np.generic | np.ndarray):
        value = value.tolist()
    if isinstance(value, Mapping):
        return {str(name): plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if value is None or isinstance(value, bool | int | str) else str(value)


class Recorded:
    """`with Recorded(run, …) as record:` commits the run as running; the body ends with `record.complete(…)`.

    An exception leaves the run, and the observation where it has a part in it, as failed, with the message and the
    measurements that it carries, and goes on its way. `busy` and `done` are the observation's statuses meanwhile and
    after.
    """

    def __init__(self, run: Run, *, actor, busy: str | None = None, done: str | None = None):
        self.run, self.actor, self.busy, self.done = run, actor, busy, done
        self.observation: Observation = run.observation

    def __enter__(self):
        with transaction.atomic(), acting(self.actor):
            self._fail_interrupted()
            self.run.software_versions = software_versions()
            self.run.save(force_insert=True)
            transition(self.run, RunStatus.RUNNING, started_at=timezone.now())
            if self.busy:
                transition(self.observation, self.busy)
        return self

    def complete(self, **results) -> None:
        """Call it in the transaction that saves what the run made."""
        transition(self.run, RunStatus.COMPLETED, **self._clock(), **results)
        if self.done:
            transition(self.observation, self.done)

    def __exit__(self, kind, error, traceback):
        if error is not None:
            with transaction.atomic(), acting(self.actor):
                measurements = plain(getattr(error, "measurements", {}))
                self._fail(self.run, message=str(error) or kind.__name__, measurements=measurements, **self._clock())

    def _fail_interrupted(self) -> None:
        """A run that a killed process left behind; the engine's lock says that no other is at work on it."""
        left = type(self.run).objects.filter(observation=self.observation, status=RunStatus.RUNNING)
        for run in left.select_for_update():
            self._fail(run, message="interrupted: the process that ran it ended")

    def _fail(self, run: Run, *, message: str, **changes) -> None:
        # A transaction that was rolled back has left its statuses in these instances.
        run.refresh_from_db(fields=["status"])
        self.observation.refresh_from_db(fields=["status"])
        transition(run, RunStatus.FAILED, error_message=message, **changes)
        if self.busy and self.observation.status == self.busy:
            transition(self.observation, ObservationStatus.FAILED)

    def _clock(self) -> dict:
        now = timezone.now()
        return {"completed_at": now, "processing_time_seconds": (now - self.run.started_at).total_seconds()}
