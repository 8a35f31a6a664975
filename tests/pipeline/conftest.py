"""A small simulated night that the tests of the stages share."""

import pytest

from astrid.models import Observation
from astrid.services import ingest, register_survey
from astrid.simulate import Night, simulate_night


@pytest.fixture(scope="session")
def night(tmp_path_factory) -> Night:
    """A reference and one science exposure of one field, 384 × 384 px."""
    return simulate_night(tmp_path_factory.mktemp("night"), seed=5, fields=1, epochs=1, size_px=384)


@pytest.fixture
def observations(night, artefacts, actor) -> tuple[Observation, Observation]:
    """The night's reference and science observations, ingested."""
    survey = register_survey(name="Simulated", actor=actor)
    return tuple(
        ingest(exposure.path, survey=survey, kind=exposure.kind, actor=actor)[0] for exposure in night.exposures
    )
