import shutil
import stat

import numpy as np
import pytest
from astropy.io import fits

from pipeline.imaging import hotpants
from pipeline.imaging.frame import BadParameterError
from pipeline.imaging.subtract import subtract
from tests.pipeline.imaging import inputs_of


@pytest.fixture(scope="module")
def inputs():
    return inputs_of(science_fwhm_px=4.0)


def program(tmp_path, monkeypatch, script: str) -> None:
    """Put a program of this name, a shell script, first on the PATH."""
    path = tmp_path / "hotpants"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")


def test_without_the_program_the_algorithm_says_so(inputs, monkeypatch):
    monkeypatch.setenv("PATH", "")

    with pytest.raises(BadParameterError, match="hotpants is not installed"):
        hotpants.hotpants(inputs)


def test_what_the_program_complains_of_is_in_the_error(inputs, tmp_path, monkeypatch):
    program(tmp_path, monkeypatch, "echo 'no stamps found' >&2; exit 3")

    with pytest.raises(hotpants.SubtractionError, match="failed: no stamps found") as caught:
        hotpants.hotpants(inputs)
    assert caught.value.measurements == {"status": 3}


def test_success_without_a_kernel_is_an_error_with_both_seeings(inputs, tmp_path, monkeypatch):
    for name in ("difference", "noise"):
        fits.writeto(tmp_path / f"{name}.fits", np.full(inputs.science.shape, np.nan, dtype=np.float32))
    program(tmp_path, monkeypatch, f"cp {tmp_path}/difference.fits {tmp_path}/noise.fits .")

    with pytest.raises(hotpants.SubtractionError, match="no kernel") as caught:
        hotpants.hotpants(inputs)
    assert caught.value.measurements["science_fwhm_px"] == pytest.approx(4.0, rel=0.05)


def test_it_finds_what_zogy_finds_or_says_that_it_is_not_there(inputs):
    psfs = {"science_psf": inputs.science_psf, "reference_psf": inputs.reference_psf}
    if shutil.which("hotpants") is None:
        with pytest.raises(BadParameterError, match="not installed"):
            subtract(inputs.science, inputs.reference, algorithm="hotpants", **psfs)
        return
    one, other = (subtract(inputs.science, inputs.reference, algorithm=name, **psfs) for name in ("zogy", "hotpants"))
    strong = (one.significance > 12) & (one.mask == 0)

    assert strong.sum() > 30
    assert np.corrcoef(one.significance[strong], other.significance[strong])[0, 1] > 0.9
