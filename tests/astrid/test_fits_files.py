"""Files as they come: containers, pixel types, projections, and which image of a file is meant."""

import gzip
import hashlib
import json
from datetime import UTC, datetime
from math import asin, atan, degrees, radians

import numpy as np
import pytest
from astropy.io import fits

from astrid.fits import read_facts, read_image
from tests.astrid.fits_samples import HEIGHT, TAN, WHEN, WIDTH, header, noise, write, write_extensions


def test_a_plain_file_gives_all_facts(tmp_path):
    path = write(
        tmp_path / "field.fits",
        {"FILTER": "r", "AIRMASS": 1.2, "SEEING": 1.5, "GAIN": 2.0, "RDNOISE": 5.0, "SATURATE": 6e4, "MAGZPT": 27.0},
    )
    facts = read_facts(path)
    assert (facts.ra, facts.dec) == (pytest.approx(150.0), pytest.approx(2.0))
    assert facts.observation_time == datetime(2020, 3, 1, 4, 0, 30, tzinfo=UTC)
    assert (facts.exposure_time, facts.filter_band) == (60.0, "r")
    assert facts.pixel_scale == pytest.approx(1.0)
    assert (facts.image_width, facts.image_height) == (WIDTH, HEIGHT)
    assert (facts.airmass, facts.seeing, facts.zero_point_mag) == (1.2, 1.5, 27.0)
    assert (facts.gain_e_per_adu, facts.read_noise_e, facts.saturation_adu) == (2.0, 5.0, 6e4)
    assert facts.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


def test_the_footprint_is_the_outer_corners_of_the_corner_pixels(tmp_path):
    footprint = np.array(read_facts(write(tmp_path / "field.fits")).footprint)
    east, west = 150 + WIDTH / 2 / 3600, 150 - WIDTH / 2 / 3600
    south, north = 2 - HEIGHT / 2 / 3600, 2 + HEIGHT / 2 / 3600
    corners = [[east, south], [west, south], [west, north], [east, north]]
    np.testing.assert_allclose(footprint, corners, atol=0.01 / 3600 * 3)


@pytest.mark.parametrize(
    ("name", "stem"),
    [
        ("a.fits", "a"),
        ("a.b.fit", "a.b"),
        ("A.FTS", "A"),
        ("1.fits", "1"),
        ("no-suffix", "no-suffix"),
        ("x.fitsy", "x.fitsy"),
    ],
)
def test_an_observation_is_named_by_its_file_and_the_files_bytes(tmp_path, name, stem):
    facts = read_facts(write(tmp_path / name))
    assert facts.observation_id == f"{stem}-{facts.sha256[:12]}"


def test_two_exposures_of_one_time_have_two_names(tmp_path):
    first, second = (read_facts(write(tmp_path / f"{n}" / "same.fits", {"OBJECT": n})) for n in made(tmp_path, "ab"))
    assert first.observation_time == second.observation_time
    assert first.observation_id != second.observation_id


def made(folder, names):
    for name in names:
        (folder / name).mkdir()
    return names


def test_a_gzipped_file_is_the_same_image(tmp_path):
    plain = write(tmp_path / "field.fits")
    zipped = tmp_path / "field.fits.gz"
    zipped.write_bytes(gzip.compress(plain.read_bytes()))
    np.testing.assert_array_equal(read_image(zipped).data, read_image(plain).data)
    facts = read_facts(zipped)
    assert facts.sha256 == hashlib.sha256(zipped.read_bytes()).hexdigest()
    assert facts.observation_id.startswith("field-")


@pytest.mark.parametrize("algorithm", ["RICE_1", "GZIP_1", "GZIP_2", "HCOMPRESS_1"])
def test_a_tile_compressed_file_is_the_same_image(tmp_path, algorithm):
    counts = noise().astype(np.int32)
    squeezed = fits.CompImageHDU(
        counts, header(TAN, WHEN), name="SCI", compression_type=algorithm, tile_shape=(20, WIDTH)
    )
    path = write_extensions(tmp_path / "field.fits.fz", header({}), squeezed)
    np.testing.assert_array_equal(read_image(path).data, counts)
    assert read_facts(path).observation_id.startswith("field-")


