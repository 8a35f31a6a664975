"""`manage.py ingest`: what it says, and how it ends."""

import io

import pytest
from django.core.management import CommandError, call_command

from astrid.models import Observation
from tests.astrid import fits_samples

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("artefacts")]


def ingest(*paths, survey="GOTO", **options) -> tuple[list[str], list[str], int]:
    """Lines on standard output, lines on standard error, exit code."""
    out, err = io.StringIO(), io.StringIO()
    code = 0
    try:
        call_command("ingest", *map(str, paths), survey=survey, stdout=out, stderr=err, **options)
    except CommandError as error:
        code = error.returncode
        err.write(f"{error}\n")
    return out.getvalue().splitlines(), err.getvalue().splitlines(), code


def test_each_file_is_one_line_and_a_second_run_changes_nothing(tmp_path):
    paths = [fits_samples.write(tmp_path / f"{n}.fits", data=fits_samples.noise() + n) for n in range(2)]
    first, errors, code = ingest(*paths)
    names = sorted(Observation.objects.values_list("observation_id", flat=True))
    assert (first, errors, code) == ([f"ingested {name}" for name in names], [], 0)
    second, errors, code = ingest(*paths)
    assert (second, errors, code) == ([f"known    {name}" for name in names], [], 0)
    assert Observation.objects.count() == 2


def test_a_refused_file_is_one_line_that_names_it_and_the_others_go_on(tmp_path):
    good = fits_samples.write(tmp_path / "good.fits")
    timeless = fits_samples.write(tmp_path / "timeless.fits", {"DATE-OBS": None})
    text = tmp_path / "text.fits"
    text.write_text("This is no image.")
    cut = tmp_path / "cut.fits"
    cut.write_bytes(good.read_bytes()[:-3000])
    out, errors, code = ingest(timeless, text, tmp_path / "missing.fits", cut, good)
    assert len(out) == 1
    assert out[0].startswith("ingested good-")
    assert [line.split(":")[0] for line in errors[:-1]] == [
        "refused  timeless.fits", "refused  text.fits", "refused  missing.fits", "refused  cut.fits",
    ]  # fmt: skip
    assert errors[-1] == "4 of the files could not be used"
    assert code == 2
    assert Observation.objects.count() == 1


def test_a_folder_stands_for_the_fits_files_in_it_and_below(tmp_path):
    below = tmp_path / "night" / "field"
    below.mkdir(parents=True)
    for n, name in enumerate(("a.fits", "B.FIT", "c.fts", "d.fits.gz")):
        path = fits_samples.write(below / f"{n}.fits", data=fits_samples.noise() + n)
        path.rename(below / name)
    (below / "notes.txt").write_text("cloudy")
    (below / "folder.fits").mkdir()
    out, errors, code = ingest(tmp_path / "night")
    assert (len(out), errors, code) == (4, [], 0)


def test_a_folder_without_fits_files_is_refused_and_the_others_go_on(tmp_path):
    (tmp_path / "empty").mkdir()
    good = fits_samples.write(tmp_path / "good.fits")
    out, errors, code = ingest(tmp_path / "empty", good)
    assert (len(out), code) == (1, 2)
    assert errors[0] == "refused  empty: not a regular file"


def test_a_path_that_the_system_refuses_is_refused_and_the_others_go_on(tmp_path):
    good = fits_samples.write(tmp_path / "good.fits")
    out, errors, code = ingest(tmp_path / f"{'x' * 300}.fits", good)
    assert (len(out), code) == (1, 2)
    assert errors[0] == f"refused  {'x' * 300}.fits: File name too long"


def test_kind_and_filter_are_taken_from_the_command(tmp_path):
    ingest(fits_samples.write(tmp_path / "image.fits", {"FILTER": "g"}), kind="reference", filter_band="i")
    observation = Observation.objects.get()
    assert (observation.survey.name, observation.kind, observation.filter_band) == ("GOTO", "reference", "i")


def test_a_survey_that_is_not_registered_is_named_with_those_that_are(tmp_path):
    _, errors, code = ingest(fits_samples.write(tmp_path / "image.fits"), survey="Nowhere")
    assert code == 1
    assert errors[0].startswith("there is no survey 'Nowhere'; there are ATLAS, DECam, GALEX, GOTO")
    assert not Observation.objects.exists()
