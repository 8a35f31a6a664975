import pytest

from mlregistry.nets.recipe import Recipe


@pytest.mark.parametrize("pairs", [3, 10, 200])
def test_no_pair_belongs_to_two_splits(pairs):
    splits = Recipe(pairs=pairs, seed=4).splits()
    seeds = [seed for split in splits.values() for seed in split]
    assert len(seeds) == len(set(seeds)) == pairs
    assert all(splits.values())


@pytest.mark.parametrize("request_", [{"pairs": 2}, {"epochs": 0}])
def test_too_few_pairs_for_three_splits_and_no_epoch_are_refused(request_):
    with pytest.raises(ValueError, match=r"2 pairs|0 epochs"):
        Recipe(**request_)
