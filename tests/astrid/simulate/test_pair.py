import numpy as np
import pytest

from astrid.simulate import simulate_pair
from astrid.simulate.camera import Camera
from astrid.simulate.exposure import draw_conditions, draw_view
from astrid.simulate.scene import draw_scene
from astrid.simulate.snr import Spot
from astrid.simulate.transients import add_events, place_events
from astrid.simulate.truth import true_transients


@pytest.fixture(scope="module")
def pair():
    return simulate_pair(seed=11)


@pytest.fixture(scope="module")
def noiseless():
    """Reference, science without events, science with 12, and these: no photon counted yet."""
    rng = np.random.default_rng(5)
    camera = Camera(shape=(512, 512))
    scene = draw_scene(rng=rng, ra=10, dec=-30, width_arcmin=6.5)
    reference, quiet = (
        draw_view(
            rng=rng, camera=camera, ra=10, dec=-30, conditions=draw_conditions(rng=rng, is_reference=flag)
        ).expose(scene, star_mag=scene.stars["mag"])
        for flag in (True, False)
    )
    events = place_events(12, rng=rng, scene=scene, science=quiet, reference=reference)
    return reference, quiet, add_events(quiet, events), events


def test_a_pair_is_two_raw_images_of_one_sky_with_their_facts(pair):
    assert pair.science.shape == pair.reference.shape == (512, 512)
    assert pair.science.dtype == pair.reference.dtype == np.float32
    assert 6 <= len(pair.transients) <= 12
    for image in (pair.science, pair.reference):
        assert np.isfinite(image).all()
        assert image.min() >= 0
        assert image.max() <= pair.saturation_adu
    sky = pair.science_wcs.all_pix2world(256, 256, 0)
    assert pair.reference_wcs.all_world2pix(*sky, 0) == pytest.approx([256, 256], abs=13)


def test_a_seed_gives_the_same_pair_and_another_seed_another(pair):
    again, other = simulate_pair(seed=11), simulate_pair(seed=12)
    assert np.array_equal(again.science, pair.science)
    assert np.array_equal(again.reference, pair.reference)
    assert again.transients == pair.transients
    assert not np.array_equal(other.science, pair.science)


def test_conditions_given_are_conditions_had():
    pair = simulate_pair(
        seed=3, size_px=256, seeing_arcsec=2.0, reference_seeing_arcsec=1.2,
        transients=4, min_snr=20, max_snr=30,
    )  # fmt: skip
    assert pair.science_seeing_arcsec == pytest.approx(2.1, abs=0.15)
    assert pair.reference_seeing_arcsec == pytest.approx(1.35, abs=0.15)
    assert len(pair.transients) == 4
    assert all(19.9 < transient.snr < 30.1 for transient in pair.transients)


def test_a_field_without_room_is_refused():
    with pytest.raises(ValueError, match="room for"):
        simulate_pair(seed=3, size_px=64, transients=40)


def test_a_reference_is_the_same_with_transients_to_come_as_without():
    without, with_eight = (simulate_pair(seed=6, size_px=256, transients=n) for n in (0, 8))
    assert np.array_equal(without.reference, with_eight.reference)
    assert not np.array_equal(without.science, with_eight.science)


def test_transients_are_point_sources_of_their_magnitude_on_top_of_the_sky(noiseless):
    _, quiet, science, events = noiseless
    added = science.expected_adu - quiet.expected_adu
    flux = science.view.flux_adu([event.mag for event in events])
    assert added.sum() == pytest.approx(flux.sum(), rel=1e-3)
    x, y = science.view.to_pixels([event.ra for event in events], [event.dec for event in events])
    for peak_x, peak_y in zip(np.rint(x).astype(int), np.rint(y).astype(int), strict=True):
        assert added[peak_y, peak_x] > 0.9 * added[peak_y - 5 : peak_y + 6, peak_x - 5 : peak_x + 6].max()


def test_transients_keep_their_distances_and_snr_limits(noiseless):
    reference, _, science, events = noiseless
    truth = true_transients(events, science=science, reference=reference, field="f", epoch=1)
    for exposed in (science, reference):
        x, y = exposed.view.to_pixels([t.ra for t in truth], [t.dec for t in truth])
        assert min(x.min(), y.min()) >= 20
        assert max(x.max(), y.max()) <= 511 - 20
        separation = np.hypot(x[:, None] - x, y[:, None] - y)
        assert separation[np.triu_indices(len(truth), 1)].min() >= 15
    assert all(4.9 < transient.snr < 101 for transient in truth)
    assert any(t.near_galaxy for t in truth)
    assert not all(t.near_galaxy for t in truth)


def test_a_magnitude_asked_for_by_snr_has_it(noiseless):
    reference, quiet, _, events = noiseless
    event = events[0]
    spot = Spot.at(event.ra, event.dec, science=quiet, reference=reference)
    for snr in (5.0, 30.0, 200.0):
        mag = spot.mag_of(snr)
        shining = quiet.with_points(np.array([event.ra]), np.array([event.dec]), np.array([mag]))
        there = Spot.at(event.ra, event.dec, science=shining, reference=reference)
        assert there.snr(float(quiet.view.flux_adu(mag))) == pytest.approx(snr, rel=0.01)


def test_forced_photometry_at_the_truth_recovers_the_transients_snr(noiseless):
    reference, quiet, science, events = noiseless
    rng = np.random.default_rng(8)
    truth = true_transients(events, science=science, reference=reference, field="f", epoch=1)
    pulls = []
    for transient in truth:
        spot = Spot.at(transient.ra, transient.dec, science=science, reference=reference)
        row, column = (round(value) - 16 for value in (transient.y, transient.x))
        without = quiet.expected_adu[row : row + 32, column : column + 32]
        variance = science.view.camera.variance(spot.expected_adu)
        weight = spot.psf / variance
        for _ in range(60):
            noisy = spot.expected_adu + np.sqrt(variance) * rng.standard_normal((32, 32))
            flux = ((noisy - without) * weight).sum() / (spot.psf * weight).sum()
            error = 1 / np.sqrt((spot.psf * weight).sum())
            pulls.append((flux - science.view.flux_adu(transient.mag)) / error)
    assert np.mean(pulls) == pytest.approx(0, abs=0.15)
    assert np.std(pulls) == pytest.approx(1, abs=0.1)
