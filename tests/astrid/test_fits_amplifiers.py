"""Several amplifiers become the detector that they read."""

import numpy as np
import pytest
from astropy.io import fits
from hypothesis import given
from hypothesis import strategies as st

from astrid.fits import FitsRefused, read_facts, read_image
from astrid.fits.amplifiers import Section
from tests.astrid.fits_samples import TAN, WHEN, header, write_extensions

SIDE = 64
HALF = SIDE // 2
OVERSCAN = 6
BINNING = 2
OFFSET = 1024
GAINS = (6.42, 6.23, 6.27, 6.26)
BIASES = (2523, 2560, 2553, 2582)
SATURATION_ADU = 40_000.0
PRIMARY = {**TAN, **WHEN, "CRPIX1": HALF, "CRPIX2": HALF, "GAIN": 0.0, "RDNOISE": 7.0, "SATURATE": SATURATION_ADU}


def electrons():
    """A sky with a gradient in both directions, so that every wrong place or turn shows."""
    y, x = np.mgrid[:SIDE, :SIDE]
    return 500.0 + 10.0 * x + 37.0 * y


def detector_section(first, reverse):
    low, high = OFFSET + BINNING * first + 1, OFFSET + BINNING * (first + HALF)
    return f"{high}:{low}" if reverse else f"{low}:{high}"


def amplifier(number, *, changes=()):
    """One quadrant as its own amplifier reads it: outwards from the detector's corner, then the overscan."""
    right, top = number in (2, 3), number in (0, 3)
    truth = electrons()[HALF * top : HALF * (top + 1), HALF * right : HALF * (right + 1)]
    raw = np.full((HALF + 4, HALF + OVERSCAN), BIASES[number], dtype=np.float32)
    raw[:HALF, :HALF] += (truth / GAINS[number])[:: -1 if top else 1, :: -1 if right else 1]
    cards = {
        "DETSEC": f"[{detector_section(HALF * right, right)},{detector_section(HALF * top, top)}]",
        "DATASEC": f"[1:{HALF},1:{HALF}]",
        "BIASSEC": f"[{HALF + 2}:{HALF + OVERSCAN},1:{HALF}]",
        "CCDSUM": f"{BINNING} {BINNING}",
        "GAIN": GAINS[number],
    }
    return fits.ImageHDU(raw, header(cards, dict(changes)), name="SCI", ver=number + 1)


def frame(path, *, changes=(), first=(), numbers=range(4)):
    amplifiers = [amplifier(n, changes=first if n == 0 else ()) for n in numbers]
    return write_extensions(path / "raw.fits", header(PRIMARY, dict(changes)), *amplifiers)


def test_four_amplifiers_join_in_electrons_on_the_detectors_grid(tmp_path):
    image = read_image(frame(tmp_path))
    assert image.data.dtype == np.float32
    assert image.data.flags.c_contiguous
    np.testing.assert_allclose(image.data, electrons(), rtol=1e-5)


def test_the_mosaics_facts_are_those_of_electrons(tmp_path):
    facts = read_facts(frame(tmp_path))
    assert facts.gain_e_per_adu == 1.0
    assert facts.read_noise_e == 7.0
    assert (facts.image_width, facts.image_height) == (SIDE, SIDE)
    first_to_saturate = min((SATURATION_ADU - bias) * gain for bias, gain in zip(BIASES, GAINS, strict=True))
    assert facts.saturation_adu == pytest.approx(first_to_saturate)


def test_a_raw_zero_point_does_not_hold_for_electrons(tmp_path):
    assert read_facts(frame(tmp_path, changes={"MAGZPT": 25.0})).zero_point_mag is None


def test_where_no_amplifier_was_read_there_is_no_data(tmp_path):
    data = read_image(frame(tmp_path, numbers=(0, 1, 2))).data
    assert np.isnan(data[HALF:, HALF:]).all()
    assert np.isfinite(data).sum() == 3 * HALF * HALF


def test_extensions_with_a_wcs_of_their_own_are_images_not_amplifiers(tmp_path):
    ccds = [amplifier(n, changes=TAN) for n in range(2)]
    image = read_image(write_extensions(tmp_path / "ccds.fits", header(WHEN), *ccds))
    np.testing.assert_array_equal(image.data, ccds[0].data)


@pytest.mark.parametrize(
    ("first", "changes", "reason"),
    [
        ({"GAIN": 0.0}, {}, r"no gain for the amplifier at DETSEC \[1025:1088,1152:1089\]"),
        ({"DATASEC": "[1:32,1:99]"}, {}, r"section \[1:32,1:99\] lies outside the amplifier's 38 × 36 pixels"),
        ({"BIASSEC": "[34:99,1:32]"}, {}, r"section \[34:99,1:32\] lies outside"),
        ({"CCDSUM": "1 1"}, {}, r"DETSEC .* is not DATASEC .* times the binning 1 × 1"),
        ({"CCDSUM": "two"}, {}, r"DETSEC .* is not DATASEC .* times the binning 1 × 1"),
        ({"DETSEC": "[1025:1088,1025:1088]"}, {}, "amplifiers overlap"),
        ({"DETSEC": "[1000001:1000064,1:64]"}, {}, "scattered over"),
        ({}, {"CRPIX1": 2048.0}, "CRPIX1 = 2048 lies off it"),
        ({}, {"CTYPE1": None, "CTYPE2": None}, "no celestial WCS"),
    ],
)
def test_sections_gains_and_a_wcs_that_do_not_fit_are_refused(tmp_path, first, changes, reason):
    with pytest.raises(FitsRefused, match=rf"^raw\.fits: .*{reason}"):
        read_image(frame(tmp_path, first=first, changes=changes))


bounds = st.integers(min_value=1, max_value=99_999)


@given(bounds, bounds, bounds, bounds, st.sampled_from(["", " "]))
def test_a_section_is_read_as_it_is_written(x1, x2, y1, y2, blank):
    section = Section.parse(f"{blank}[{x1}:{blank}{x2},{blank}{y1}:{y2}]{blank}")
    assert section == Section(x1, x2, y1, y2)
    assert section.origin == (min(x1, x2), min(y1, y2))
    assert section.size == (abs(x2 - x1) + 1, abs(y2 - y1) + 1)
    assert Section.parse(str(section)) == section


@given(st.integers(1, 8), st.integers(1, 8), st.integers(1, 6), st.integers(1, 6))
def test_a_sections_pixels_run_from_its_first_to_its_last(x1, x2, y1, y2):
    y, x = np.mgrid[1:7, 1:9]
    cut = Section(x1, x2, y1, y2)
    assert (cut.of(x)[0, 0], cut.of(x)[0, -1]) == (x1, x2)
    assert (cut.of(y)[0, 0], cut.of(y)[-1, 0]) == (y1, y2)


@given(st.text(alphabet="[]:,0123456789x -", max_size=16))
def test_whatever_stands_in_a_section_card_is_a_section_or_a_value_error(text):
    try:
        section = Section.parse(text)
    except ValueError:
        return
    assert min(section.origin) >= 1


@pytest.mark.parametrize("text", ["", "UNKNOWN", "[0:5,1:5]", "[1:5]", "[1:5,1:5,1:5]", "1:5,1:5", "[a:b,c:d]"])
def test_what_is_no_section_is_a_value_error(text):
    with pytest.raises(ValueError, match="is not a section"):
        Section.parse(text)
