import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlregistry.nets import metrics

# In falling order of confidence: real, real, false, real, false, false.
REAL = np.array([True, False, True, False, True, False])
CONFIDENCE = np.array([0.9, 0.7, 0.8, 0.3, 0.6, 0.1])


def test_precision_recall_f1_and_accuracy_at_a_threshold():
    found = metrics.at_threshold(REAL, CONFIDENCE, threshold=0.65)
    assert found == pytest.approx({"precision": 2 / 3, "recall": 2 / 3, "f1_score": 2 / 3, "accuracy": 4 / 6})


def test_a_confidence_on_the_threshold_passes():
    assert metrics.at_threshold(REAL, CONFIDENCE, threshold=0.6)["recall"] == 1


def test_where_nothing_is_called_real_precision_is_0():
    found = metrics.at_threshold(REAL, CONFIDENCE, threshold=0.95)
    assert found == {"precision": 0, "recall": 0, "f1_score": 0, "accuracy": 0.5}


def test_average_precision_by_hand():
    assert metrics.average_precision(REAL, CONFIDENCE) == pytest.approx((1 + 1 + 3 / 4) / 3)


def test_average_precision_takes_ties_together():
    assert metrics.average_precision(REAL, np.full(6, 0.4)) == pytest.approx(0.5)


def test_the_area_under_the_roc_curve_is_the_fraction_of_pairs_in_order():
    assert metrics.roc_auc(REAL, CONFIDENCE) == pytest.approx(8 / 9)
    assert metrics.roc_auc(REAL, np.full(6, 0.4)) == pytest.approx(0.5)
    assert metrics.roc_auc(REAL, -CONFIDENCE) == pytest.approx(1 / 9)


@settings(deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.integers(0, 5)), min_size=2, max_size=40))
def test_the_area_agrees_with_counting_pairs(rows):
    real, score = np.array([r for r, _ in rows]), np.array([s for _, s in rows]) / 5
    if real.all() or not real.any():
        return
    gap = score[real][:, None] - score[~real]
    assert metrics.roc_auc(real, score) == pytest.approx(((gap > 0) + 0.5 * (gap == 0)).mean())


def test_the_missed_at_a_rate_of_false_ones():
    assert metrics.missed_fraction(REAL, CONFIDENCE, false_fraction=0.01) == pytest.approx(1 / 3)
    assert metrics.missed_fraction(REAL, CONFIDENCE, false_fraction=0.34) == pytest.approx(0)


def test_a_false_one_on_top_leaves_nothing_at_a_rate_of_zero():
    assert metrics.missed_fraction([True, False], [0.5, 0.9], false_fraction=0) == 1


def test_the_calibration_error_weighs_bins_by_their_counts():
    real = np.array([True, False, False, False, True])
    confidence = np.array([0.25, 0.25, 0.25, 0.25, 1.0])
    assert metrics.expected_calibration_error(real, confidence) == pytest.approx(0)
    assert metrics.expected_calibration_error(~real, confidence) == pytest.approx((4 * 0.5 + 1) / 5)


def test_confidences_that_are_true_chances_are_calibrated():
    rng = np.random.default_rng(3)
    chance = rng.random(100_000)
    assert metrics.expected_calibration_error(rng.random(100_000) < chance, chance) < 0.01


@pytest.mark.parametrize("real", [[True, True], [False, False], []])
def test_one_class_alone_is_refused(real):
    with pytest.raises(ValueError, match="real and false"):
        metrics.evaluate(real, np.zeros(len(real)))


def test_different_lengths_are_refused():
    with pytest.raises(ValueError, match="2 truths for 3"):
        metrics.roc_auc([True, False], [0.1, 0.2, 0.3])
