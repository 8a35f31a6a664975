import cv2
import numpy as np
import pytest
from astropy.wcs import WCS

from pipeline import artefacts as images
from pipeline.imaging.stamps import cut
from pipeline.stamps import KINDS, STAMP_PX, ZOOM, StampMissingError, png, stamp, strip_png
from tests.factories import CandidateFactory, DifferenceRunFactory
from tests.pictures import keep_pictures

pytestmark = pytest.mark.django_db
SIDE = STAMP_PX * ZOOM


@pytest.fixture
def make_candidate(artefacts):
    """A candidate at (x, y) in images that were kept; and their pixels."""

    def make(x=70.3, y=41.7):
        run = DifferenceRunFactory()
        return CandidateFactory(difference_run=run, pixel_x=x, pixel_y=y), keep_pictures(run, x=x, y=y)

    return make


def decoded(data: bytes) -> np.ndarray:
    return cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)


@pytest.mark.parametrize("kind", KINDS)
def test_a_stamp_is_cut_round_the_candidate(kind, make_candidate):
    candidate, pixels = make_candidate()
    expected = cut(pixels[kind], candidate.pixel_x, candidate.pixel_y, STAMP_PX)[0]
    np.testing.assert_array_equal(stamp(candidate, kind), expected)


@pytest.mark.parametrize(("x", "y"), [(70.3, 41.7), (40.0, 60.0)])
def test_the_source_is_in_the_middle_of_the_picture(x, y, make_candidate):
    candidate, _ = make_candidate(x, y)
    picture = decoded(png(candidate, "difference"))
    assert picture.shape == (SIDE, SIDE)
    assert picture.dtype == np.uint8
    brightest = np.unravel_index(np.argmax(cv2.blur(picture, (ZOOM, ZOOM))), picture.shape)
    assert np.abs(np.array(brightest) - SIDE / 2).max() <= ZOOM


def test_the_first_row_is_at_the_bottom(make_candidate):
    """A source above the candidate, at higher y, is above it in the picture."""
    candidate, _ = make_candidate(60, 60)
    candidate.pixel_y = 45
    row, _ = np.unravel_index(np.argmax(cv2.blur(decoded(png(candidate, "science")), (ZOOM, ZOOM))), (SIDE, SIDE))
    assert row < SIDE / 2 - 10 * ZOOM


def test_beyond_the_edge_is_black(make_candidate):
    candidate, _ = make_candidate(2.0, 45.0)
    assert np.isnan(stamp(candidate, "science")[:, : STAMP_PX // 2 - 2]).all()
    picture = decoded(png(candidate, "difference"))
    assert (picture[:, : (STAMP_PX // 2 - 2) * ZOOM] == 0).all()
    assert picture[:, SIDE // 2 :].min() > 0


@pytest.mark.parametrize("filling", [np.nan, 0.0, 7.0, 1e30, -1e30])
def test_a_picture_without_contrast_is_still_a_picture(filling, artefacts):
    flat = images.keep_image(np.full((80, 80), filling, np.float32), WCS(naxis=2))
    run = DifferenceRunFactory(science_image_path=flat, difference_image_path=flat)
    candidate = CandidateFactory(difference_run=run, pixel_x=40, pixel_y=40)
    for kind in ("science", "difference"):
        assert decoded(png(candidate, kind)).shape == (SIDE, SIDE)


def test_in_a_difference_nothing_is_mid_grey_and_both_signs_show(artefacts):
    pixels = np.random.default_rng(1).normal(0, 1, (80, 80)).astype(np.float32)
    pixels[40, 30], pixels[40, 50] = 40, -40
    key = images.keep_image(pixels, WCS(naxis=2))
    candidate = CandidateFactory(difference_run=DifferenceRunFactory(difference_image_path=key), pixel_x=40, pixel_y=40)
    picture = decoded(png(candidate, "difference"))[ZOOM // 2 :: ZOOM, ZOOM // 2 :: ZOOM][::-1]
    middle = STAMP_PX // 2
    assert picture[middle, middle - 10] > 240
    assert picture[middle, middle + 10] < 15
    assert np.median(picture) == pytest.approx(127, abs=6)


def test_the_strip_is_the_three_side_by_side(make_candidate):
    candidate, _ = make_candidate()
    strip = decoded(strip_png(candidate))
    assert strip.shape == (SIDE, 3 * SIDE + 16)
    np.testing.assert_array_equal(strip[:, :SIDE], decoded(png(candidate, "science")))
    np.testing.assert_array_equal(strip[:, -SIDE:], decoded(png(candidate, "difference")))


def test_a_run_without_images_says_so():
    with pytest.raises(StampMissingError, match="the difference run kept no reference image"):
        png(CandidateFactory(), "reference")


def test_an_image_that_was_cleared_away_says_so(make_candidate, artefacts):
    candidate, _ = make_candidate()
    (artefacts / candidate.difference_run.science_image_path).unlink()
    with pytest.raises(StampMissingError, match="the science image is no longer in the artefact store"):
        png(candidate, "science")


def test_an_image_that_is_damaged_says_so(make_candidate, artefacts):
    candidate, _ = make_candidate()
    (artefacts / candidate.difference_run.science_image_path).write_bytes(b"not FITS")
    with pytest.raises(StampMissingError, match="the science image cannot be read"):
        png(candidate, "science")
