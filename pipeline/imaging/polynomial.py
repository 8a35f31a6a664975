"""Low-order polynomials in x and y over an image."""

import numpy as np

# Points that a polynomial of order 0, 1, 2 needs to be trusted.
POINTS_FOR_ORDER = (1, 12, 40)


def polynomial_terms(x: np.ndarray, y: np.ndarray, image_shape: tuple[int, int], order: int) -> np.ndarray:
    """Terms uⁱvʲ, i + j ≤ order, at positions in px; u and v run from −1 to 1 over the image: [N, n_terms]."""
    ny, nx = image_shape
    u = 2 * np.atleast_1d(np.asarray(x, dtype=float)) / (nx - 1) - 1
    v = 2 * np.atleast_1d(np.asarray(y, dtype=float)) / (ny - 1) - 1
    return np.stack([u ** (total - j) * v**j for total in range(order + 1) for j in range(total + 1)], axis=1)


def order_of(coefficients: np.ndarray) -> int:
    """Order of the polynomial whose coefficients run along the first axis."""
    return {1: 0, 3: 1, 6: 2}[len(coefficients)]


def order_for(n_points: int) -> int:
    """Highest order that so many points can carry."""
    return max(sum(n_points >= needed for needed in POINTS_FOR_ORDER) - 1, 0)


def evaluate(coefficients: np.ndarray, x: np.ndarray, y: np.ndarray, image_shape: tuple[int, int]) -> np.ndarray:
    """Values [N, ...] at positions in px of the polynomial with coefficients [n_terms, ...]."""
    terms = polynomial_terms(x, y, image_shape, order_of(coefficients))
    return np.tensordot(terms, coefficients, axes=1)
