from dataclasses import replace

import numpy as np
import pytest

from pipeline.imaging.calibrate import calibrate
from pipeline.imaging.frame import BadImageError, BadParameterError, Flag
from pipeline.imaging.masters import Master, MasterKind, apply_masters, master_bias, master_dark, master_flat
from tests import sky

SHAPE = (256, 320)
GAIN, READ_NOISE_E, SATURATION_ADU = 2.0, 8.0, 60_000.0
READ_NOISE_ADU = READ_NOISE_E / GAIN
DARK_S, EXPOSURE_S = 300.0, 120.0


class Detector:
    """A detector with a bias pattern, dark current, hot, dead and insensitive pixels, and a vignetted telescope."""

    def __init__(self, seed: int = 0) -> None:
        self.rng = np.random.default_rng(seed)
        y, x = np.mgrid[-1 : 1 : SHAPE[0] * 1j, -1 : 1 : SHAPE[1] * 1j]
        self.bias = 1000 + 20 * np.sin(12 * x) + self.rng.normal(0, 6, SHAPE[1])
        self.dark_per_s = 0.02 + 0.01 * (y > 0.8)
        self.hot = self.rng.random(SHAPE) < 1e-3
        self.dark_per_s[self.hot] = 10 ** self.rng.uniform(0, 1.5, self.hot.sum())
        self.sensitivity = (1 - 0.3 * (x**2 + y**2)) * self.rng.normal(1, 0.01, SHAPE)
        self.dull = self.rng.random(SHAPE) < 1e-3
        self.sensitivity[self.dull] *= self.rng.choice([0, 0.5], self.dull.sum())
        self.sensitivity /= np.median(self.sensitivity)

    def expose(self, light_adu: np.ndarray | float, exposure_s: float, *, rays: int = 0) -> np.ndarray:
        electrons = GAIN * (light_adu * self.sensitivity + self.dark_per_s * exposure_s)
        electrons = self.rng.poisson(electrons) + self.rng.normal(0, READ_NOISE_E, SHAPE)
        electrons.flat[self.rng.integers(0, electrons.size, rays)] += 5000
        return np.minimum(np.rint(electrons / GAIN + self.bias), SATURATION_ADU).astype(np.uint16)

    def masters(self, n: int = 9) -> dict[str, Master]:
        bias = master_bias([self.expose(0, 0, rays=50) for _ in range(n)])
        dark = master_dark([self.expose(0, DARK_S, rays=50) for _ in range(n)], exposure_s=DARK_S, bias=bias)
        flats = [self.expose(level, 5, rays=50) for level in np.linspace(8_000, 24_000, n)]
        flat = master_flat(flats, bias=bias, dark=dark, exposures_s=[5.0] * n, saturation_adu=SATURATION_ADU)
        return {"bias": bias, "dark": dark, "flat": flat}


@pytest.fixture(scope="module")
def detector() -> Detector:
    return Detector()


@pytest.fixture(scope="module")
def masters(detector) -> dict[str, Master]:
    return detector.masters()


def is_bad(master: Master) -> np.ndarray:
    return (master.mask & Flag.BAD) != 0


def test_the_bias_is_the_detectors_within_the_error_it_claims(detector, masters):
    bias = masters["bias"]
    error = bias.data - detector.bias

    assert bias.noise_adu == pytest.approx(READ_NOISE_ADU / 3, rel=0.02)
    assert error.std() == pytest.approx(bias.noise_adu, rel=0.02)
    assert abs(error).max() < 6 * bias.noise_adu
    assert bias.level_adu == pytest.approx(np.median(detector.bias), abs=0.5)
    assert (bias.kind, bias.n_frames, bias.n_bad_pixels) == (MasterKind.BIAS, 9, 0)


@pytest.mark.parametrize("n_frames", [3, 4, 15])
def test_outliers_do_not_get_into_the_mean(n_frames):
    rng = np.random.default_rng(n_frames)
    frames = rng.normal(500, 4, (n_frames, 128, 128)).astype(np.float32)
    hit = rng.random((128, 128)) < 0.02
    frames[rng.integers(n_frames), hit] += 3000
    master = master_bias(list(frames))

    assert master.noise_adu == pytest.approx(4 / np.sqrt(n_frames), rel=0.02)
    assert master.data[~hit].std() == pytest.approx(4 / np.sqrt(n_frames), rel=0.03)
    assert master.data[hit].mean() == pytest.approx(500, abs=1)


def test_a_quiet_detectors_whole_numbers_keep_their_mean():
    rng = np.random.default_rng(1)
    frames = [np.rint(rng.normal(300.3, 0.45, (128, 128))).astype(np.uint16) for _ in range(25)]

    assert master_bias(frames).data.mean() == pytest.approx(300.3, abs=0.01)


