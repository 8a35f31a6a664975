"""`manage.py solve_astrometry`: an observation whose header is wrong comes out at its true place."""

import io
import shutil
from pathlib import Path

import pytest
from astropy.coordinates import SkyCoord
from astropy.wcs import WCS
from django.core.management import CommandError, call_command

from astrid.models import Observation, ObservationKind, ObservationStatus
from astrid.services import ingest, register_survey
from pipeline import artefacts as stored
from pipeline.imaging.blind import PROGRAM, BlindSolveError
from pipeline.models import PreprocessRun
from pipeline.services import preprocess
from tests import REALDATA, sky
from tests.pipeline import detector

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("artefacts")]

INDEX_FILES = Path("/usr/share/astrometry")


def solve(*names: object) -> tuple[str, str, int]:
    """Standard output, standard error, exit code."""
    out, err = io.StringIO(), io.StringIO()
    code = 0
    try:
        call_command("solve_astrometry", *map(str, names), stdout=out, stderr=err)
    except CommandError as error:
        code = error.returncode
    return out.getvalue(), err.getvalue(), code


@pytest.fixture
def observation(tmp_path, actor) -> Observation:
    survey = register_survey(name="Raw", actor=actor)
    return ingest(detector.star_field(tmp_path), survey=survey, kind=ObservationKind.SCIENCE, actor=actor)[0]


@pytest.fixture
def true_wcs() -> WCS:
    """Not where the header says: 2° north of it, turned by 30°, of 1 % finer pixels."""
    wcs = sky.make_wcs(detector.SIZE_PX, rotation_deg=30)
    wcs.wcs.crval += [0, 2]
    wcs.wcs.cd *= 0.99
    return wcs


@pytest.fixture
def solver(monkeypatch, true_wcs):
    """Recognises the field without looking, and notes what it was asked."""
    asked = []

    def solve_field(stars, shape, **options):
        asked.append({"n_stars": len(stars), "shape": shape, **options})
        return true_wcs

    monkeypatch.setattr("pipeline.astrometry.solve_field", solve_field)
    return asked


def test_the_observation_is_moved_to_where_its_stars_are(observation, solver):
    said, _, code = solve(observation.pk)
    observation.refresh_from_db()
    place = SkyCoord(observation.ra, observation.dec, unit="deg")
    assert place.separation(SkyCoord(150, 22, unit="deg")).arcsec < 1
    assert observation.pixel_scale == pytest.approx(0.495, rel=1e-6)
    assert all(21.9 < dec < 22.1 for _, dec in observation.footprint)
    assert observation.status == ObservationStatus.PREPROCESSED
    assert code == 0
    assert "Dec +21.99" in said or "Dec +22.00" in said
    assert "the header was 2.000" in said
    assert "turned by -30.0" in said or "turned by 30.0" in said
    assert "multiplied by 0.9900" in said


def test_the_solver_gets_the_stars_and_the_headers_scale_as_a_hint(observation, solver):
    solve(observation.observation_id)
    (asked,) = solver
    assert asked["n_stars"] > 20
    assert asked["shape"] == (detector.SIZE_PX, detector.SIZE_PX)
    assert asked["scale_arcsec_range"] == pytest.approx((0.25, 1.0))
    assert asked["timeout_s"] == 120.0


def test_the_calibrated_image_has_the_solved_wcs_and_every_later_run_keeps_it(observation, solver, true_wcs, actor):
    solve(observation.pk)
    observation.refresh_from_db()
    Observation.objects.filter(pk=observation.pk).update(gain_e_per_adu=1.9)
    again = Observation.objects.get(pk=observation.pk)
    assert preprocess(again, actor=actor).items == 1
    solved, later = PreprocessRun.objects.exclude(parameters__wcs=None).order_by("created_at", "pk")
    assert solved.measurements["wcs_offset_deg"] == later.measurements["wcs_offset_deg"] == pytest.approx(2, abs=1e-3)
    frame = stored.load_frame(later.processed_fits_path)
    assert frame.wcs.all_pix2world([[200.0, 30.0]], 0) == pytest.approx(true_wcs.all_pix2world([[200.0, 30.0]], 0))
    assert preprocess(again, actor=actor).message == "was preprocessed before"


def test_an_unsolved_observation_stays_where_it_was_and_is_told(observation, monkeypatch):
    def solve_field(stars, shape, **options):
        raise BlindSolveError("60 stars match no known field")

    monkeypatch.setattr("pipeline.astrometry.solve_field", solve_field)
    said, errors, code = solve(observation.pk)
    assert (said, code) == ("", 2)
    assert errors.startswith(f"unsolved {observation}: 60 stars match no known field")
    before = observation.ra, observation.dec
    observation.refresh_from_db()
    assert (observation.ra, observation.dec) == before
    assert observation.preprocess_runs.get().parameters["wcs"] is None


@pytest.mark.skipif(not REALDATA.is_dir(), reason=f"the real telescope files are not at {REALDATA}")
@pytest.mark.skipif(shutil.which(PROGRAM) is None, reason=f"{PROGRAM} is not installed")
@pytest.mark.skipif(not list(INDEX_FILES.glob("index-*")), reason=f"there are no index files in {INDEX_FILES}")
@pytest.mark.parametrize("name", ["1.fits", "2.fits"])
def test_the_goto_frames_come_out_at_their_true_place(name, actor):
    survey = register_survey(name="GOTO", actor=actor)
    path = REALDATA / "goto_m88" / name
    observation, _ = ingest(path, survey=survey, kind=ObservationKind.SCIENCE, actor=actor)
    said, _, code = solve(observation.pk)
    assert code == 0
    observation.refresh_from_db()
    place = SkyCoord(observation.ra, observation.dec, unit="deg")
    assert place.separation(SkyCoord(187.9027, 14.2963, unit="deg")).arcsec < 10
    # The catalogue has few stars here, and their errors are as large.
    assert observation.pixel_scale == pytest.approx(1.2414, rel=0.004)
    assert "the header was 1.8" in said
