"""Points of light curves: forced photometry at every object's place, now and in the differences before."""

import threading
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from astropy.wcs import WCS
from django.db import connection, connections, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from astrid.storage import path_of
from pipeline.artefacts import keep_difference, keep_image
from pipeline.association import associate
from pipeline.imaging.frame import Flag
from pipeline.imaging.subtract import Difference
from pipeline.light_curves import light_curve, measure
from pipeline.models import DifferenceRun, LightCurvePoint, SkyObject
from tests import sky
from tests.factories import (
    CandidateFactory,
    DifferenceRunFactory,
    LightCurvePointFactory,
    ObservationFactory,
    SkyObjectFactory,
)

pytestmark = pytest.mark.django_db
SIZE_PX = 200
SCALE_ARCSEC = 0.5
NOISE_ADU = 2.0
ZERO_POINT_MAG = 25.0
FIRST_NIGHT = datetime(2026, 10, 1, 3, tzinfo=UTC)


class KnownPsf:
    stamp = sky.moffat((31, 31), [15], [15], [1], fwhm_px=3.0)

    def stamps(self, x, y):
        return np.repeat(self.stamp[None], len(x), axis=0)


def wcs_at(ra, dec, *, shift_px=(0, 0)) -> WCS:
    wcs = sky.make_wcs(SIZE_PX, shift_px=shift_px)
    wcs.wcs.crval = [ra, dec]
    wcs.wcs.set()
    return wcs


def difference_of(*sources, seed=0, flawed=None) -> Difference:
    """A difference image of noise and sources, (x, y, flux) each; `flawed` is the place of a flaw."""
    x, y, flux = np.array(sources).reshape(-1, 3).T
    shape = (SIZE_PX, SIZE_PX)
    image = sky.moffat(shape, x, y, flux, fwhm_px=3.0) + np.random.default_rng(seed).normal(0, NOISE_ADU, shape)
    mask = np.zeros(shape, dtype=np.uint8)
    if flawed:
        mask[flawed[1] - 3 : flawed[1] + 4, flawed[0] - 3 : flawed[0] + 4] = Flag.BAD
    return Difference(
        image=image.astype(np.float32), significance=image, variance=np.full(shape, NOISE_ADU**2, np.float32),
        mask=mask, psf=KnownPsf(), science_psf=None, reference_psf=None, flux_scale=1.0, noise_level=NOISE_ADU,
        significance_scale=1.0, match=None, fwhm_px=3.0, algorithm="zogy",
    )  # fmt: skip


@pytest.fixture
def field(artefacts):
    return Field()


class Field:
    """One place of the sky, observed night after night."""

    def __init__(self, ra=150.0, dec=20.0, **facts):
        self.ra, self.dec, self.nights = ra, dec, 0
        self.facts = {"zero_point_mag": ZERO_POINT_MAG} | facts
        self.wcs = wcs_at(ra, dec)

    def run(self, made: Difference, *, wcs=None, observation=None, **fields) -> DifferenceRun:
        """A completed run of another night with its difference image in the store."""
        wcs = wcs or self.wcs
        ra, dec = wcs.wcs_pix2world([[SIZE_PX / 2, SIZE_PX / 2]], 0)[0]
        self.nights += 1
        observation = observation or ObservationFactory(
            ra=ra % 360, dec=dec, image_width=SIZE_PX, image_height=SIZE_PX, pixel_scale=SCALE_ARCSEC,
            observation_time=FIRST_NIGHT + timedelta(days=self.nights), **self.facts,
        )  # fmt: skip
        kept = {"status": "completed", "difference_image_path": keep_difference(made, wcs)} | fields
        return DifferenceRunFactory(observation=observation, **kept)

    def object_at(self, x, y, *, seen_in: DifferenceRun | None = None) -> SkyObject:
        ra, dec = self.wcs.wcs_pix2world([[x, y]], 0)[0]
        found = SkyObjectFactory(ra=ra % 360, dec=dec)
        if seen_in:
            CandidateFactory(difference_run=seen_in, sky_object=found, ra=ra % 360, dec=dec, pixel_x=x, pixel_y=y)
        return found

    def measure(self, run: DifferenceRun, made: Difference) -> int:
        return measure(run, made, wcs=self.wcs)


