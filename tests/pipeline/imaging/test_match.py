import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.imaging.detect import STAR_DTYPE
from pipeline.imaging.frame import RegistrationError
from pipeline.imaging.match import alignment_stars, match_by_pattern, match_stars

SIZE = 2048


def unchanged(x, y):
    return x, y


def moved(x, y, *, shift_px=(0, 0), rotation_deg=0.0, is_mirrored=False):
    """Where an image's pixels lie on one that is mirrored, turned about its middle and shifted."""
    angle, middle = np.deg2rad(rotation_deg), SIZE / 2
    u, v = (middle - x if is_mirrored else x - middle), y - middle
    return (
        np.cos(angle) * u - np.sin(angle) * v + middle + shift_px[0],
        np.sin(angle) * u + np.cos(angle) * v + middle + shift_px[1],
    )


def draw_sky(rng, n_stars):
    """Positions and fluxes of stars in and round an image."""
    return *rng.uniform(-100, SIZE + 100, (2, n_stars)), 5000 * (rng.pareto(1.0, n_stars) + 1)


def detected(x, y, flux, *, rng, flawed_fraction=0.0, saturation=np.inf):
    """A catalogue of the stars inside the image, with the noise that their brightness gives them."""
    inside = (x > 0) & (x < SIZE) & (y > 0) & (y < SIZE)
    x, y, flux = x[inside], y[inside], flux[inside]
    stars = np.zeros(len(x), dtype=STAR_DTYPE)
    stars["snr"] = flux / np.sqrt(flux / 2 + 4000)
    noise = rng.normal(size=(3, len(x))) / stars["snr"]
    stars["x"], stars["y"], stars["flux"] = x + 1.3 * noise[0], y + 1.3 * noise[1], flux * (1 + noise[2])
    stars["is_flawed"] = (rng.random(len(x)) < flawed_fraction) | (flux > saturation)
    return stars


def catalogues(*, seed, n_stars, flawed_fraction=0.0, reference_saturation=np.inf, **motion):
    """One sky, detected in two images."""
    rng = np.random.default_rng(seed)
    x, y, flux = draw_sky(rng, n_stars)
    return (
        detected(x, y, flux, rng=rng, flawed_fraction=flawed_fraction),
        detected(
            *moved(x, y, **motion), flux, rng=rng, flawed_fraction=flawed_fraction, saturation=reference_saturation
        ),
    )


def worst_error_px(match, **motion):
    x, y = np.random.default_rng(0).uniform(0, SIZE, (2, 100))
    return np.hypot(*np.subtract(match.mapping(x, y), moved(x, y, **motion))).max()


def matched_by_wcs(stars, reference_stars):
    return match_stars(unchanged, alignment_stars(stars), alignment_stars(reference_stars), (SIZE, SIZE))


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 1000), st.floats(-20, 20), st.floats(-20, 20), st.sampled_from([60, 600, 20_000]))
def test_a_shift_is_found_whatever_the_crowd(seed, dx, dy, n_stars):
    motion = {"shift_px": (dx, dy), "rotation_deg": 0.02}
    match = matched_by_wcs(*catalogues(seed=seed, n_stars=n_stars, flawed_fraction=0.3, **motion))

    assert match.is_credible
    assert match.rms_px < 0.05
    assert worst_error_px(match, **motion) < 0.2
    assert match.n_matched > 0.2 * min(n_stars, 1000)


@settings(max_examples=6, deadline=None)
@given(st.integers(0, 1000), st.floats(-50, 50), st.floats(-50, 50), st.floats(-2, 2), st.booleans(), st.booleans())
def test_shift_rotation_and_flip_are_found_by_the_pattern(seed, dx, dy, rotation_deg, is_mirrored, is_crowded):
    motion = {"shift_px": (dx, dy), "rotation_deg": rotation_deg, "is_mirrored": is_mirrored}
    stars, reference_stars = catalogues(seed=seed, n_stars=20_000 if is_crowded else 300, **motion)
    match = match_by_pattern(unchanged, stars, reference_stars, (SIZE, SIZE))

    assert match.rms_px < 0.05
    assert worst_error_px(match, **motion) < 0.1


def test_a_deeper_reference_whose_bright_stars_are_saturated_shares_the_pattern_too():
    motion = {"shift_px": (33, -41), "rotation_deg": -1.6, "is_mirrored": True}
    stars, reference_stars = catalogues(
        seed=4, n_stars=20_000, flawed_fraction=0.4, reference_saturation=200_000, **motion
    )
    match = match_by_pattern(unchanged, stars, reference_stars, (SIZE, SIZE))

    assert worst_error_px(match, **motion) < 0.05


@pytest.mark.parametrize("n_stars", [12, 20_000])
def test_unrelated_stars_are_not_believed_and_the_numbers_are_told(n_stars):
    for seed in range(5):
        rng = np.random.default_rng(seed)
        stars, others = (detected(*draw_sky(rng, n_stars), rng=rng) for _ in range(2))

        assert not matched_by_wcs(stars, others).is_credible
    with pytest.raises(RegistrationError, match="do not match") as refused:
        match_by_pattern(unchanged, stars, others, (SIZE, SIZE))
    numbers = refused.value.measurements
    assert numbers["n_science_stars"] == len(alignment_stars(stars))
    assert numbers["n_reference_stars"] == len(alignment_stars(others))
    assert numbers["n_matched"] < 10


def test_a_reference_of_a_far_wider_field_is_matched_on_its_part():
    rng = np.random.default_rng(8)
    x, y, flux = draw_sky(rng, 5000)
    reference_stars = detected(x, y, flux, rng=rng)
    near = (x > 300) & (x < 700) & (y > 300) & (y < 700)
    stars = detected(x[near] - 300, y[near] - 300, flux[near], rng=rng)

    def by_wcs(x, y):
        return x + 300 + 4, y + 300 - 9

    match = match_stars(by_wcs, alignment_stars(stars), alignment_stars(reference_stars), (400, 400))

    assert match.is_credible
    assert np.allclose(match.mapping(np.array([200.0]), np.array([200.0])), 500, atol=0.02)


def test_stars_without_a_place_on_the_reference_are_left_out():
    stars, reference_stars = catalogues(seed=2, n_stars=300)

    def half(x, y):
        return np.where(x < SIZE / 2, x, np.nan), y

    match = match_stars(half, alignment_stars(stars), alignment_stars(reference_stars), (SIZE, SIZE))

    assert match.is_credible
    assert 80 < match.n_matched < 200


@pytest.mark.parametrize(("n_stars", "n_reference_stars"), [(0, 0), (0, 50), (50, 0), (1, 1)])
def test_none_or_one_star_says_nothing(n_stars, n_reference_stars):
    stars, reference_stars = catalogues(seed=2, n_stars=100)
    stars, reference_stars = alignment_stars(stars)[:n_stars], alignment_stars(reference_stars)[:n_reference_stars]

    assert not match_stars(unchanged, stars, reference_stars, (SIZE, SIZE)).is_credible
    with pytest.raises(RegistrationError):
        match_by_pattern(unchanged, stars, reference_stars, (SIZE, SIZE))