def test_the_dark_is_the_charge_of_its_exposure_and_knows_the_hot_pixels(detector, masters):
    dark = masters["dark"]
    expected = detector.dark_per_s * DARK_S

    assert np.median((dark.data - expected)[100:200]) == pytest.approx(0, abs=0.1)
    assert (dark.data - expected)[~detector.hot].std() == pytest.approx(np.hypot(dark.noise_adu, 4 / 3), rel=0.03)
    assert is_bad(dark)[detector.hot].all()
    assert not is_bad(dark)[~detector.hot].any()
    assert dark.exposure_s == DARK_S


def test_the_flat_is_the_relative_sensitivity_and_knows_the_insensitive_pixels(detector, masters):
    flat = masters["flat"]
    sound = ~(detector.dull | detector.hot)
    ratio = (flat.data / np.where(detector.dull, 1, detector.sensitivity))[sound]

    assert np.median(flat.data) == pytest.approx(1, abs=1e-6)
    assert ratio.mean() == pytest.approx(1, abs=1e-3)
    assert ratio.std() == pytest.approx(flat.noise_adu / flat.level_adu, rel=0.15)
    assert is_bad(flat)[detector.dull].all()
    assert not is_bad(flat)[~detector.dull].any()
    assert flat.level_adu == pytest.approx(16_000, rel=0.01)


def test_stars_in_twilight_flats_are_clipped():
    rng = np.random.default_rng(4)
    flats = []
    for _ in range(7):
        x, y = rng.uniform(0, 200, (2, 15))
        stars = sky.moffat((200, 200), x, y, rng.uniform(1e4, 1e6, 15), fwhm_px=4)
        flats.append(rng.poisson(10_000 + stars).astype(np.float32))

    assert abs(master_flat(flats).data - 1).max() < 0.05


def test_after_the_masters_the_sky_is_flat_to_its_noise(detector, masters):
    light = 2000.0
    image = apply_masters(
        detector.expose(light, EXPOSURE_S), **masters, exposure_s=EXPOSURE_S, saturation_adu=SATURATION_ADU
    )
    good = image.flags == 0
    dark_adu = 0.03 * EXPOSURE_S
    noise = np.sqrt((light * detector.sensitivity + dark_adu) / GAIN + READ_NOISE_ADU**2) / image.sensitivity
    pull = ((image.data - light) / noise)[good]

    assert is_bad(masters["dark"])[~good].sum() == is_bad(masters["dark"]).sum()
    assert pull.mean() == pytest.approx(0, abs=0.03)
    # The masters add noise of their own: a ninth of the bias's and the dark's, and the flat's.
    assert pull.std() == pytest.approx(1, abs=0.04)
    assert abs(pull).max() < 6


@pytest.mark.parametrize("light_adu", [50.0, 5000.0])
def test_a_calibrated_image_knows_its_noise_from_the_middle_to_the_vignetted_corner(light_adu):
    detector = Detector(seed=5)
    flat = Master(MasterKind.FLAT, detector.sensitivity.astype(np.float32), np.zeros(SHAPE, np.uint8), 9, 1e4, 1.0)
    image = apply_masters(detector.expose(light_adu, 0) - detector.bias, flat=flat)
    frame = calibrate(
        image.data,
        wcs=sky.make_wcs(SHAPE[1]),
        gain_e_per_adu=GAIN,
        read_noise_e=READ_NOISE_E,
        flags=image.flags,
        sensitivity=image.sensitivity,
    )
    seen = (frame.mask == 0) & (detector.sensitivity > 0.1) & ~detector.dull
    # What noise lifts above the sky counts as source light in `variance`.
    pull = frame.data / np.sqrt(frame.variance - np.maximum(frame.data, 0) / (GAIN * image.sensitivity))
    corner = np.zeros(SHAPE, dtype=bool)
    corner[:60, :60] = True

    assert pull[seen].std() == pytest.approx(1, abs=0.02)
    assert pull[seen & corner].std() == pytest.approx(1, abs=0.05)


def test_the_variance_under_a_star_is_its_scatter_where_the_telescope_vignets():
    detector = Detector(seed=6)
    detector.sensitivity[:] = 0.5
    flat = Master(MasterKind.FLAT, np.full(SHAPE, 0.5, np.float32), np.zeros(SHAPE, np.uint8), 9, 1e4, 1.0)
    star = sky.moffat(SHAPE, [160], [128], [1e6], fwhm_px=14)
    frames = []
    for _ in range(60):
        image = apply_masters(detector.expose(200 + star, 0) - detector.bias, flat=flat)
        constants = {"gain_e_per_adu": GAIN, "read_noise_e": READ_NOISE_E}
        frames.append(
            calibrate(image.data[64:192, 96:224], wcs=sky.make_wcs(128), sensitivity=flat.data[:128, :128], **constants)
        )
    core = np.s_[58:71, 58:71]
    scatter = np.var([frame.data[core] for frame in frames], axis=0)

    assert np.median(scatter / frames[0].variance[core]) == pytest.approx(1, abs=0.1)