@pytest.mark.parametrize(("ra", "dec"), [(150.0, 20.0), (0.0, 0.0), (359.9999, -70.0), (10.0, 89.99)])
def test_every_object_in_the_image_has_a_point_seen_or_not(artefacts, ra, dec):
    field = Field(ra, dec)
    made = difference_of((50, 60, 3000), (120.4, 80.7, -900))
    run = field.run(made)
    seen, faded, unseen = field.object_at(50, 60, seen_in=run), field.object_at(120.4, 80.7), field.object_at(160, 150)
    for x, y in ((-9, 100), (100, SIZE_PX + 8), (-2000, 50)):
        field.object_at(x, y)

    assert field.measure(run, made) == 3

    points = {point.sky_object: point for point in LightCurvePoint.objects.all()}
    assert points.keys() == {seen, faded, unseen}
    for found, flux in ((seen, 3000), (faded, -900), (unseen, 0)):
        point = points[found]
        assert abs(point.flux - flux) < 4 * point.flux_error
        assert point.snr == pytest.approx(point.flux / point.flux_error)
        assert (point.difference_run, point.observation) == (run, run.observation)


def test_what_is_seen_has_a_magnitude_and_every_point_a_limit(field):
    made = difference_of((50, 60, 3000), (120, 80, -3000))
    run = field.run(made)
    seen, faded, unseen = (field.object_at(x, y) for x, y in ((50, 60), (120, 80), (160, 150)))
    field.measure(run, made)
    bright = seen.light_curve.get()
    assert bright.mag == pytest.approx(ZERO_POINT_MAG - 2.5 * np.log10(bright.flux))
    assert bright.mag_error == pytest.approx(1.0857 / bright.snr, rel=1e-3)
    for point in (faded.light_curve.get(), unseen.light_curve.get()):
        assert (point.mag, point.mag_error) == (None, None)
    for point in LightCurvePoint.objects.all():
        assert point.limiting_mag == pytest.approx(ZERO_POINT_MAG - 2.5 * np.log10(5 * point.flux_error))


def test_without_a_zero_point_there_are_no_magnitudes(artefacts):
    field = Field(zero_point_mag=None)
    made = difference_of((50, 60, 3000))
    run = field.run(made)
    found = field.object_at(50, 60)
    field.measure(run, made)
    point = found.light_curve.get()
    assert point.snr > 100
    assert (point.mag, point.mag_error, point.limiting_mag) == (None, None, None)


def test_a_flawed_place_has_no_point(field):
    made = difference_of((50, 60, 3000), flawed=(50, 60))
    run = field.run(made)
    field.object_at(50, 60)
    assert field.measure(run, made) == 0
    assert not LightCurvePoint.objects.exists()


def test_a_new_object_is_measured_in_the_nights_before(field):
    before = [difference_of((50, 60, flux), seed=number) for number, flux in enumerate((0, 300, 900), start=1)]
    earlier = [field.run(made) for made in before]
    made = difference_of((50, 60, 3000))
    run = field.run(made)
    found = field.object_at(50, 60, seen_in=run)

    assert field.measure(run, made) == 4

    points = light_curve(found)
    assert [point.difference_run for point in points] == [*earlier, run]
    for point, flux in zip(points, (0, 300, 900, 3000), strict=True):
        assert abs(point.flux - flux) < 4 * point.flux_error


def test_a_stored_difference_gives_what_it_gave_in_memory(field):
    made = difference_of((50.3, 60.8, 800))
    first = field.run(made)
    known = field.object_at(50.3, 60.8, seen_in=first)
    field.measure(first, made)
    later = difference_of(seed=1)
    run = field.run(later)
    again = field.object_at(50.3, 60.8, seen_in=run)
    field.measure(run, later)
    fresh, stored = known.light_curve.get(difference_run=first), again.light_curve.get(difference_run=first)
    assert stored.flux == pytest.approx(fresh.flux, abs=0.1 * fresh.flux_error)
    assert stored.flux_error == pytest.approx(fresh.flux_error, rel=0.01)


def test_an_object_that_was_known_is_not_measured_back(field):
    earlier = field.run(difference_of())
    known = field.object_at(50, 60, seen_in=earlier)
    made = difference_of((50, 60, 3000))
    run = field.run(made)
    CandidateFactory(difference_run=run, sky_object=known)
    assert field.measure(run, made) == 1
    assert not LightCurvePoint.objects.filter(difference_run=earlier).exists()


def test_back_are_measured_the_newest_completed_differences_that_cover_the_place(field):
    old = field.run(difference_of())
    newest = field.run(difference_of(), observation=old.observation)
    field.run(difference_of(), observation=old.observation, status="failed")
    field.run(difference_of(), difference_image_path="")
    far = wcs_at(150.0, 20.0, shift_px=(SIZE_PX + 30, 0))
    field.run(difference_of(), wcs=far)
    beside = field.run(difference_of(), wcs=wcs_at(150.0, 20.0, shift_px=(-30, 0)))
    elsewhere = Field(210.0, -40.0).run(difference_of())
    made = difference_of((50, 60, 3000))
    run = field.run(made)
    field.object_at(50, 60, seen_in=run)
    field.measure(run, made)
    measured = set(LightCurvePoint.objects.values_list("difference_run", flat=True))
    assert measured == {newest.pk, beside.pk, run.pk}
    assert elsewhere.pk not in measured


