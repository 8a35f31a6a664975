"""FITS files of any telescope, as facts about the observation and as pixels.

`read_facts` turns the header dialects of many instruments into one `Facts`; `read_image` gives the pixels as the
science code wants them. Both choose the same image of a file, and both refuse what cannot be used with one line,
`FitsRefused`, that names the file and the cause.
"""

from astrid.fits.dialects import KEYWORD_NAMES
from astrid.fits.facts import Facts, read_facts
from astrid.fits.images import Image, read_image
from astrid.fits.refusal import FitsRefused

__all__ = ["KEYWORD_NAMES", "Facts", "FitsRefused", "Image", "read_facts", "read_image"]
