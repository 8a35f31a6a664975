import cv2
import numpy as np
import pytest

from astrid import storage
from pipeline.coaddition import build_reference
from pipeline.imaging.frame import Flag
from pipeline.services import preprocess
from pipeline.thumbnails import picture
from tests.pipeline.imaging import frame_of
from tests.sky import moffat


def sky_frame(shape=(600, 900), sources=((100.0, 50.0, 30_000.0),)):
    x, y, flux = zip(*sources, strict=True)
    noise = np.random.default_rng(0).normal(0, 1, shape)
    return frame_of(moffat(shape, x, y, flux, fwhm_px=6.0) + noise)


@pytest.mark.parametrize(
    ("shape", "size"),
    [((600, 900), (171, 256)), ((900, 600), (256, 171)), ((100, 80), (100, 80)), ((1, 700), (1, 256))],
)
def test_the_longest_side_is_256_px_at_most(shape, size):
    shades = picture(frame_of(np.random.default_rng(0).normal(0, 1, shape)))

    assert (shades.shape, shades.dtype) == (size, np.uint8)


def test_the_first_row_is_at_the_bottom():
    shades = picture(sky_frame())
    row, column = np.argwhere(shades == 255).mean(axis=0)

    assert (row, column) == pytest.approx((171 - 50 * 256 / 900, 100 * 256 / 900), abs=1.5)


def test_faint_and_bright_sources_show_on_a_dark_sky():
    shades = picture(sky_frame(sources=((200.0, 300.0, 600.0), (700.0, 300.0, 1e6))))
    faint, bright = (shades[75:96, column - 10 : column + 11].max() for column in (57, 199))

    assert np.median(shades) < 70
    assert faint > np.median(shades) + 50
    assert bright == 255


def test_where_there_are_no_data_it_is_black_and_other_flaws_leave_no_trace():
    frame = sky_frame()
    frame.mask[:, :300] = Flag.NO_DATA
    frame.data[:, :300] = 0
    frame.mask[:, 600] = Flag.BAD
    frame.data[:, 600] = -1e4
    shades = picture(frame)

    assert (shades[:, :84] == 0).all()
    assert shades[:, 168:174].mean() == pytest.approx(shades[:, 100:].mean(), rel=0.2)


@pytest.mark.parametrize("value", [0.0, 7.0])
def test_a_constant_image_has_a_picture(value):
    assert np.ptp(picture(frame_of(np.full((50, 50), value)))) == 0


@pytest.mark.django_db
class TestThumbnailsOfObservations:
    def test_preprocessing_leaves_one(self, observations, actor):
        preprocess(observations[0], actor=actor)
        observations[0].refresh_from_db()

        assert self.stored(observations[0]).shape == (256, 256)

    def test_a_coadd_has_one(self, observations, actor):
        for observation in observations:
            preprocess(observation, actor=actor)

        assert self.stored(build_reference(observations, actor=actor).reference).shape == (256, 256)

    def stored(self, observation) -> np.ndarray:
        return cv2.imread(str(storage.path_of(observation.thumbnail_path)), cv2.IMREAD_UNCHANGED)