@pytest.mark.parametrize("lost", ["file", "planes", "bytes"])
def test_a_night_whose_difference_is_lost_is_left_out_and_told_of(field, caplog, lost):
    gone, kept = field.run(difference_of(seed=1)), field.run(difference_of(seed=2))
    if lost == "file":
        path_of(gone.difference_image_path).unlink()
    elif lost == "planes":
        gone.difference_image_path = keep_image(difference_of().image, field.wcs)
        gone.save()
    else:
        path = path_of(gone.difference_image_path)
        with path.open("r+b") as file:
            file.seek(9_500)
            file.write(b"\xff" * 10_000)
    made = difference_of((50, 60, 3000))
    run = field.run(made)
    field.object_at(50, 60, seen_in=run)
    assert field.measure(run, made) == 2
    assert set(LightCurvePoint.objects.values_list("difference_run", flat=True)) == {kept.pk, run.pk}
    assert f"no light-curve points of {gone}" in caplog.text


def test_measuring_again_changes_nothing(field):
    field.run(difference_of(seed=1))
    made = difference_of((50, 60, 3000))
    run = field.run(made)
    field.object_at(50, 60, seen_in=run)
    rows = []
    for _ in range(2):
        assert field.measure(run, made) == 2
        rows.append(set(LightCurvePoint.objects.values_list("pk", "flux", "flux_error", "mag")))
    assert rows[0] == rows[1]


def test_the_queries_do_not_grow_with_the_objects(field):
    field.run(difference_of(seed=1))
    counts = []
    for number in (1, 30):
        made = difference_of(seed=number)
        run = field.run(made)
        for place in range(number):
            field.object_at(20 + 5 * place, 20 + 4 * place, seen_in=run)
        with CaptureQueriesContext(connection) as queries:
            assert field.measure(run, made) >= number
        counts.append(len(queries))
    assert counts[0] == counts[1] == 4


def test_an_empty_sky_needs_no_points(field):
    made = difference_of()
    assert field.measure(field.run(made), made) == 0


def test_a_light_curve_has_one_point_of_each_observation_the_newest(field):
    first = field.run(difference_of())
    again = field.run(difference_of(), observation=first.observation)
    later = field.run(difference_of())
    found = field.object_at(50, 60)
    for run in (later, first, again):
        LightCurvePointFactory(sky_object=found, difference_run=run)
    assert [point.difference_run for point in light_curve(found)] == [again, later]


def test_an_objects_page_shows_its_light_curve(browser_of):
    seen = LightCurvePointFactory(mag=19.5, mag_error=0.1)
    path = reverse("admin:pipeline_skyobject_change", args=[seen.sky_object_id])
    page = browser_of("viewer").get(path).content.decode()
    assert 'aria-label="Light curve, points: 1, ' in page
    assert "r: 19.50 ± 0.10" in page
    bare = reverse("admin:pipeline_skyobject_change", args=[SkyObjectFactory().pk])
    assert "Light curve, points" not in browser_of("curator").get(bare).content.decode()


@pytest.mark.django_db(transaction=True)
def test_two_runs_at_once_of_one_field_do_not_miss_each_others_objects(field):
    places = ((50, 60), (140, 90))
    differences = [difference_of((*place, 3000), seed=number) for number, place in enumerate(places)]
    runs = [field.run(made, status="running") for made in differences]
    together = threading.Barrier(2)

    def finish(run, made, place):
        try:
            together.wait(timeout=30)
            with transaction.atomic():
                ra, dec = field.wcs.wcs_pix2world([place], 0)[0]
                CandidateFactory(difference_run=run, ra=ra, dec=dec, pixel_x=place[0], pixel_y=place[1])
                associate(run, radius_arcsec=2.0)
                field.measure(run, made)
                DifferenceRun.objects.filter(pk=run.pk).update(status="completed")
        finally:
            connections.close_all()

    threads = [threading.Thread(target=finish, args=args) for args in zip(runs, differences, places, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert SkyObject.objects.count() == 2
    pairs = set(LightCurvePoint.objects.values_list("sky_object", "difference_run"))
    assert pairs == {(found.pk, run.pk) for found in SkyObject.objects.all() for run in runs}
