"""How good a classifier's confidences are. All take `real`, bool [N], and `confidence`, [N] in 0 to 1."""

import numpy as np


def evaluate(real: np.ndarray, confidence: np.ndarray, *, threshold: float = 0.5) -> dict[str, float]:
    """All metrics of this module in one table.

    Raises:
        ValueError: one of the two classes is missing, or the lengths differ.
    """
    return at_threshold(real, confidence, threshold=threshold) | {
        "threshold": threshold,
        "average_precision": average_precision(real, confidence),
        "roc_auc": roc_auc(real, confidence),
        "missed_at_1_percent_false": missed_fraction(real, confidence, false_fraction=0.01),
        "expected_calibration_error": expected_calibration_error(real, confidence),
    }


def at_threshold(real: np.ndarray, confidence: np.ndarray, *, threshold: float = 0.5) -> dict[str, float]:
    """Precision, recall, F1 and accuracy of calling real what reaches the threshold.

    Where nothing is called real, precision and F1 are 0.
    """
    real, confidence = _checked(real, confidence)
    called = confidence >= threshold
    hits = int((called & real).sum())
    precision = hits / called.sum() if called.any() else 0.0
    recall = hits / real.sum()
    return {
        "precision": float(precision),
        "recall": float(recall),
        "f1_score": float(2 * precision * recall / (precision + recall)) if hits else 0.0,
        "accuracy": float((called == real).mean()),
    }


def average_precision(real: np.ndarray, confidence: np.ndarray) -> float:
    """Σ (Rₖ - Rₖ₋₁) Pₖ over the distinct confidences in falling order, without interpolation."""
    real, confidence = _checked(real, confidence)
    hits, called = _cumulative(real, confidence)
    recall = np.concatenate([[0], hits / real.sum()])
    return float(np.sum(np.diff(recall) * hits / called))


def roc_auc(real: np.ndarray, confidence: np.ndarray) -> float:
    """The chance that a real one has the higher confidence than a false one, ties counting half."""
    real, confidence = _checked(real, confidence)
    hits, called = _cumulative(real, confidence)
    true_fraction = np.concatenate([[0], hits / real.sum()])
    false_fraction = np.concatenate([[0], (called - hits) / (~real).sum()])
    return float(np.trapezoid(true_fraction, false_fraction))


def missed_fraction(real: np.ndarray, confidence: np.ndarray, *, false_fraction: float) -> float:
    """Part of the real ones lost at the lowest threshold that lets at most `false_fraction` of the false pass."""
    real, confidence = _checked(real, confidence)
    hits, called = _cumulative(real, confidence)
    allowed = called - hits <= false_fraction * (~real).sum()
    return float(1 - hits[allowed].max(initial=0) / real.sum())


def expected_calibration_error(real: np.ndarray, confidence: np.ndarray, *, bins: int = 10) -> float:
    """Mean distance of confidence and truth over equal bins of confidence, weighted by their counts.

    Naeini, Cooper & Hauskrecht 2015 (AAAI 29, 2901).
    """
    real, confidence = _checked(real, confidence)
    bin_of = np.minimum((confidence * bins).astype(int), bins - 1)
    gap = np.bincount(bin_of, weights=confidence - real, minlength=bins)
    return float(np.abs(gap).sum() / len(real))


def _checked(real: np.ndarray, confidence: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    real, confidence = np.asarray(real, dtype=bool), np.asarray(confidence, dtype=float)
    if real.shape != confidence.shape:
        raise ValueError(f"{real.size} truths for {confidence.size} confidences")
    if real.all() or not real.any():
        raise ValueError(f"metrics need real and false ones; {real.sum()} of {real.size} are real")
    return real, confidence


def _cumulative(real: np.ndarray, confidence: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """How many real ones and how many in all reach each distinct confidence, the highest first."""
    order = np.argsort(-confidence, kind="stable")
    last_of_ties = np.append(np.diff(confidence[order]) != 0, True)
    hits = np.cumsum(real[order])[last_of_ties]
    return hits, np.flatnonzero(last_of_ties) + 1
