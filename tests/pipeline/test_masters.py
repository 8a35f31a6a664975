"""Master frames are built from files, chosen for images, and applied to them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from astropy.io import fits

from astrid import storage
from astrid.fits import FitsRefused
from astrid.models import ObservationKind, ObservationStatus
from astrid.services import ingest, register_survey, set_config
from pipeline import artefacts as stored
from pipeline.imaging.frame import BadImageError, BadParameterError, Flag
from pipeline.masters import MasterLostError, Setup, build_master, choose, load
from pipeline.models import MasterFrame, MasterKind, PreprocessRun, RunStatus
from pipeline.services import preprocess
from tests import sky
from tests.factories import MasterFrameFactory, SurveyFactory
from tests.pipeline import detector

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("artefacts")]

BIAS, DARK, FLAT = MasterKind.BIAS, MasterKind.DARK, MasterKind.FLAT
# Of a sky of 1000 ADU.
PHOTON_NOISE_ADU = np.sqrt(1000 * sky.GAIN_E_PER_ADU + sky.READ_NOISE_E**2) / sky.GAIN_E_PER_ADU
NIGHT = datetime(2026, 10, 1, 22, tzinfo=UTC)


@pytest.fixture
def survey(actor):
    return register_survey(name="Raw", actor=actor)


@pytest.fixture
def build(survey, actor):
    def run(kind, paths, **options):
        return build_master(kind, paths, survey=survey, actor=actor, **options)

    return run


@pytest.fixture
def masters(build, tmp_path) -> dict[MasterKind, MasterFrame]:
    """Bias, dark and flat of the simulated detector."""
    return {
        kind: build(kind, files(tmp_path))[0]
        for kind, files in ((BIAS, detector.biases), (DARK, detector.darks), (FLAT, detector.flats))
    }


@pytest.fixture
def field(survey, tmp_path, actor):
    return ingest(detector.star_field(tmp_path), survey=survey, kind=ObservationKind.SCIENCE, actor=actor)[0]


def test_a_master_bias_is_the_detectors_bias(build, tmp_path):
    row, is_new = build(BIAS, detector.biases(tmp_path))
    assert is_new
    assert (row.frame_count, row.image_width, row.image_height, row.binning) == (5, 256, 256, "1x1")
    assert (row.exposure_s, row.filter_band) == (None, "")
    assert row.taken_at == datetime(2026, 10, 1, 20, 2, tzinfo=UTC)
    noise_adu = sky.READ_NOISE_E / sky.GAIN_E_PER_ADU / np.sqrt(5)
    assert row.noise_adu == pytest.approx(noise_adu, rel=0.02)
    assert row.level_adu == pytest.approx(np.median(detector.BIAS_ADU), abs=0.2)
    assert np.std(load(row).data - detector.BIAS_ADU) == pytest.approx(noise_adu, rel=0.02)


def test_a_master_dark_has_the_bias_subtracted_and_its_hot_pixel_marked(masters):
    row = masters[DARK]
    assert row.exposure_s == 300.0
    assert row.level_adu == pytest.approx(300 * detector.DARK_E_PER_S / sky.GAIN_E_PER_ADU, rel=0.05)
    assert row.bad_pixels >= 1
    assert load(row).mask[detector.HOT[::-1]] == Flag.BAD


def test_a_master_flat_is_the_sensitivity(masters):
    row, flat = masters[FLAT], load(masters[FLAT])
    assert row.filter_band == "r"
    good = flat.mask == 0
    assert not good[detector.DEAD[::-1]]
    np.testing.assert_allclose(flat.data[good], detector.SENSITIVITY[good], rtol=0.03)


def test_the_same_exposures_are_the_same_master_whatever_their_names_and_order(build, tmp_path):
    paths = detector.biases(tmp_path)
    row, _ = build(BIAS, paths)
    renamed = [path.rename(tmp_path / f"other-{path.name}") for path in paths]
    again, is_new = build(BIAS, renamed[::-1])
    assert (again, is_new) == (row, False)
    assert MasterFrame.objects.count() == 1


def test_another_exposure_makes_another_master(build, tmp_path):
    paths = detector.biases(tmp_path)
    build(BIAS, paths)
    _, is_new = build(BIAS, paths[:-1])
    assert is_new


def test_the_file_says_what_was_stacked_and_less_what(masters):
    with fits.open(storage.path_of(masters[FLAT].fits_path)) as planes:
        primary = planes[0].header
    history = "".join(primary["HISTORY"])
    assert primary["CONTENT"] == "master flat"
    assert primary["PROGRAM"].startswith("AstrID ")
    assert all(entry["sha256"] in history for entry in masters[FLAT].inputs)
    assert all(masters[kind].fits_path in history for kind in (BIAS, DARK))
    assert '"Raw"' in history
    assert "DATE" not in primary


@pytest.mark.parametrize(
    ("kind", "change", "message"),
    [
        (BIAS, {"XBINNING": 2, "YBINNING": 2}, r"the binning differs: odd\.fits has \(2, 2\), most have \(1, 1\)"),
        (DARK, {"exposure_s": 60.0}, r"exposure time in seconds differs: odd\.fits has 60\.0, most have 300\.0"),
        (FLAT, {"FILTER": "g"}, r"the filter differs: odd\.fits has g, most have r"),
        (BIAS, {"BIASCORR": "2026-10-01"}, r"the set of corrections differs: odd\.fits has \('bias',\)"),
    ],
)
def test_the_exposure_that_does_not_fit_the_others_is_named(build, masters, tmp_path, kind, change, message):
    (tmp_path / "new").mkdir()
    files = {BIAS: detector.biases, DARK: detector.darks, FLAT: detector.flats}[kind]
    paths = files(tmp_path / "new")
    options = {"exposure_s": {BIAS: 0.0, DARK: 300.0, FLAT: 3.0}[kind], "seed": 1, **change}
    odd = detector.write(tmp_path / "odd.fits", 20_000.0 if kind == FLAT else 0.0, **options)
    with pytest.raises(BadImageError, match=message):
        build(kind, [odd, *paths])
    assert MasterFrame.objects.count() == len(masters)


def test_an_exposure_of_another_shape_is_named(build, tmp_path):
    paths = detector.biases(tmp_path)
    with fits.open(paths[2]) as planes:
        fits.PrimaryHDU(planes[0].data[:200], planes[0].header).writeto(tmp_path / "short.fits")
    with pytest.raises(BadImageError, match=r"the shape differs: short\.fits has \(200, 256\)"):
        build(BIAS, [*paths, tmp_path / "short.fits"])


def test_one_exposure_twice_is_no_stack(build, tmp_path):
    paths = detector.biases(tmp_path, n=3)
    with pytest.raises(BadParameterError, match=r"bias-0\.fits is the same exposure"):
        build(BIAS, [*paths, paths[0]])


def test_too_few_exposures_and_files_that_are_none_are_refused(build, tmp_path):
    paths = detector.biases(tmp_path, n=2)
    with pytest.raises(BadParameterError, match="at least 3 frames"):
        build(BIAS, paths)
    (tmp_path / "notes.fits").write_text("cloudy")
    with pytest.raises(FitsRefused, match=r"notes\.fits: not a FITS file"):
        build(BIAS, [*paths, tmp_path / "notes.fits"])
    assert not MasterFrame.objects.exists()


@pytest.mark.parametrize(("kind", "files"), [(DARK, detector.darks), (FLAT, detector.flats)])
def test_without_a_master_bias_there_is_no_dark_and_no_flat(build, tmp_path, kind, files):
    with pytest.raises(BadParameterError, match=r"no active master bias of Raw with 256 × 256 px, binning 1x1, near"):
        build(kind, files(tmp_path))


def test_frames_whose_overscan_is_subtracted_need_no_master_bias(build, tmp_path):
    row, _ = build(DARK, detector.darks(tmp_path, OVERSCAN="subtracted"))
    assert row.kind == DARK


def test_the_filter_of_flats_may_be_told(build, masters, tmp_path):
    (tmp_path / "new").mkdir()
    row, _ = build(FLAT, detector.flats(tmp_path / "new", FILTER=None), filter_band="i")
    assert row.filter_band == "i"


@pytest.fixture
def setup() -> Setup:
    return Setup(
        survey=SurveyFactory(),
        image_width=100,
        image_height=100,
        binning="1x1",
        filter_band="r",
        exposure_s=60.0,
        taken_at=NIGHT,
        corrections=frozenset(),
    )


def master(setup, kind=BIAS, *, days=0.0, **fields):
    facts = {"kind": kind, "survey": setup.survey, "taken_at": NIGHT + timedelta(days=days)} | fields
    return MasterFrameFactory(**facts)


def test_the_masters_nearest_in_time_are_chosen(setup):
    master(setup, days=-30)
    nearest = master(setup, days=3)
    flat = master(setup, FLAT, days=-2, filter_band="r")
    master(setup, FLAT, days=-20, filter_band="r")
    assert choose(setup) == {BIAS: nearest, FLAT: flat}


def test_the_dark_nearest_in_exposure_is_chosen_and_of_these_the_nearest_in_time(setup):
    bias = master(setup)
    master(setup, DARK, exposure_s=300.0)
    master(setup, DARK, exposure_s=50.0, days=-9)
    dark = master(setup, DARK, exposure_s=50.0, days=8)
    assert choose(setup) == {BIAS: bias, DARK: dark}


@pytest.mark.parametrize(
    "fields",
    [
        {"image_width": 101},
        {"image_height": 99},
        {"binning": "2x2"},
        {"is_active": False},
        {"days": -200},
        {"days": 200},
    ],
)
def test_a_master_that_does_not_fit_is_not_chosen(setup, fields):
    master(setup, **fields)
    assert choose(setup) == {}


def test_a_master_of_another_survey_or_a_flat_of_another_filter_is_not_chosen(setup):
    master(setup, survey=SurveyFactory())
    assert choose(setup) == {}
    bias = master(setup)
    master(setup, FLAT, filter_band="g")
    assert choose(setup) == {BIAS: bias}


def test_the_configuration_says_how_old_a_master_may_be(setup, actor):
    bias = master(setup, days=-200)
    assert choose(setup) == {}
    set_config(key="pipeline.master_frame_max_age_days", value=300.0, actor=actor)
    assert choose(setup) == {BIAS: bias}


def test_while_the_bias_stays_in_nothing_else_is_taken_out(setup):
    master(setup, DARK, exposure_s=60.0)
    flat = master(setup, FLAT, filter_band="r")
    assert choose(setup) == {}
    assert choose(replace(setup, corrections=frozenset({"overscan", "dark"}))) == {FLAT: flat}


def test_what_an_image_was_corrected_for_is_not_done_again(setup):
    master(setup)
    master(setup, FLAT, filter_band="r")
    assert choose(replace(setup, corrections=frozenset({"bias", "dark", "flat"}))) == {}


def test_preprocessing_takes_the_detector_out_of_the_image(masters, field, actor):
    preprocess(field, actor=actor)
    run = PreprocessRun.objects.get()
    assert run.calibration_applied
    assert {kind: run.parameters[kind] for kind in MasterKind} == {kind: str(row.pk) for kind, row in masters.items()}
    frame = stored.load_frame(run.processed_fits_path)
    assert run.sky_adu == pytest.approx(1000.0, rel=0.01)
    for x, y in (detector.HOT, detector.DEAD):
        assert frame.mask[y, x] & Flag.BAD
    assert run.noise_adu == pytest.approx(PHOTON_NOISE_ADU, rel=0.08)


def test_without_masters_nothing_is_applied_and_the_run_says_so(field, actor):
    preprocess(field, actor=actor)
    run = PreprocessRun.objects.get()
    assert run.status == RunStatus.COMPLETED
    assert not run.calibration_applied
    assert {run.parameters[kind] for kind in MasterKind} == {None}
    assert run.sky_adu == pytest.approx(1000 + np.median(detector.BIAS_ADU), rel=0.05)
    assert run.noise_adu > 1.2 * PHOTON_NOISE_ADU


def test_a_new_master_is_a_reason_to_preprocess_again_and_an_old_one_is_none(build, field, tmp_path, actor):
    preprocess(field, actor=actor)
    row, _ = build(BIAS, detector.biases(tmp_path))
    assert preprocess(field, actor=actor).items == 1
    assert preprocess(field, actor=actor).message == "was preprocessed before"
    MasterFrame.objects.filter(pk=row.pk).update(is_active=False)
    assert preprocess(field, actor=actor).items == 1
    applied = list(PreprocessRun.objects.order_by("created_at").values_list("calibration_applied", flat=True))
    assert applied == [False, True, False]


def test_a_master_whose_file_is_gone_fails_the_run_and_is_named(build, field, tmp_path, actor):
    row, _ = build(BIAS, detector.biases(tmp_path))
    storage.path_of(row.fits_path).unlink()
    with pytest.raises(MasterLostError, match=rf"the master bias 2026-10-01 \({row.pk}\) cannot be read from"):
        preprocess(field, actor=actor)
    field.refresh_from_db()
    assert field.status == ObservationStatus.FAILED
    assert row.fits_path in PreprocessRun.objects.get().error_message
