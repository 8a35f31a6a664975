"""What cannot be used is refused with one line that names the file and the cause."""

import gzip
import pickle

import numpy as np
import pytest
from astropy.io import fits

from astrid.fits import FitsRefused, read_facts
from tests.astrid.fits_samples import TAN, WHEN, header, noise, write, write_extensions

FITS_BLOCK = 2880


def truncated(path, size):
    path.write_bytes(path.read_bytes()[:size])
    return path


def written(path, content):
    path.write_bytes(content)
    return path


def corrupt(path, start, content):
    raw = bytearray(path.read_bytes())
    raw[start : start + len(content)] = content
    return written(path, bytes(raw))


def compressed(path, **options):
    return write_extensions(path, header({}), fits.CompImageHDU(noise().astype("i4"), header(TAN, WHEN), **options))


def cut_gzip(path, *, inside):
    raw = write(path.with_suffix(".fits")).read_bytes()
    content = gzip.compress(raw[: FITS_BLOCK * 2]) if inside else gzip.compress(raw)[:-500]
    return written(path, content)


def circle(path):
    path.symlink_to(path)
    return path


def cut_later(path):
    write_extensions(path, header(WHEN), fits.ImageHDU(noise(), header(TAN)), fits.ImageHDU(noise(), name="ERR"))
    return truncated(path, -5000)


def rice(path, name, value):
    raw = compressed(path, compression_type="RICE_1").read_bytes()
    start = raw.index(b"'" + name)
    card = raw.index(b"ZVAL", start)
    return corrupt(path, card, b"ZVAL2   = %20s" % value)


def off_sky(path):
    return write(path, {"CTYPE1": "RA---SIN", "CTYPE2": "DEC--SIN", "CD1_1": -10.0, "CD2_2": 10.0})


REFUSALS = {
    "missing": (lambda d: d / "f.fits", "No such file"),
    "a folder": (lambda d: d, "not a regular file"),
    "a link in a circle": (lambda d: circle(d / "f.fits"), "symbolic links"),
    "empty": (lambda d: written(d / "f.fits", b""), "the file is empty"),
    "not FITS": (lambda d: written(d / "f.fits", b"\x89PNG\r\n" * 999), "not a FITS file"),
    "gzip of something else": (lambda d: written(d / "f.fits.gz", gzip.compress(b"x" * 9999)), "not a FITS file"),
    "cut in the pixels": (lambda d: truncated(write(d / "f.fits"), 6000), "truncated: 6000 of 11520 bytes"),
    "cut in the header": (lambda d: truncated(write(d / "f.fits"), 1000), "truncated or damaged: the header of HDU 0"),
    "cut in a later extension": (lambda d: cut_later(d / "f.fits"), "truncated"),
    "cut .fz": (lambda d: truncated(compressed(d / "f.fz"), -FITS_BLOCK), "truncated"),
    "cut .gz": (lambda d: cut_gzip(d / "f.gz", inside=False), "ended before the end-of-stream"),
    "a cut file, gzipped": (lambda d: cut_gzip(d / "f.gz", inside=True), "truncated"),
    "corrupt tiles": (lambda d: corrupt(compressed(d / "f.fz"), -FITS_BLOCK, b"\xff" * 999), "damaged image data"),
    "corrupt tile setting": (lambda d: rice(d / "f.fz", b"BYTEPIX", b"-4"), "damaged image data .* BYTEPIX = -4"),
    "no image": (lambda d: write_extensions(d / "f.fits", header(WHEN)), "no image of at least 32 × 32 px .*none"),
    "a small image": (lambda d: write(d / "f.fits", data=noise(21, 25)), r"no image .*found PRIMARY 21 × 25"),
    "no WCS": (lambda d: write(d / "f.fits", dict.fromkeys(TAN)), "no celestial WCS"),
    "empty CTYPE": (lambda d: write(d / "f.fits", {"CTYPE1": "", "CTYPE2": ""}), "no celestial WCS"),
    "a WCS of the Sun": (lambda d: write(d / "f.fits", {"CTYPE1": "HPLN-TAN", "CTYPE2": "HPLT-TAN"}), "no celestial"),
    "a singular WCS": (lambda d: write(d / "f.fits", {"CD1_1": 0.0}), "unusable WCS: .*singular"),
    "an empty WCS matrix": (lambda d: write(d / "f.fits", {"CD1_1": 0.0, "CD2_2": 0.0}), "unusable WCS"),
    "a WCS without a scale": (
        lambda d: write(d / "f.fits", dict.fromkeys(("CD1_1", "CD1_2", "CD2_1", "CD2_2"))),
        "unusable WCS: there is no CD, PC or CDELT",
    ),
    "a WCS off the sky": (lambda d: off_sky(d / "f.fits"), "not on the sky"),
    "an unknown frame": (lambda d: write(d / "f.fits", {"RADESYS": "MOON"}), "RADESYS = 'MOON'"),
    "no time": (lambda d: write(d / "f.fits", {"DATE-OBS": None}), "no date with a time of day"),
    "a time that is none": (lambda d: write(d / "f.fits", {"DATE-OBS": "soon"}), "DATE-OBS = 'soon'"),
    "no exposure": (lambda d: write(d / "f.fits", {"EXPTIME": None}), "no exposure time"),
    "an exposure that is none": (lambda d: write(d / "f.fits", {"EXPTIME": "long"}), "EXPTIME = 'long'"),
    "NaN everywhere": (lambda d: write(d / "f.fits", data=noise() * np.nan), "every pixel is NaN"),
    "zero everywhere": (lambda d: write(d / "f.fits", data=noise() * 0), "every pixel is 0"),
}


@pytest.mark.parametrize("case", REFUSALS)
def test_what_cannot_be_used_is_refused_in_one_line_that_names_file_and_cause(tmp_path, case):
    make, reason = REFUSALS[case]
    path = make(tmp_path)
    with pytest.raises(FitsRefused, match=reason) as refusal:
        read_facts(path)
    assert str(refusal.value) == f"{path.name}: {refusal.value.reason}"
    assert "\n" not in str(refusal.value)
    assert refusal.value.path == path


def test_a_refusal_crosses_processes(tmp_path):
    refused = pickle.loads(pickle.dumps(FitsRefused(tmp_path / "f.fits", "no time")))
    assert str(refused) == "f.fits: no time"
    assert refused.path == tmp_path / "f.fits"
