"""What no camera should have made: each step gives a typed error with its numbers, or a sound result."""

import json

import numpy as np
import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from pipeline.imaging import chain
from pipeline.imaging.calibrate import calibrate
from pipeline.imaging.detect import STAR_DTYPE, detect_stars
from pipeline.imaging.extract import CANDIDATE_DTYPE
from pipeline.imaging.frame import BadImageError, ImagingError, NoOverlapError, NoStarsError, RegistrationError
from tests import sky

SHAPE = (160, 160)
CAMERA = {"gain_e_per_adu": sky.GAIN_E_PER_ADU, "read_noise_e": sky.READ_NOISE_E, "saturation_adu": 59_000.0}


def field(seed, *, place=0, n_stars=40, shape=SHAPE, fwhm_px=3.2, trail_px=1):
    """A raw image of the stars of a place, `trail_px` long each."""
    rng = np.random.default_rng(place)
    x, y = rng.uniform(0, 1, (2, n_stars)) * np.array(shape[::-1])[:, None]
    flux = np.minimum(1000 * rng.pareto(0.8, n_stars) + 3000, 1e5)
    along = np.arange(trail_px) - trail_px // 2
    light = sum(sky.moffat(shape, x + step, y, flux / trail_px, fwhm_px=fwhm_px) for step in along)
    return sky.observe(light, rng=np.random.default_rng(seed))


def wcs_of(shape=SHAPE, *, scale_arcsec=0.5, ra_deg=150.0):
    ny, nx = shape
    wcs = sky.make_wcs(nx)
    wcs.wcs.cd = wcs.wcs.cd * (scale_arcsec / 0.5)
    wcs.wcs.crpix = [nx / 2 + 0.5, ny / 2 + 0.5]
    wcs.wcs.crval = [ra_deg, 20.0]
    wcs.wcs.set()
    return wcs


def attempt(step, *args, **options):
    """What a step gives, or the typed error that it ends with."""
    try:
        return step(*args, **options)
    except ImagingError as caught:
        error = caught
    assert error.measurements
    json.dumps(error.measurements)
    return error


def run(science, reference, *, wcs=None, reference_wcs=None, camera=CAMERA, algorithm="zogy"):
    """A difference, or the error that it ended with; every step on the way is held to its promises."""
    frames = []
    for image, own in ((science, wcs), (reference, reference_wcs)):
        frame = attempt(calibrate, image, wcs=own or wcs_of(image.shape), **CAMERA | camera)
        if isinstance(frame, ImagingError):
            return frame
        assert_sound_frame(frame, image.shape)
        assert_sound_quality(attempt(chain.measure, frame, detect_stars(frame)))
        frames.append(frame)
    result = attempt(chain.difference, *frames, algorithm=algorithm)
    if not isinstance(result, ImagingError):
        assert_sound_difference(result, frames[0].shape)
    return result


def assert_sound_frame(frame, shape):
    assert frame.data.shape == frame.variance.shape == frame.mask.shape == shape
    assert np.isfinite(frame.data).all()
    assert np.isfinite(frame.variance).all()
    assert (frame.variance > 0).all()
    assert 0 < frame.noise_adu < np.inf
    stars = detect_stars(frame)
    assert stars.dtype == STAR_DTYPE
    assert all(np.isfinite(stars[name]).all() for name in STAR_DTYPE.names)


def assert_sound_quality(quality):
    if isinstance(quality, ImagingError):
        return
    assert np.isfinite(list(vars(quality).values())).all()
    assert min(quality.seeing_fwhm_px, quality.noise_adu, quality.depth_5sigma_adu, quality.n_stars) > 0
    assert 0 <= quality.ellipticity <= 1


def assert_sound_difference(result, shape):
    difference, candidates = result.difference, result.candidates
    good = difference.mask == 0
    for plane in (difference.image, difference.significance, difference.variance):
        assert plane.shape == shape
        assert np.isfinite(plane[good]).all()
    assert (difference.variance[good] > 0).all()
    assert min(difference.flux_scale, difference.noise_level, difference.significance_scale) > 0
    assert 0 < result.registered.overlap <= 1
    assert candidates.dtype == CANDIDATE_DTYPE
    assert all(np.isfinite(candidates[name]).all() for name in CANDIDATE_DTYPE.names)
    assert (candidates["flux_error"] > 0).all()


def as_it_is(image, rng):
    return image


def saturated(image, rng):
    image[: round(0.9 * len(image))] = 65_000
    return image


def bled(image, rng):
    image[:, rng.random(image.shape[1]) < 0.4] = 65_000
    return image


def wrapped(image, rng):
    """A counter of 16 bits that overflowed in some columns."""
    columns = rng.integers(0, image.shape[1], 6)
    image[:, columns] = 65_536 - image[:, columns]
    return image


