import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from pipeline.imaging.polynomial import POINTS_FOR_ORDER, evaluate, order_for, order_of, polynomial_terms


@given(
    st.sampled_from([1, 3, 6]).flatmap(lambda n: arrays.arrays(float, (n, 2), elements=st.floats(-10, 10))),
    st.integers(0, 1000),
)
def test_a_fit_to_a_polynomials_values_gives_its_coefficients(coefficients, seed):
    x, y = np.random.default_rng(seed).uniform(0, 300, (2, 30))
    values = evaluate(coefficients, x, y, (200, 300))
    terms = polynomial_terms(x, y, (200, 300), order_of(coefficients))

    assert values.shape == (30, 2)
    assert np.linalg.lstsq(terms, values, rcond=None)[0] == pytest.approx(coefficients, abs=1e-8)


def test_the_corners_are_at_plus_and_minus_one():
    assert polynomial_terms([0, 299], [0, 199], (200, 300), 1).tolist() == [[1, -1, -1], [1, 1, 1]]


def test_more_points_carry_a_higher_order():
    assert [order_for(n) for n in (0, *POINTS_FOR_ORDER, 10_000)] == [0, 0, 1, 2, 2]