@pytest.mark.parametrize("dtype", ["u1", "i2", "u2", "i4", "f4", "f8"])
def test_pixels_are_native_contiguous_float32(tmp_path, dtype):
    counts = np.arange(HEIGHT * WIDTH).reshape(HEIGHT, WIDTH) % 251
    data = read_image(write(tmp_path / "field.fits", data=counts.astype(dtype))).data
    assert data.dtype == np.dtype("=f4")
    assert data.flags.c_contiguous
    np.testing.assert_array_equal(data, counts)


@pytest.mark.parametrize("compressed", [False, True])
@pytest.mark.parametrize("zero", [0, 32768])
def test_blank_pixels_are_nan(tmp_path, zero, compressed):
    stored = np.arange(HEIGHT * WIDTH, dtype=np.int16).reshape(HEIGHT, WIDTH)
    stored[3, 5] = -999
    cards = header(TAN, WHEN, {"BLANK": -999})
    hdu = fits.CompImageHDU(stored, cards) if compressed else fits.ImageHDU(stored, cards)
    path = write_extensions(tmp_path / "field.fits", header({}), hdu)
    with fits.open(path, mode="update", do_not_scale_image_data=True, disable_image_compression=True) as hdul:
        hdul[1].header["BZERO"] = zero
    data = read_image(path).data
    assert np.argwhere(np.isnan(data)).tolist() == [[3, 5]]
    assert data[0, 7] == 7 + zero


def test_infinite_pixels_are_no_data(tmp_path):
    data = noise()
    data[0, 0], data[1, 1] = np.inf, -np.inf
    assert np.isnan(read_image(write(tmp_path / "field.fits", data=data)).data).sum() == 2


FAR_PX = 20
STEP_DEG = 0.5
DISTORTION = 0.001
AXIS = TAN | {"CRVAL1": 200.0, "CRVAL2": 0.0, "CRPIX1": (WIDTH + 1) / 2 - FAR_PX, "CD1_1": STEP_DEG, "CD2_2": STEP_DEG}


@pytest.mark.parametrize(
    ("code", "extra", "longitude_deg"),
    [
        ("TAN", {}, degrees(atan(radians(FAR_PX * STEP_DEG)))),
        ("SIN", {}, degrees(asin(radians(FAR_PX * STEP_DEG)))),
        ("TPV", {"PV1_0": 0.0, "PV1_1": 1.1, "PV2_1": 1.0}, degrees(atan(radians(1.1 * FAR_PX * STEP_DEG)))),
        (
            "TAN-SIP",
            {"A_ORDER": 2, "B_ORDER": 2, "A_2_0": DISTORTION},
            degrees(atan(radians((FAR_PX + DISTORTION * FAR_PX**2) * STEP_DEG))),
        ),
    ],
)
def test_projection_and_distortion_are_honoured(tmp_path, code, extra, longitude_deg):
    types = {"CTYPE1": f"RA---{code}", "CTYPE2": f"DEC--{code}"}
    facts = read_facts(write(tmp_path / "field.fits", AXIS, types, extra))
    assert (facts.ra, facts.dec) == (pytest.approx(200 + longitude_deg), pytest.approx(0.0, abs=1e-9))


def test_other_frames_become_icrs(tmp_path):
    galactic = {"CTYPE1": "GLON-TAN", "CTYPE2": "GLAT-TAN", "CRVAL1": 0.0, "CRVAL2": 0.0, "RADESYS": None}
    facts = read_facts(write(tmp_path / "field.fits", galactic))
    assert (facts.ra, facts.dec) == (pytest.approx(266.40499, abs=1e-4), pytest.approx(-28.93617, abs=1e-4))


def test_right_ascension_wraps_at_zero(tmp_path):
    facts = read_facts(write(tmp_path / "field.fits", {"CRVAL1": 0.0}))
    ras = [facts.ra, *(ra for ra, _ in facts.footprint)]
    assert all(0 <= ra < 360 for ra in ras)
    assert max(ras) > 359
    assert min(ras) < 1


