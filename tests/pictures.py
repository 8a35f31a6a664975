"""Images for difference runs: what stamps are cut from."""

import numpy as np
from astropy.wcs import WCS

from pipeline import artefacts
from pipeline.models import DifferenceRun
from tests.sky import moffat, observe

SHAPE = (90, 120)


def keep_pictures(run: DifferenceRun, *, x: float, y: float) -> dict[str, np.ndarray]:
    """Store a science image with a new source at (x, y), an empty reference and their difference; the pixels."""
    rng = np.random.default_rng(1)
    source = moffat(SHAPE, [x], [y], [20_000.0], fwhm_px=3.0)
    images = {"science": observe(source, rng=rng), "reference": observe(0 * source, rng=rng)}
    images["difference"] = images["science"] - images["reference"]
    for kind, pixels in images.items():
        setattr(run, f"{kind}_image_path", artefacts.keep_image(pixels, WCS(naxis=2)))
    run.save()
    return images
