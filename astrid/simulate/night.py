"""A simulated night on disk: FITS files of a few fields, some epochs each, and the truth beside them."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from astrid.simulate.camera import Camera
from astrid.simulate.exposure import Exposed, draw_conditions, draw_view
from astrid.simulate.files import write_exposure
from astrid.simulate.record import TRUTH_NAME, Exposure, Night, read_truth, write_truth
from astrid.simulate.scene import MARGIN_ARCMIN, Scene, draw_scene
from astrid.simulate.transients import EDGE_PX, Event, add_events, place_events
from astrid.simulate.truth import Transient, true_transients, true_variables

FIRST_EVENING = datetime(2026, 10, 12, 1, 0, tzinfo=UTC)
REFERENCE_AGE = timedelta(days=45)
EPOCH_SPACING = timedelta(days=3)
FIELD_SPACING = timedelta(minutes=25)
TRANSIENTS_PER_EPOCH = (8, 12)
SURVIVAL = 0.5
FADING_MAG = (-0.2, 0.8)


def simulate_night(
    directory: Path, *, seed: int = 1, fields: int = 3, epochs: int = 3, size_px: int = 1024,
    progress: Callable[[], None] | None = None,
) -> Night:  # fmt: skip
    """Write a reference and `epochs` science exposures of each of `fields` fields, and `truth.json`.

    The same request in the same directory finds its files and writes nothing; an unfinished night is made
    again, byte for byte. `progress` is called after each exposure written.

    Raises:
        FileExistsError: another night lies in `directory`.
    """
    request = {"seed": seed, "fields": fields, "epochs": epochs, "size_px": size_px}
    directory.mkdir(parents=True, exist_ok=True)
    night = _finished(directory, request)
    if night is None:
        camera = Camera(shape=(size_px, size_px), defects_seed=seed)
        exposures = []
        for number, sequence in enumerate(np.random.SeedSequence(seed).spawn(fields), start=1):
            rng = np.random.default_rng(sequence)
            for exposure in _observe(directory, camera=camera, number=number, epochs=epochs, rng=rng):
                exposures.append(exposure)
                if progress:
                    progress()
        night = Night(**request, exposures=tuple(exposures))
        write_truth(night, directory)
    return night


def _finished(directory: Path, request: dict[str, int]) -> Night | None:
    if not (directory / TRUTH_NAME).exists():
        return None
    night = read_truth(directory)
    if not night.is_of(**request):
        raise FileExistsError(f"{directory}: another simulated night lies there (seed {night.seed})")
    return night if all(exposure.path.exists() for exposure in night.exposures) else None


def _observe(
    directory: Path, *, camera: Camera, number: int, epochs: int, rng: np.random.Generator
) -> Iterator[Exposure]:
    """Take a field's exposures, the reference first."""
    field = f"field{number}"
    for epoch, (exposed, changes) in enumerate(_expose(camera, field=field, epochs=epochs, rng=rng)):
        path = directory / f"{field}-epoch{epoch}.fits"
        age = EPOCH_SPACING * (epoch - 1) if epoch else -REFERENCE_AGE
        start = FIRST_EVENING + age + FIELD_SPACING * (number - 1)
        write_exposure(path, exposed, field=field, start=start, rng=rng)
        yield Exposure(
            path=path,
            field=field,
            epoch=epoch,
            kind="science" if epoch else "reference",
            observation_time=start + timedelta(seconds=exposed.view.conditions.exposure_s / 2),
            seeing_arcsec=exposed.view.delivered_seeing_arcsec,
            **changes,
        )


def _expose(
    camera: Camera, *, field: str, epochs: int, rng: np.random.Generator
) -> Iterator[tuple[Exposed, dict[str, tuple[Transient, ...]]]]:
    """Noiseless exposures of one field with their `transients` and `variables`, the reference first."""
    place = {"ra": float(rng.uniform(0, 360)), "dec": float(rng.uniform(-40, 40))}
    scene = draw_scene(rng=rng, width_arcmin=camera.width_arcmin + MARGIN_ARCMIN, **place)
    events: tuple[Event, ...] = ()
    for epoch in range(epochs + 1):
        conditions = draw_conditions(rng=rng, is_reference=epoch == 0)
        view = draw_view(rng=rng, camera=camera, conditions=conditions, **place)
        if epoch == 0:
            reference = view.expose(scene, star_mag=scene.stars["mag"])
            yield reference, {"transients": (), "variables": ()}
            continue
        star_mag = scene.star_mag_later(rng=rng)
        quiet = view.expose(scene, star_mag=star_mag)
        events = _evolve(events, rng=rng, scene=scene, science=quiet, reference=reference)
        science = add_events(quiet, events)
        exposures = {"science": science, "reference": reference, "field": field, "epoch": epoch}
        yield (
            science,
            {
                "transients": true_transients(events, **exposures),
                "variables": true_variables(scene, star_mag, **exposures),
            },
        )


def _evolve(
    events: tuple[Event, ...], *, rng: np.random.Generator, scene: Scene, science: Exposed, reference: Exposed
) -> tuple[Event, ...]:
    """The next epoch's events: some of the last one's, mostly fainter now, and new ones beside them."""
    last = tuple(
        replace(event, mag=event.mag + float(rng.uniform(*FADING_MAG)))
        for event in events
        if rng.random() < SURVIVAL and science.is_inside(event.ra, event.dec, edge_px=EDGE_PX)
    )
    missing = int(rng.integers(TRANSIENTS_PER_EPOCH[0], TRANSIENTS_PER_EPOCH[1] + 1)) - len(last)
    new = place_events(max(missing, 0), rng=rng, scene=scene, science=science, reference=reference, others=last)
    return last + new
