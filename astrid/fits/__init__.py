"""FITS files of any telescope, as facts about the observation and as pixels.

`read_facts` turns the header dialects of many instruments into one `Facts`; `read_image` gives the pixels as the
science code wants them; `read_detector_frame` gives both of a bias, a dark or a flat field, which show no sky. All
choose the same image of a file, and all refuse what cannot be used with one line, `FitsRefused`, that names the file
and the cause.
"""

from astrid.fits.detector import DetectorFrame, read_detector_frame
from astrid.fits.dialects import KEYWORD_NAMES
from astrid.fits.facts import Facts, Place, place_of, read_facts
from astrid.fits.images import Image, read_image
from astrid.fits.refusal import FitsRefused

__all__ = [
    "KEYWORD_NAMES",
    "DetectorFrame",
    "Facts",
    "FitsRefused",
    "Image",
    "Place",
    "place_of",
    "read_detector_frame",
    "read_facts",
    "read_image",
]
