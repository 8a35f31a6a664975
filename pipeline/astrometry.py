"""Where an observation really lies, whatever its header says."""

from astrid.models import Observation
from pipeline import artefacts
from pipeline.imaging.blind import solve_field
from pipeline.models import PreprocessRun
from pipeline.preprocessing import standing_run
from pipeline.services import preprocess

# The header's pixel scale is trusted within this factor.
SCALE_TOLERANCE = 2.0


def solve_astrometry(observation: Observation, *, timeout_s: float, actor) -> PreprocessRun:
    """Find an observation's place by its stars alone, and preprocess it anew there.

    Its position, footprint and pixel scale are corrected. The run keeps the solution as the parameter `wcs`, which
    every later run of the observation takes over, and among its measurements how far off the header was.

    Raises
    ------
    BlindSolverMissingError, BlindSolveError
        There is no solve-field on the PATH, or it does not recognise the stars; the observation stays where it was.
    FitsRefused, ImagingError
        The observation cannot be preprocessed.
    """
    run = standing_run(observation)
    if run is None:
        preprocess(observation, actor=actor)
        run = standing_run(observation)
    wcs = solve_field(
        artefacts.load_stars(run.processed_fits_path),
        artefacts.shape_of(run.processed_fits_path),
        scale_arcsec_range=(observation.pixel_scale / SCALE_TOLERANCE, observation.pixel_scale * SCALE_TOLERANCE),
        timeout_s=timeout_s,
    )
    preprocess(observation, wcs=wcs, actor=actor)
    return standing_run(observation)