def half_missing(image, rng):
    image[:, : image.shape[1] // 2] = np.nan
    return image


def without_border(image, rng):
    image[:9], image[-9:], image[:, :9], image[:, -9:] = (np.nan,) * 4
    return image


def with_infinities(image, rng):
    image[rng.random(image.shape) < 0.03] = np.inf
    image[rng.random(image.shape) < 0.03] = -np.inf
    return image


def padded_with_zeros(image, rng):
    image[image.shape[0] // 2 :] = 0
    return image


SPOILERS = (saturated, bled, wrapped, half_missing, without_border, with_infinities, padded_with_zeros)


def spoilt(image, *spoilers, seed=0):
    for spoil in spoilers:
        image = spoil(image.copy(), np.random.default_rng(seed))
    return image


EMPTY = sky.observe(np.zeros(SHAPE), rng=np.random.default_rng(3))
UNUSABLE = {
    "no stars": (EMPTY, {}, NoStarsError, "n_detected"),
    "90 % saturated": (spoilt(field(1), saturated), {}, NoStarsError, "n_unflawed"),
    "bled everywhere": (spoilt(field(1), bled), {}, NoStarsError, "n_unflawed"),
    "negative": (-field(1), {}, NoStarsError, "best_snr"),
    "a trillion times too bright": (1e12 * field(1), {"saturation_adu": None}, BadImageError, "highest_adu"),
    "beyond 32 bits": (1e300 * field(1).astype(float), {"saturation_adu": None}, BadImageError, "highest_adu"),
    "a billion times too faint": (1e-9 * field(1), {}, BadImageError, "read_noise_adu"),
    "gain a million times too small": (field(1), {"gain_e_per_adu": 2e-6}, BadImageError, "read_noise_adu"),
    "saturated below its sky": (field(1), {"saturation_adu": 100.0}, BadImageError, "median_adu"),
}


@pytest.mark.parametrize(("image", "camera", "error", "measurement"), UNUSABLE.values(), ids=UNUSABLE)
def test_an_unusable_image_is_refused_with_what_was_measured(image, camera, error, measurement):
    for refused in (run(image, field(2), camera=camera), run(field(2), image, camera=camera)):
        assert type(refused) is error
        assert measurement in refused.measurements


def test_images_of_different_stars_are_not_registered():
    refused = run(field(1), field(2, place=77))

    assert type(refused) is RegistrationError
    assert refused.measurements["n_matched"] < 10


def test_a_reference_of_the_other_side_of_the_sky_does_not_overlap():
    refused = run(field(1), field(2), reference_wcs=wcs_of(ra_deg=330.0))

    assert type(refused) is NoOverlapError
    assert refused.measurements["separation_deg"] > 90


def test_a_handful_of_stars_on_a_much_coarser_grid_is_refused():
    few = {"place": 2, "n_stars": 3}
    refused = run(field(1, **few), field(2, **few), reference_wcs=wcs_of(scale_arcsec=50.0))

    assert type(refused) is RegistrationError
    assert refused.measurements["scale_ratio"] == pytest.approx(0.01, rel=0.1)


USABLE = {
    "half of it missing": (spoilt(field(1), half_missing), {}, "wcs+shift"),
    "no border": (spoilt(field(1), without_border), {}, "wcs+stars"),
    "trails of 15 px": (field(1, trail_px=15), {}, "wcs+stars"),
    "overflowed columns": (spoilt(field(1), wrapped), {}, "wcs+shift"),
    "a header with pixels ten times too large": (field(1), {"wcs": wcs_of(scale_arcsec=5)}, "pattern+stars"),
    "a header with pixels ten times too small": (field(1), {"wcs": wcs_of(scale_arcsec=0.05)}, "pattern+stars"),
    "a header with pixels three times too small": (field(1), {"wcs": wcs_of(scale_arcsec=0.17)}, "pattern+stars"),
}


@pytest.mark.parametrize(("image", "options", "method"), USABLE.values(), ids=USABLE)
def test_a_poor_image_is_subtracted_with_its_flaws_masked(image, options, method):
    result = run(image, field(2), **options)

    assert result.registered.method == method
    assert result.difference.flux_scale == pytest.approx(1, rel=0.3)


def test_electrons_for_adu_are_seen_in_the_flux_scale():
    assert run(2 * field(1), field(2)).difference.flux_scale == pytest.approx(2, rel=0.02)


@pytest.mark.parametrize("shape", [(33, 33), (40, 3000), (3000, 40)])
@pytest.mark.parametrize("algorithm", ["zogy", "alard_lupton"])
def test_tiny_and_narrow_images_are_subtracted(shape, algorithm):
    images = [field(seed, place=4, shape=shape, n_stars=6 if max(shape) < 100 else 80) for seed in (1, 2)]
    result = run(*images, algorithm=algorithm)

    assert result.difference.flux_scale == pytest.approx(1, rel=0.1)
    assert len(result.candidates) == 0


@pytest.mark.parametrize(("n_stars", "method"), [(1, "wcs"), (3, "wcs+shift"), (4, "wcs+shift"), (5, "wcs+shift")])
def test_a_handful_of_stars_is_enough_where_both_images_show_them(n_stars, method):
    result = run(*(field(seed, place=3, n_stars=n_stars) for seed in (1, 2)))

    assert result.registered.method == method
    assert result.difference.flux_scale == pytest.approx(1, rel=0.2)


@pytest.mark.parametrize("scale_arcsec", [0.01, 60.0, 3600.0])
def test_the_size_of_the_pixels_does_not_matter(scale_arcsec):
    wcs = wcs_of(scale_arcsec=scale_arcsec)
    images = field(1), field(2)
    result, usual = run(*images, wcs=wcs, reference_wcs=wcs), run(*images)

    assert result.registered.n_matched == usual.registered.n_matched
    assert result.difference.significance == pytest.approx(usual.difference.significance, abs=0.05)


def test_an_image_subtracted_from_itself_leaves_no_significance():
    result = run(field(1), field(1))

    assert np.abs(result.difference.significance).max() < 0.01
    assert len(result.candidates) == 0


@pytest.mark.parametrize(
    "stored",
    [np.asfortranarray, lambda image: image.astype(">f4"), lambda image: np.repeat(image, 2, axis=1)[:, ::2]],
    ids=["column by column", "in another byte order", "with gaps"],
)
def test_how_the_pixels_are_stored_does_not_matter(stored):
    frame, other = (calibrate(image, wcs=wcs_of(), **CAMERA) for image in (field(1), stored(field(1))))

    assert (frame.data == other.data).all()
    assert (frame.mask == other.mask).all()


@settings(max_examples=10, deadline=None)
@given(st.integers(-30, 30), st.sampled_from(["zogy", "alard_lupton"]))
def test_the_unit_of_the_pixels_does_not_matter(exponent, algorithm):
    """A power of two leaves every pixel's digits as they are."""
    factor = 2.0**exponent
    camera = {"gain_e_per_adu": CAMERA["gain_e_per_adu"] / factor, "saturation_adu": CAMERA["saturation_adu"] * factor}
    science, reference = field(1), field(2)
    science += sky.moffat(SHAPE, [90.0, 60.0], [50.0, 110.0], [4000.0, 9000.0], fwhm_px=3.2).astype(np.float32)
    usual = run(science, reference, algorithm=algorithm).candidates
    found = run(factor * science, factor * reference, camera=camera, algorithm=algorithm).candidates

    assert len(usual) >= 1
    assert found["x"] == pytest.approx(usual["x"], abs=1e-3)
    assert found["flux"] / factor == pytest.approx(usual["flux"], rel=1e-3)
    assert found["significance"] == pytest.approx(usual["significance"], rel=1e-3)


def mostly(usual, *others):
    """Nine times in ten the usual: so that what comes has a few troubles, and not all of them."""
    return st.sampled_from([usual] * 9 * len(others) + list(others))


@st.composite
def images(draw):
    """A raw image, as bad as it may come."""
    image = field(
        draw(st.integers(0, 99)),
        place=draw(mostly(0, 1)),
        n_stars=draw(mostly(40, 0, 1, 2, 3, 5, 12)),
        shape=draw(mostly(SHAPE, (33, 33), (33, 200), (170, 150))),
        fwhm_px=draw(mostly(3.2, 0.8, 1.5, 9.0)),
        trail_px=draw(mostly(1, 15)),
    )
    factor = draw(mostly(1, -1, 0, 0.5, 1e-3, 1e3, 1e-9, 1e12, np.nan))
    return spoilt(image * np.float32(factor), draw(mostly(as_it_is, *SPOILERS)), draw(mostly(as_it_is, *SPOILERS)))


def headers(shape):
    """WCS of many pixel scales, and some of another part of the sky."""
    scales = mostly(0.5, 0.01, 0.05, 0.15, 1.0, 5.0, 60.0)
    return st.builds(wcs_of, st.just(shape), scale_arcsec=scales, ra_deg=mostly(150.0, 150.01, 330.0))


cameras = st.fixed_dictionaries(
    {
        "gain_e_per_adu": mostly(2.0, -1.0, 0.0, np.nan, np.inf, 1e-6, 0.1, 100.0, 1e6),
        "read_noise_e": mostly(8.0, -1.0, 0.0, np.nan, 1e4),
        "saturation_adu": mostly(59_000.0, None, 100.0, 1000.0, -5.0),
    }
)


@settings(max_examples=50, deadline=None)
@given(st.data())
def test_whatever_comes_in_a_typed_error_or_a_sound_difference_comes_out(data):
    science, reference = data.draw(images(), "science"), data.draw(images(), "reference")
    outcome = run(
        science,
        reference,
        wcs=data.draw(headers(science.shape), "wcs"),
        reference_wcs=data.draw(headers(reference.shape), "reference wcs"),
        camera=data.draw(cameras, "camera"),
        algorithm=data.draw(st.sampled_from(["zogy", "alard_lupton"]), "algorithm"),
    )
    event(type(outcome).__name__)
