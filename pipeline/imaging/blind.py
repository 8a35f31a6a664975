"""Where on the sky an image lies, from its stars alone: by astrometry.net's solve-field, where that is installed."""

import os
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

import numpy as np
from astropy.io import fits
from astropy.wcs import WCS

from .frame import ImagingError, RegistrationError

PROGRAM = "solve-field"
# More than the brightest add hypotheses, not answers.
MAX_STARS = 500
# Linear: a field often holds fewer than ten of the catalogue's stars, and more terms would follow their errors.
SIP_ORDER = 1


class BlindSolverMissingError(ImagingError):
    """astrometry.net's solve-field is not installed."""


class BlindSolveError(RegistrationError):
    """The stars were not recognised."""


class BlindSolveTimeoutError(BlindSolveError):
    """The stars were not recognised in the time given."""


def solve_field(
    stars: np.ndarray,
    shape: tuple[int, int],
    *,
    scale_arcsec_range: tuple[float, float] | None,
    timeout_s: float,
) -> WCS:
    """Find an image's WCS from its stars, with no idea of where it is (Lang et al. 2010, AJ 139, 1782).

    Args:
        stars: `STAR_DTYPE` [N]; flawed ones help, as the catalogues' stars are often saturated.
        shape: (ny, nx) of the image.
        scale_arcsec_range: least and greatest pixel scale in arcsec; None tries all that the index files hold.
        timeout_s: > 0, after which solve-field and all that it started are ended.

    Returns:
        A TAN-SIP WCS with its reference pixel at the image's centre.

    Raises:
        BlindSolverMissingError: there is no solve-field on the PATH.
        BlindSolveError: no field of the index files matches.
        BlindSolveTimeoutError: none did in the time given.
    """
    program = shutil.which(PROGRAM)
    if program is None:
        raise BlindSolverMissingError(
            f"{PROGRAM} of astrometry.net is not installed: on Debian, the packages astrometry.net and "
            "astrometry-data-tycho2-07, -08 and -10-19",
            program=PROGRAM,
        )
    with tempfile.TemporaryDirectory(prefix="astrid-solve-") as directory:
        star_list, solution = Path(directory, "stars.xyls"), Path(directory, "stars.wcs")
        _write_star_list(star_list, stars)
        numbers = {"n_stars": len(stars), "scale_arcsec_range": scale_arcsec_range}
        command = [program, *_options(shape, scale_arcsec_range), "--dir", directory, "--temp-dir", directory]
        output = _run([*command, str(star_list)], timeout_s, numbers)
        if not solution.exists():
            raise BlindSolveError(
                f"{len(stars)} stars match no known field at {_scales(scale_arcsec_range)}; {PROGRAM} says: "
                f"{(output.strip().splitlines() or ['nothing'])[-1]}",
                **numbers,
            )
        header = fits.getheader(solution)
    header["NAXIS"], header["NAXIS1"], header["NAXIS2"] = 2, *reversed(shape)
    return WCS(header)


def _write_star_list(path: Path, stars: np.ndarray) -> None:
    brightest = stars[np.argsort(-stars["flux"], kind="stable")][:MAX_STARS]
    # FITS counts pixels from one.
    columns = {"X": brightest["x"] + 1, "Y": brightest["y"] + 1, "FLUX": brightest["flux"]}
    fits.BinTableHDU.from_columns([fits.Column(name, "D", array=values) for name, values in columns.items()]).writeto(
        path
    )


def _options(shape: tuple[int, int], scale_arcsec_range: tuple[float, float] | None) -> list[str]:
    height, width = shape
    options = f"--no-plots --overwrite --crpix-center --tweak-order {SIP_ORDER} --width {width} --height {height}"
    options += " --x-column X --y-column Y --sort-column FLUX"
    unwanted = ("new-fits", "solved", "match", "rdls", "corr", "index-xyls")
    options += "".join(f" --{name} none" for name in unwanted)
    if scale_arcsec_range is not None:
        low, high = scale_arcsec_range
        options += f" --scale-units arcsecperpix --scale-low {low} --scale-high {high}"
    return options.split()


def _run(command: list[str], timeout_s: float, numbers: dict) -> str:
    """What a command says, when it ends in time. It leads a process group, so that its children end with it."""
    with subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, process_group=0
    ) as process:
        try:
            return process.communicate(timeout=timeout_s)[0]
        except subprocess.TimeoutExpired as expired:
            os.killpg(process.pid, signal.SIGKILL)
            raise BlindSolveTimeoutError(
                f"{numbers['n_stars']} stars were not recognised in {timeout_s:g} s at "
                f"{_scales(numbers['scale_arcsec_range'])}",
                timeout_s=timeout_s,
                **numbers,
            ) from expired


def _scales(scale_arcsec_range: tuple[float, float] | None) -> str:
    return "any pixel scale" if scale_arcsec_range is None else "{:g}–{:g}″ per pixel".format(*scale_arcsec_range)
