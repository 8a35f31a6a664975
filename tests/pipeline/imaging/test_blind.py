import os
import shutil
import time
from pathlib import Path

import numpy as np
import pytest
from astropy.coordinates import SkyCoord
from astropy.io import fits
from astropy.wcs.utils import proj_plane_pixel_scales

from astrid.fits import read_image
from pipeline.imaging import blind
from pipeline.imaging.blind import BlindSolveError, BlindSolverMissingError, BlindSolveTimeoutError, solve_field
from pipeline.imaging.calibrate import calibrate
from pipeline.imaging.detect import STAR_DTYPE, detect_stars
from tests import REALDATA, sky


def stars_of(x, y, flux):
    stars = np.zeros(len(x), dtype=STAR_DTYPE)
    stars["x"], stars["y"], stars["flux"] = x, y, flux
    return stars


THREE_STARS = stars_of([10.0, 20.5, 30.0], [5.0, 6.0, 7.25], [100.0, 300.0, 200.0])


@pytest.fixture
def fake_program(tmp_path, monkeypatch):
    """Puts a shell script in solve-field's place."""

    def install(script):
        program = tmp_path / blind.PROGRAM
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)
        monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
        return tmp_path

    return install


@pytest.mark.skipif(shutil.which(blind.PROGRAM) is None, reason="astrometry.net's solve-field is not installed")
@pytest.mark.skipif(not REALDATA.is_dir(), reason=f"no real images at {REALDATA}")
@pytest.mark.parametrize("name", ["1.fits", "2.fits"])
def test_the_goto_frames_come_out_at_their_true_place(name):
    image = read_image(REALDATA / "goto_m88" / name)
    frame = calibrate(image.data, wcs=image.wcs, gain_e_per_adu=1.5, read_noise_e=10, saturation_adu=55_000)
    true_centre = SkyCoord(187.9027, 14.2963, unit="deg")

    wcs = solve_field(detect_stars(frame), frame.shape, scale_arcsec_range=(1.1, 1.4), timeout_s=60)

    ny, nx = frame.shape
    assert wcs.pixel_to_world((nx - 1) / 2, (ny - 1) / 2).separation(true_centre).arcsec < 4
    assert image.wcs.celestial.pixel_to_world((nx - 1) / 2, (ny - 1) / 2).separation(true_centre).deg > 1.5
    assert proj_plane_pixel_scales(wcs) * 3600 == pytest.approx(1.2414, rel=0.004)
    assert wcs.pixel_shape == (nx, ny)


def test_the_program_gets_positions_that_count_from_one_brightest_first(fake_program):
    directory = fake_program('for list; do :; done; cp "$list" "$(dirname "$0")/seen.xyls"; echo "$@" > "${0}.said"')

    with pytest.raises(BlindSolveError):
        solve_field(THREE_STARS, (300, 400), scale_arcsec_range=(1.1, 1.4), timeout_s=30)

    seen = fits.getdata(directory / "seen.xyls")
    said = Path(f"{directory / blind.PROGRAM}.said").read_text()
    assert seen["X"].tolist() == [21.5, 31.0, 11.0]
    assert seen["Y"].tolist() == [7.0, 8.25, 6.0]
    assert "--width 400 --height 300" in said
    assert "--scale-units arcsecperpix --scale-low 1.1 --scale-high 1.4" in said


def test_the_solution_is_read(fake_program):
    directory = fake_program('for list; do :; done; cp "$(dirname "$0")/answer.fits" "${list%.xyls}.wcs"')
    answer = sky.make_wcs(400, rotation_deg=12)
    fits.PrimaryHDU(header=answer.to_header()).writeto(directory / "answer.fits")

    wcs = solve_field(THREE_STARS, (300, 400), scale_arcsec_range=None, timeout_s=30)

    assert wcs.pixel_to_world(7, 9).separation(answer.pixel_to_world(7, 9)).arcsec < 1e-6
    assert wcs.pixel_shape == (400, 300)


def test_stars_that_are_not_recognised_are_an_error_with_the_numbers(fake_program):
    fake_program("echo Did not solve.; exit 1")

    with pytest.raises(BlindSolveError, match=r"3 stars .* 1\.1–1\.4″ .*Did not solve") as refused:
        solve_field(THREE_STARS, (300, 400), scale_arcsec_range=(1.1, 1.4), timeout_s=30)

    assert refused.value.measurements == {"n_stars": 3, "scale_arcsec_range": (1.1, 1.4)}


def test_after_the_time_given_the_program_and_its_children_are_ended(fake_program):
    directory = fake_program('sh -c "sleep 2; touch \\"$(dirname "$0")/still-alive\\"" & wait')

    with pytest.raises(BlindSolveTimeoutError, match=r"0\.5 s") as refused:
        solve_field(THREE_STARS, (300, 400), scale_arcsec_range=None, timeout_s=0.5)

    assert refused.value.measurements["timeout_s"] == 0.5
    time.sleep(2.2)
    assert not (directory / "still-alive").exists()


def test_without_the_program_the_error_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(BlindSolverMissingError, match=r"astrometry-data-tycho2-07"):
        solve_field(THREE_STARS, (300, 400), scale_arcsec_range=None, timeout_s=1)
