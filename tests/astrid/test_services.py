"""The verbs of phase 1."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.exceptions import ValidationError
from django.db import connections

from astrid import services, storage
from astrid.actors import service_account
from astrid.fits import FitsRefused
from astrid.models import Observation, Survey
from astrid.services import ingest, register_observation, register_survey, set_config
from tests import REALDATA
from tests.astrid import fits_samples
from tests.factories import ObservationFactory, SurveyFactory


def stored(artefacts) -> list:
    return [path for path in artefacts.rglob("*") if path.is_file()]


@pytest.fixture
def image(tmp_path):
    return fits_samples.write(tmp_path / "image.fits", {"FILTER": "g", "EXPTIME": 30.0, "RDNOISE": 4.0})


@pytest.mark.django_db
def test_an_ingested_file_is_an_observation_with_its_facts_and_its_bytes(image, actor, artefacts):
    survey = SurveyFactory()
    observation, is_new = ingest(image, survey=survey, kind="reference", actor=actor)
    assert is_new
    row = Observation.objects.get()
    assert row == observation
    assert (row.survey, row.kind, row.status, row.filter_band) == (survey, "reference", "ingested", "g")
    assert (row.ra, row.dec) == (pytest.approx(150), pytest.approx(2))
    assert (row.exposure_time, row.observation_time.isoformat()) == (30.0, "2020-03-01T04:00:15+00:00")
    assert (row.image_width, row.image_height, row.pixel_scale) == (48, 40, pytest.approx(1))
    assert row.header["FILTER"] == "g"
    assert storage.path_of(row.fits_file_path).read_bytes() == image.read_bytes()
    assert storage.digest_of(image) == row.fits_sha256


@pytest.mark.django_db
def test_the_survey_says_what_the_header_does_not(image, actor, artefacts):
    survey = SurveyFactory(gain_e_per_adu=1.7, read_noise_e=9.0, saturation_adu=None)
    observation, _ = ingest(image, survey=survey, kind="science", actor=actor)
    assert (observation.gain_e_per_adu, observation.read_noise_e, observation.saturation_adu) == (1.7, 4.0, None)


@pytest.mark.django_db
def test_the_survey_says_where_its_headers_keep_a_fact(tmp_path, actor, artefacts):
    path = fits_samples.write(tmp_path / "image.fits", {"GAIN": 100.0, "TRUEGAIN": 2.5})
    survey = SurveyFactory(header_keywords={"gain_e_per_adu": "TRUEGAIN"})
    assert ingest(path, survey=survey, kind="science", actor=actor)[0].gain_e_per_adu == 2.5


@pytest.mark.django_db
def test_a_file_ingested_twice_under_any_name_is_one_observation(image, tmp_path, actor, artefacts):
    survey = SurveyFactory()
    first, _ = ingest(image, survey=survey, kind="science", actor=actor)
    copy = tmp_path / "copy.of.image.fits"
    copy.write_bytes(image.read_bytes())
    for path in (image, copy):
        assert ingest(path, survey=survey, kind="science", actor=actor) == (first, False)
    assert Observation.objects.count() == 1
    assert len(stored(artefacts)) == 1


@pytest.mark.django_db
def test_the_same_file_in_another_survey_is_another_observation(image, actor, artefacts):
    first, second = (ingest(image, survey=SurveyFactory(), kind="science", actor=actor)[0] for _ in range(2))
    assert first != second
    assert first.fits_file_path == second.fits_file_path


@pytest.mark.django_db
def test_files_of_one_name_and_one_time_are_observations_of_their_own(tmp_path, actor, artefacts):
    survey = SurveyFactory()
    for night in ("a", "b"):
        (tmp_path / night).mkdir()
        path = fits_samples.write(tmp_path / night / "image.fits", data=fits_samples.noise() + ord(night))
        assert ingest(path, survey=survey, kind="science", actor=actor)[1]
    assert Observation.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_a_file_ingested_by_two_at_once_is_one_observation(image, artefacts, monkeypatch):
    both_know_of_no_other = threading.Barrier(2, timeout=20)
    keep_file = storage.keep_file

    def keep_file_together(*args, **kwargs):
        both_know_of_no_other.wait()
        return keep_file(*args, **kwargs)

    monkeypatch.setattr(services.storage, "keep_file", keep_file_together)
    survey, actor = SurveyFactory(), service_account()

    def ingest_in_a_thread(_):
        try:
            return ingest(image, survey=survey, kind="science", actor=actor)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as threads:
        (one, one_is_new), (other, other_is_new) = threads.map(ingest_in_a_thread, range(2))
    assert one == other
    assert sorted([one_is_new, other_is_new]) == [False, True]
    assert Observation.objects.count() == 1
    assert len(stored(artefacts)) == 1


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("cards", "options", "reason"),
    [
        ({"EXPTIME": None}, {}, "no exposure time"),
        ({"CTYPE1": None, "CTYPE2": None}, {}, "no celestial WCS"),
        ({}, {"filter_band": "r" * 51}, "filter_band: Ensure this value has at most 50 characters"),
    ],
)
def test_a_file_that_is_refused_leaves_nothing_behind(tmp_path, actor, artefacts, cards, options, reason):
    path = fits_samples.write(tmp_path / "image.fits", cards)
    with pytest.raises(FitsRefused, match=f"^image.fits: {reason}"):
        ingest(path, survey=SurveyFactory(), kind="science", actor=actor, **options)
    assert stored(artefacts) == []
    assert not Observation.objects.exists()


@pytest.mark.django_db
def test_a_file_larger_than_the_limit_is_refused_before_it_is_read(image, actor, artefacts):
    set_config(key="astrid.ingest_max_mb", value=1, actor=actor)
    with image.open("ab") as file:
        file.truncate(1_000_001)
    with pytest.raises(FitsRefused, match=r"is larger than astrid.ingest_max_mb, 1 MB"):
        ingest(image, survey=SurveyFactory(), kind="science", actor=actor)


@pytest.mark.django_db
def test_a_survey_is_registered_once(actor):
    first = register_survey(name="New Survey", gain_e_per_adu=2.0, actor=actor)
    again = register_survey(name="New Survey", gain_e_per_adu=3.0, actor=actor)
    assert (again, again.gain_e_per_adu) == (first, 2.0)
    assert Survey.objects.filter(name="New Survey").count() == 1


def announced(**changes) -> dict:
    row = ObservationFactory.build()
    names = ("observation_id", "ra", "dec", "observation_time", "filter_band", "exposure_time")
    return {name: getattr(row, name) for name in names} | {"footprint": [[0, 0]]} | changes


@pytest.mark.django_db
def test_an_observation_may_be_registered_from_its_facts_alone(actor):
    observation = register_observation(survey=SurveyFactory(), actor=actor, **announced(observation_id="next"))
    assert Observation.objects.get() == observation
    assert (observation.status, observation.kind) == ("ingested", "science")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("field", "value"),
    [("ra", 360.0), ("dec", -90.5), ("exposure_time", 0.0), ("airmass", 0.9), ("seeing", -1.0), ("kind", "flat")],
)
def test_an_observation_with_an_impossible_fact_is_not_registered(actor, field, value):
    with pytest.raises(ValidationError, match=field.partition("_")[0]):
        register_observation(survey=SurveyFactory(), actor=actor, **announced(**{field: value}))
    assert not Observation.objects.exists()


@pytest.mark.django_db
def test_an_observation_is_not_registered_twice(actor):
    survey, facts = SurveyFactory(), announced()
    register_observation(survey=survey, actor=actor, **facts)
    with pytest.raises(ValidationError, match="already exists"):
        register_observation(survey=survey, actor=actor, **facts)


@pytest.mark.django_db
@pytest.mark.skipif(not REALDATA.is_dir(), reason=f"no real telescope files at {REALDATA}")
def test_real_telescopes_files_become_observations_or_are_refused(actor, artefacts):
    ingested, refused = [], []
    for path in sorted(path for suffix in ("fits", "fz") for path in REALDATA.rglob(f"*.{suffix}")):
        try:
            ingested.append(ingest(path, survey=Survey.objects.get(name="GOTO"), kind="science", actor=actor)[0])
        except FitsRefused as refusal:
            refused.append(str(refusal))
    names = sorted(row.observation_id.rpartition("-")[0] for row in ingested)
    decam = [f"DEC-OBS{night}{exposure}.mini" for night in ("04", "18") for exposure in "abcde"]
    assert names == sorted(["1", "2", "diff_pydia_1", "mef_raw_test_frame", *decam])
    assert Observation.objects.count() == 14
    assert len(stored(artefacts)) == 14
    assert all("\n" not in line and ": " in line for line in refused)
    others = [line for line in refused if "MatchKernel" not in line]
    assert [line.partition(":")[0] for line in others] == ["image.fits", "template_1.fits.fz"]
    assert len(refused) > len(others)