def test_the_first_image_of_the_sky_is_meant_not_its_mask_or_weight(tmp_path):
    sky, other = header(TAN), noise() + 1000
    path = write_extensions(
        tmp_path / "field.fits",
        header(WHEN),
        fits.ImageHDU(noise(8, 8), name="THUMB"),
        fits.ImageHDU(other, sky, name="MASK"),
        fits.ImageHDU(other, sky, name="WHT"),
        fits.ImageHDU(other, name="RAWVIEW"),
        fits.ImageHDU(noise(), sky, name="SCI"),
        fits.ImageHDU(other, sky, name="SCI"),
    )
    np.testing.assert_array_equal(read_image(path).data, noise())


def test_a_cube_of_one_plane_is_an_image(tmp_path):
    path = write(tmp_path / "field.fits", {"CTYPE3": "FREQ", "CRVAL3": 1.4e9, "CDELT3": 1e6}, data=noise()[None])
    assert read_image(path).data.shape == (HEIGHT, WIDTH)
    assert read_image(path).wcs.naxis == 2


def test_an_extension_inherits_what_only_the_primary_header_says(tmp_path):
    extension = fits.ImageHDU(noise(), header({"GAIN": 2.0}), name="SCI")
    facts = read_facts(
        write_extensions(tmp_path / "f.fits", header(TAN, WHEN, {"GAIN": 9.0, "FILTER": "g"}), extension)
    )
    assert (facts.ra, facts.exposure_time, facts.filter_band) == (pytest.approx(150.0), 60.0, "g")
    assert facts.gain_e_per_adu == 2.0


def test_a_surveys_keywords_and_the_operators_filter_override_the_dialects(tmp_path):
    path = write(tmp_path / "f.fits", {"HIERARCH MY SECONDS": 90.0, "FILTER": "r", "GAIN": 9.0})
    names = {"exposure_time": "hierarch my seconds", "gain_e_per_adu": "MYGAIN"}
    facts = read_facts(path, keyword_map=names, filter_band="w")
    assert (facts.exposure_time, facts.gain_e_per_adu, facts.filter_band) == (90.0, None, "w")
    assert facts.observation_time.second == 45


def test_an_unknown_name_in_the_keyword_map_is_the_callers_mistake(tmp_path):
    with pytest.raises(ValueError, match=r"keyword_map: \['gian'\]"):
        read_facts(write(tmp_path / "f.fits"), keyword_map={"gian": "GAIN"})


def test_the_header_is_safe_for_json(tmp_path):
    path = write(
        tmp_path / "f.fits",
        {
            "NOTHING": fits.card.Undefined(),
            "COMPLEX": 1 + 2j,
            "FLAG": True,
            "HIERARCH ESO DET NAME": "ccd",
            "INFINITE": "inf",
        },
    )
    with fits.open(path, mode="append") as hdul:
        hdul.append(fits.ImageHDU(noise(), header(TAN)))
    raw = path.read_bytes().replace(b"'inf     '", b"1E400     ", 1)
    path.write_bytes(raw)
    values = read_facts(path).header
    json.dumps(values, allow_nan=False)
    assert values["FLAG"] is True
    assert values["ESO DET NAME"] == "ccd"
    assert values["INFINITE"] is None
    assert "NOTHING" not in values


def test_comments_are_joined(tmp_path):
    path = tmp_path / "f.fits"
    cards = header(TAN, WHEN)
    for line in ("first", "second"):
        cards.add_comment(line)
        cards.add_history(line)
    fits.PrimaryHDU(noise(), cards).writeto(path)
    values = read_facts(path).header
    assert values["COMMENT"] == values["HISTORY"] == "first\nsecond"


def test_cards_against_the_standard_neither_fail_nor_warn_nor_become_facts(tmp_path):
    path = write(tmp_path / "f.fits", {"OBJECT": "x", "GAIN": 9.0})
    raw = path.read_bytes()
    raw = raw.replace(b"OBJECT  = 'x       '", b"ESO-LOG 03:04:08>-ST").replace(b"= %20s" % b"9.0", b"= %20s" % b"9,0")
    path.write_bytes(raw)
    facts = read_facts(path)
    assert facts.exposure_time == 60.0
    assert "OBJECT" not in facts.header
    assert facts.gain_e_per_adu is None
