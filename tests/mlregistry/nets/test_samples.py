from dataclasses import fields

import numpy as np
import pytest

from astrid.simulate import Pair, simulate_pair
from mlregistry.nets import samples as making
from mlregistry.nets.samples import Samples, generate, samples_of_pair
from mlregistry.nets.stamps import STAMP_PX
from pipeline.imaging.frame import NoStarsError

CENTRE = STAMP_PX // 2


@pytest.fixture(scope="module")
def made() -> tuple[Samples, Pair]:
    """The samples of a pair, and the pair."""
    given = []

    def keep(**request):
        given.append(simulate_pair(**request))
        return given[0]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(making, "simulate_pair", keep)
        return samples_of_pair(5), given[0]


@pytest.fixture(scope="module")
def samples(made) -> Samples:
    return made[0]


def test_a_pair_gives_real_and_false_candidates_and_hard_ones(samples):
    assert (samples.real & samples.is_candidate).sum() >= 10
    assert (~samples.real & ~samples.is_candidate).sum() >= 15
    assert samples.stamps.shape == (len(samples), 3, STAMP_PX, STAMP_PX)
    assert samples.masks.shape == (len(samples), STAMP_PX, STAMP_PX)


def test_the_mask_covers_the_centre_of_the_real_ones_alone(samples):
    centre = samples.masks[:, CENTRE, CENTRE]
    assert (centre == samples.real).all()
    assert not samples.masks[~samples.real][:, CENTRE - 2 : CENTRE + 3, CENTRE - 2 : CENTRE + 3].any()


def test_every_disc_lies_on_light_that_was_not_there_before(samples):
    """Turned to positive, the difference of a real one has its flux in the centre's disc."""
    bright = samples[samples.real & (samples.true_snr > 15)]
    near = bright.stamps[:, 2, CENTRE - 2 : CENTRE + 3, CENTRE - 2 : CENTRE + 3]
    assert (near.mean(axis=(1, 2)) > 0).all()
    assert (bright.significance > 8).all()


def test_false_ones_have_no_true_snr_and_real_ones_have_a_fair_one(samples):
    assert (samples.true_snr[~samples.real] == 0).all()
    assert (samples.true_snr[samples.real] >= making.MIN_TRUE_SNR).all()


def test_a_seed_gives_the_same_samples_and_another_seed_others():
    first, again, other = (samples_of_pair(seed, size_px=256) for seed in (7, 7, 8))
    for field in fields(Samples):
        assert np.array_equal(getattr(first, field.name), getattr(again, field.name), equal_nan=True)
    assert set(other.pair) == {8}
    assert not np.array_equal(other.stamps[0], first.stamps[0], equal_nan=True)


def test_many_pairs_come_in_the_order_of_their_seeds():
    counted = []
    joined = generate([8, 7], size_px=256, progress=lambda: counted.append(1))
    last = samples_of_pair(7, size_px=256)
    assert list(dict.fromkeys(joined.pair)) == [8, 7]
    assert np.allclose(joined[joined.pair == 7].stamps, last.stamps, atol=0.01, equal_nan=True)
    assert len(counted) == 2


def test_a_pair_that_the_imaging_refuses_gives_none(monkeypatch):
    def refuse(*args, **kwargs):
        raise NoStarsError("no stars")

    monkeypatch.setattr(making, "difference", refuse)
    empty = samples_of_pair(5, size_px=256)
    assert len(empty) == 0
    assert empty.stamps.shape == (0, 3, STAMP_PX, STAMP_PX)


def test_every_transient_that_the_imaging_finds_is_a_real_sample(made):
    samples, pair = made
    bright = [change.snr for change in pair.transients if change.snr > 10]
    found = samples.true_snr[samples.real & samples.is_candidate]
    assert np.isin(bright, found).mean() > 0.9
