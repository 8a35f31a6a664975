"""A simulated sky and telescope with known truth, of its own making: it shares no code with the pipeline."""

from astrid.simulate.night import simulate_night
from astrid.simulate.pair import Pair, simulate_pair
from astrid.simulate.record import Exposure, Night, read_truth
from astrid.simulate.truth import Transient

__all__ = ["Exposure", "Night", "Pair", "Transient", "read_truth", "simulate_night", "simulate_pair"]
