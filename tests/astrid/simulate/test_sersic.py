import numpy as np
import pytest
from scipy.integrate import quad

from astrid.simulate.sersic import sersic_b, sersic_profile, sersic_transform


@pytest.mark.parametrize("n", [1.0, 2.0, 4.0])
def test_half_the_light_lies_within_the_half_light_radius(n):
    def ring(t):  # r = t^n, which tames the cusp
        return 2 * np.pi * t**n * sersic_profile(t**n, n) * n * t ** (n - 1)

    assert quad(ring, 0, 1)[0] == pytest.approx(0.5, abs=1e-3)
    assert quad(ring, 0, 40)[0] == pytest.approx(1, abs=1e-3)


def test_transform_of_an_exponential_disc_is_the_closed_form():
    frequency = np.geomspace(2e-3, 20, 60)
    closed = (1 + (2 * np.pi * frequency / sersic_b(1.0)) ** 2) ** -1.5
    assert sersic_transform(frequency, 1.0) == pytest.approx(closed, abs=2e-3)


@pytest.mark.parametrize("n", [1.0, 2.0, 4.0])
def test_transform_starts_at_the_total_flux_and_falls(n):
    transform = sersic_transform(np.geomspace(1e-4, 25, 200), n)
    assert transform[0] == 1
    assert (np.diff(transform) < 1e-5).all()