def test_saturation_is_judged_on_the_raw_level(detector, masters):
    raw = detector.expose(2000, EXPOSURE_S)
    raw[100, 100] = SATURATION_ADU
    image = apply_masters(raw, **masters, exposure_s=EXPOSURE_S, saturation_adu=SATURATION_ADU)
    frame = calibrate(
        image.data, wcs=sky.make_wcs(SHAPE[1]), gain_e_per_adu=GAIN, read_noise_e=READ_NOISE_E,
        saturation_adu=1000.0, flags=image.flags, sensitivity=image.sensitivity,
    )  # fmt: skip
    saturated = (frame.mask & Flag.SATURATED) != 0

    assert ((image.flags & Flag.SATURATED) != 0).sum() == 1
    assert saturated[99:102, 99:102].all()
    assert saturated.sum() == 9


def test_missing_pixels_stay_missing(masters):
    raw = np.full(SHAPE, 3000, dtype=np.float32)
    raw[3, 4], raw[5, 6] = np.nan, np.inf
    image = apply_masters(raw, **masters, exposure_s=1)

    assert np.isnan(image.data[3, 4])
    assert np.isinf(image.data[5, 6])


def test_a_pixel_that_no_frame_shows_is_bad_and_finite():
    frames = np.random.default_rng(0).normal(500, 4, (3, 40, 40)).astype(np.float32)
    frames[:, 10, 20] = np.nan
    master = master_bias(list(frames))

    assert np.flatnonzero(is_bad(master)).tolist() == [10 * 40 + 20]
    assert np.isfinite(master.data).all()


def test_without_masters_the_image_stays_what_it_is():
    raw = np.random.default_rng(0).integers(0, 1000, SHAPE).astype(np.uint16)
    image = apply_masters(raw)

    assert (image.data == raw).all()
    assert not image.flags.any()
    assert image.sensitivity is None


def noise(level: float, shape: tuple[int, int] = (40, 40)) -> np.ndarray:
    return np.random.default_rng(int(abs(level))).normal(level, 5, shape).astype(np.float32)


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (noise(100, (40, 41)), r"frame 3 has the shape \(40, 41\)"),
        (noise(100, (1600,)), "frame 3 has the shape"),
        (np.full((40, 40), np.nan), "no pixel of frame 3 is finite"),
    ],
)
def test_a_frame_that_does_not_belong_is_named(bad, reason):
    for make in (master_bias, master_flat):
        with pytest.raises(BadImageError, match=reason) as refused:
            make([noise(100), noise(101), bad])
        assert refused.value.measurements["number"] == 3


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (np.minimum(noise(60_000), 60_000), "flat 2 is saturated: its median level is 60000 ADU"),
        (np.full((40, 40), 65_535, np.uint16), "flat 2 is saturated: its median level is 65535 ADU"),
        (np.zeros((40, 40)), "flat 2 is empty: its median level is 0 ADU"),
        (noise(-50), "flat 2 is empty: its median level is -"),
    ],
)
def test_a_flat_without_use_is_named_with_its_level(bad, reason):
    with pytest.raises(BadImageError, match=reason) as refused:
        master_flat([noise(9000), bad, noise(9100)], saturation_adu=60_000)

    assert refused.value.measurements["number"] == 2
    assert "level_adu" in refused.value.measurements


def test_flats_that_show_only_noise_are_refused():
    with pytest.raises(BadImageError, match="the flats are empty") as refused:
        master_flat([noise(level) for level in (10, 11, 12)])

    assert refused.value.measurements["noise_adu"] == pytest.approx(5 / np.sqrt(3), rel=0.1)


def test_two_frames_are_too_few():
    with pytest.raises(BadParameterError, match="at least 3 frames, there are 2") as refused:
        master_bias([noise(1), noise(2)])

    assert refused.value.measurements == {"n_frames": 2}


@pytest.mark.parametrize("exposure_s", [None, 0.0, -5.0, float("nan")])
def test_a_dark_needs_an_exposure_time(masters, exposure_s):
    with pytest.raises(BadParameterError, match="exposure time"):
        apply_masters(noise(3000, SHAPE), dark=masters["dark"], exposure_s=exposure_s)
    with pytest.raises(BadParameterError, match="exposure time"):
        master_dark([noise(1)] * 3, exposure_s=exposure_s)


def test_a_dark_in_flats_needs_every_exposure_time(masters):
    flats = [noise(9000, SHAPE)] * 3

    for exposures_s in (None, [1.0, 1.0]):
        with pytest.raises(BadParameterError, match="every flat's exposure time"):
            master_flat(flats, dark=masters["dark"], exposures_s=exposures_s)


def test_a_master_of_another_kind_or_shape_is_refused(masters):
    with pytest.raises(BadParameterError, match="a dark was given as flat"):
        apply_masters(noise(3000, SHAPE), flat=masters["dark"])
    with pytest.raises(BadParameterError, match="the bias has the shape"):
        apply_masters(noise(3000, (40, 40)), bias=masters["bias"])
    with pytest.raises(BadParameterError, match="the bias has the shape"):
        master_dark([noise(1)] * 3, exposure_s=1, bias=replace(masters["bias"], data=np.zeros((3, 3))))
