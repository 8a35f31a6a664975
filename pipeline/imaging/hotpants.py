"""Subtraction by the program HOTPANTS (Becker 2015, ascl:1504.004), where it is installed."""

import math
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from astropy.io import fits

from .filters import matched_filter, without_light
from .frame import BadParameterError, Flag, Frame, ImagingError
from .planes import Inputs, Planes

PROGRAM = "hotpants"
TIMEOUT_S = 600
# Its own mark for pixels without a difference.
FILL = 1e-30
STAMP_STEP_PX = 128
# Widths over that of the Gaussian that makes one seeing of the other, as its manual advises, and polynomial degrees.
WIDTHS, DEGREES = (0.5, 1.0, 2.0), (6, 4, 2)
MIN_SIGMA_PX = 0.7


class SubtractionError(ImagingError):
    """The program ended without a difference image."""


def hotpants(inputs: Inputs) -> Planes:
    """Let HOTPANTS convolve the sharper image and subtract, and filter its difference for point sources.

    Raises:
        BadParameterError: the program is not on the PATH.
        SubtractionError: it failed, or found no kernel, which it does for two equal PSFs.
    """
    if shutil.which(PROGRAM) is None:
        raise BadParameterError(f"the program {PROGRAM} is not installed", algorithm="hotpants")
    convolves_science = inputs.science_psf.fwhm_px < inputs.reference_psf.fwhm_px
    difference = _difference(inputs, convolves_science=convolves_science)
    # What the two images disagree on is in the difference already.
    match = replace(inputs.match, misfit=(0.0, 0.0), offset_rms_px=0.0, flux_scatter=0.0)
    psf = inputs.reference_psf if convolves_science else inputs.science_psf
    return matched_filter(Inputs(difference, without_light(difference), psf, psf, match))


def _difference(inputs: Inputs, *, convolves_science: bool) -> Frame:
    """The difference image as a frame, its pixels without a difference flagged."""
    with TemporaryDirectory(prefix="hotpants-") as folder:
        directory = Path(folder)
        for name, frame in (("science", inputs.science), ("reference", inputs.reference)):
            fits.writeto(directory / f"{name}.fits", frame.filled(inputs.fwhm_px))
            fits.writeto(directory / f"{name}-noise.fits", np.sqrt(frame.variance))
            fits.writeto(directory / f"{name}-mask.fits", (frame.mask != 0).astype(np.int16))
        command = [PROGRAM, *_options(inputs, convolves_science=convolves_science)]
        try:
            run = subprocess.run(command, cwd=directory, capture_output=True, text=True, timeout=TIMEOUT_S, check=False)
        except subprocess.TimeoutExpired as error:
            raise SubtractionError(f"{PROGRAM} ran longer than {TIMEOUT_S} s", timeout_s=TIMEOUT_S) from error
        output = directory / "difference.fits"
        if run.returncode or not output.exists():
            said = (run.stderr or run.stdout).strip().splitlines()
            raise SubtractionError(
                f"{PROGRAM} failed: {said[-1] if said else 'it said nothing'}", status=run.returncode
            )
        data, noise = (fits.getdata(directory / name).astype(np.float32) for name in ("difference.fits", "noise.fits"))
    good = np.isfinite(data) & (data != np.float32(FILL)) & np.isfinite(noise) & (noise > 0)
    if not good.any():
        raise SubtractionError(
            f"{PROGRAM} found no kernel",
            science_fwhm_px=inputs.science_psf.fwhm_px,
            reference_fwhm_px=inputs.reference_psf.fwhm_px,
        )
    return replace(
        inputs.science,
        data=np.where(good, data, 0),
        variance=np.where(good, noise**2, np.float32(np.median(noise[good]) ** 2)),
        mask=np.where(good, 0, Flag.NO_DATA).astype(np.uint8),
        gain_e_per_adu=math.inf,
    )


def _options(inputs: Inputs, *, convolves_science: bool) -> list[str]:
    narrow, broad = sorted((inputs.science_psf.fwhm_px, inputs.reference_psf.fwhm_px))
    sigma_px = max(math.sqrt(broad**2 - narrow**2) / 2.3548, MIN_SIGMA_PX)
    gaussians = [
        str(value)
        for degree, width in zip(DEGREES, WIDTHS, strict=True)
        for value in (degree, round(width * sigma_px, 3))
    ]
    radius_px = math.ceil(2.5 * WIDTHS[-1] * sigma_px)
    ny, nx = inputs.science.shape
    low, high = "-1e6", f"{10 * max(float(np.abs(f.data).max()) for f in (inputs.science, inputs.reference)):.6g}"
    options = {
        "-inim": "science.fits", "-ini": "science-noise.fits", "-imi": "science-mask.fits",
        "-tmplim": "reference.fits", "-tni": "reference-noise.fits", "-tmi": "reference-mask.fits",
        "-outim": "difference.fits", "-oni": "noise.fits", "-fi": str(FILL),
        "-il": low, "-tl": low, "-iu": high, "-tu": high,
        "-c": "i" if convolves_science else "t", "-n": "i", "-ko": "1", "-bgo": "0", "-v": "0",
        "-r": str(radius_px), "-rss": str(radius_px + math.ceil(broad)),
        "-nsx": str(max(nx // STAMP_STEP_PX, 2)), "-nsy": str(max(ny // STAMP_STEP_PX, 2)),
    }  # fmt: skip
    return [part for option in options.items() for part in option] + ["-ng", str(len(WIDTHS)), *gaussians]
