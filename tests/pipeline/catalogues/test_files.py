"""Catalogues of every format give the same sources, and lose no row without a word."""

import csv
import gzip
import sys

import numpy as np
import pytest
from astropy.io import fits
from astropy.table import Table
from hypothesis import given
from hypothesis import strategies as st

from pipeline.catalogues.files import SOURCE_DTYPE, read_catalogue
from pipeline.catalogues.refusal import CatalogueRefused, Refusals

VSX = Table(
    {
        "OID": np.array([38246, 251556, 9007199254740993]),
        "Name": ["RR Lyr", "SS Cyg", "V0404 Cyg"],
        "RAJ2000": [291.36630, 325.67863, 306.01594],
        "DEJ2000": [42.78436, 43.58636, 33.86761],
        "Type": ["RRAB/BL", "UGSS", "LMXB"],
        "max": [7.06, 7.7, np.nan],
    }
)
FORMATS = ("csv", "tsv", "psv", "ssv", "vot", "fits", "parquet")


def write(table, path):
    name = path.name.removesuffix(".gz")
    plain = path.with_name(name)
    if name.endswith(".vot"):
        table.write(plain, format="votable")
    elif name.endswith(".fits"):
        table.write(plain)
    elif name.endswith(".parquet"):
        arrow, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
        parquet.write_table(arrow.table({column: table[column].tolist() for column in table.colnames}), plain)
    else:
        delimiter = {"csv": ",", "tsv": "\t", "psv": "|", "ssv": ";"}[name.rpartition(".")[2]]
        rows = [table.colnames, *([str(value) for value in row] for row in table)]
        plain.write_text("".join(delimiter.join(row) + "\n" for row in rows))
    if path != plain:
        path.write_bytes(gzip.compress(plain.read_bytes()))
    return path


def read(path, **options):
    refusals = Refusals()
    chunks = list(read_catalogue(path, refusals=refusals, **options))
    return np.concatenate([np.zeros(0, SOURCE_DTYPE), *chunks]), refusals


def text(path, content, **options):
    path.write_text(content)
    return read(path, **options)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "known.csv"


@pytest.mark.parametrize("suffix", [*FORMATS, "csv.gz", "vot.gz", "fits.gz"])
def test_every_format_gives_the_same_sources(tmp_path, suffix):
    sources, refusals = read(write(VSX, tmp_path / f"vsx.{suffix}"), kind="variable")

    assert sources.dtype == SOURCE_DTYPE
    assert list(sources["name"]) == ["RR Lyr", "SS Cyg", "V0404 Cyg"]
    np.testing.assert_array_equal(sources["ra"], VSX["RAJ2000"])
    np.testing.assert_array_equal(sources["dec"], VSX["DEJ2000"])
    assert list(sources["source_type"]) == ["RRAB/BL", "UGSS", "LMXB"]
    assert list(sources["kind"]) == 3 * ["variable"]
    np.testing.assert_array_equal(sources["mag"], VSX["max"])
    assert refusals.count == 0


@pytest.mark.parametrize("suffix", FORMATS)
def test_the_digits_of_a_long_number_survive_as_a_name(tmp_path, suffix):
    sources, _ = read(write(VSX, tmp_path / f"vsx.{suffix}"), columns={"name": "OID"})
    assert list(sources["name"]) == ["38246", "251556", "9007199254740993"]


@pytest.mark.parametrize("suffix", FORMATS)
def test_rows_come_in_chunks_and_are_numbered_through(tmp_path, suffix):
    table = Table({"id": [f"s{i}" for i in range(25)], "ra": np.linspace(0, 350, 25), "dec": np.full(25, 5.0)})
    table["dec"][[3, 17]] = 95.0
    refusals = Refusals()
    chunks = list(read_catalogue(write(table, tmp_path / f"t.{suffix}"), refusals=refusals, rows_per_chunk=10))

    assert [len(chunk) for chunk in chunks] == [9, 9, 5]
    header = 0 if suffix in ("vot", "fits", "parquet") else 1
    reason = "Dec 95.0 is 95°, not within -90° to 90°"
    assert refusals.first == [f"row {4 + header}: {reason}", f"row {18 + header}: {reason}"]


@pytest.mark.parametrize("suffix", ["vot", "fits"])
def test_units_and_ucds_of_the_file_are_honoured(tmp_path, suffix):
    path = tmp_path / f"t.{suffix}"
    if suffix == "fits":
        columns = [fits.Column("lon", "D", unit="rad", array=[np.pi]), fits.Column("lat", "D", unit="rad", array=[0.5])]
        hdu = fits.BinTableHDU.from_columns(columns)
        hdu.header["TUCD1"], hdu.header["TUCD2"] = "pos.eq.ra;meta.main", "pos.eq.dec;meta.main"
        fits.HDUList([fits.PrimaryHDU(), hdu]).writeto(path)
    else:
        path.write_text(
            """<?xml version="1.0"?><VOTABLE version="1.4" xmlns="http://www.ivoa.net/xml/VOTable/v1.3"><RESOURCE><TABLE>
            <FIELD name="lon" datatype="double" unit="rad" ucd="pos.eq.ra;meta.main"/>
            <FIELD name="lat" datatype="double" unit="rad" ucd="pos.eq.dec;meta.main"/>
            <DATA><TABLEDATA><TR><TD>3.141592653589793</TD><TD>0.5</TD></TR></TABLEDATA></DATA>
            </TABLE></RESOURCE></VOTABLE>"""
        )
    sources, _ = read(path)
    assert sources["ra"] == pytest.approx([180.0])
    assert sources["dec"] == pytest.approx([np.degrees(0.5)])


def test_a_table_of_vizier_with_units_and_a_rule_is_read(tmp_path):
    sources, refusals = text(
        tmp_path / "gcvs.tsv",
        "#RESOURCE=yCat_Bgcvs\n#\n\nGCVS;RAJ2000;DEJ2000;VarType;magMax\n"
        ' ;"h:m:s";"d:m:s"; ;mag\n----------;----------;---------;----------;------\n'
        "RR    Lyr ;19 25 27.9;+42 47 04;RRAB      ; 7.060\nT     Sco ;16 17 02.0;-22 58 32;NA        ; \n\n#END#\n",
        kind="variable",
    )
    assert sources["ra"] == pytest.approx([291.36625, 244.258333])
    assert sources["dec"] == pytest.approx([42.784444, -22.975556])
    assert list(sources["name"]) == ["RR    Lyr", "T     Sco"]
    np.testing.assert_array_equal(sources["mag"], [7.06, np.nan])
    assert refusals.count == 0


def test_quotes_blanks_and_a_byte_order_mark_do_no_harm(path):
    sources, refusals = text(path, '\ufeff"name" , ra ,dec\n"a, b", 10.5 , -3\n\n"c ""d""",11,4\n')
    assert list(sources["name"]) == ["a, b", 'c "d"']
    assert list(sources["ra"]) == [10.5, 11]
    assert refusals.count == 0


def test_the_kind_is_told_from_the_type_unless_the_loader_says_it(path):
    content = "main_id,ra,dec,otype\na,1,1,RR*\nb,2,2,G\nc,3,3,\n"
    assert list(text(path, content)[0]["kind"]) == ["variable", "galaxy", "other"]
    assert list(text(path, content, kind="star")[0]["kind"]) == ["star", "star", "star"]


def test_rows_without_a_place_on_the_sky_are_refused_one_by_one(path):
    sources, refusals = text(
        path,
        "id,ra,dec\ngood,360,90\na,,5\nb,5,north\nc,-0.1,5\nd,5,91\ne,5\nf,5,5,5\ng,12 75 00,5\n"
        "also good,0,-90\nh,inf,0\n",
    )
    assert list(sources["name"]) == ["good", "also good"]
    assert list(sources["ra"]) == [0, 0]
    assert refusals.count == 8
    assert sorted(refusals.first) == [
        "row 11: RA inf is inf°, not within 0° to 360°",
        "row 3: no RA",
        "row 4: Dec 'north' is no angle",
        "row 5: RA -0.1 is -0.1°, not within 0° to 360°",
        "row 6: Dec 91 is 91°, not within -90° to 90°",
        "row 7: 2 fields, the header has 3",
        "row 8: 4 fields, the header has 3",
        "row 9: RA '12 75 00' is no angle",
    ]


@given(
    st.lists(
        st.tuples(st.floats(0, 359.999), st.floats(-90, 90), st.floats() | st.none(), st.text(max_size=20)), max_size=8
    )
)
def test_every_row_is_a_source_or_a_refusal(tmp_path_factory, rows):
    path = tmp_path_factory.mktemp("catalogue") / "t.csv"
    with path.open("w", newline="", encoding="utf-8", errors="replace") as file:
        writer = csv.writer(file)
        writer.writerow(["ra", "dec", "mag", "name"])
        writer.writerows(rows)
    sources, refusals = read(path)
    assert len(sources) + refusals.count == len(rows)
    assert refusals.count == 0
    np.testing.assert_array_equal(sources["ra"], [row[0] for row in rows])


def test_an_empty_catalogue_gives_no_source_and_no_error(path):
    sources, refusals = text(path, "name,ra,dec\n")
    assert sources.shape == (0,)
    assert refusals.count == 0


def test_a_big_text_is_read_as_it_comes(path):
    rows = "".join(f"s{i},{i % 360},{i % 90}\n" for i in range(3000))
    path.write_bytes(gzip.compress(f"id,ra,dec\n{rows}".encode(), compresslevel=0)[:-5000])
    chunks = read_catalogue(path, refusals=Refusals(), rows_per_chunk=100)
    assert len(next(chunks)) == 100
    with pytest.raises(CatalogueRefused, match=r"^known.csv: not readable: "):
        list(chunks)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "no columns of a position: no table in it"),
        (b"name,l,b\nx,1,2\n", "no columns of a position: there are name, l, b"),
        (b"\x00\xff\xfe\x89", "text that is not utf-8"),
        (b"<?xml version='1.0'?><VOTABLE><RESOURCE>", "damaged VOTable"),
        (b"SIMPLE  =                    T", "damaged header|truncated"),
        (b"\x1f\x8bnot gzip", "not readable"),
        (b"ra,dec\n" + b"x" * 200_000 + b",1\n", "not readable: field larger"),
    ],
)
def test_what_is_no_catalogue_is_refused_in_one_line_with_the_files_name(path, content, reason):
    path.write_bytes(content)
    with pytest.raises(CatalogueRefused, match=rf"^known.csv: ({reason})") as refused:
        read(path)
    assert "\n" not in str(refused.value)


def test_a_damaged_parquet_file_is_refused(path):
    pytest.importorskip("pyarrow")
    path.write_bytes(b"PAR1 and no more")
    with pytest.raises(CatalogueRefused, match=r"^known.csv: damaged Parquet"):
        read(path)


def test_a_truncated_fits_table_is_refused(tmp_path):
    path = write(VSX, tmp_path / "vsx.fits")
    path.write_bytes(path.read_bytes()[:-2880])
    with pytest.raises(CatalogueRefused, match=r"^vsx.fits: truncated"):
        read(path)


def test_a_unit_that_is_no_angle_is_refused(tmp_path):
    table = Table({"ra": [1.0], "dec": [2.0]}, units={"ra": "mag"})
    with pytest.raises(CatalogueRefused, match=r"^t.fits: column ra is in 'mag'"):
        read(write(table, tmp_path / "t.fits"))


def test_a_named_column_that_is_not_there_is_refused_with_those_that_are(path):
    with pytest.raises(CatalogueRefused, match=r"no columns alpha with a position: there are ra, dec"):
        text(path, "ra,dec\n1,2\n", columns={"ra": "alpha"})


def test_unknown_roles_and_kinds_are_errors_of_the_caller(path):
    with pytest.raises(ValueError, match="magnitude: no role of a column, which are name, ra"):
        text(path, "ra,dec\n1,2\n", columns={"magnitude": "ra"})
    with pytest.raises(ValueError, match="quasar: no kind of source, which are variable, star"):
        text(path, "ra,dec\n1,2\n", kind="quasar")


def test_without_pyarrow_parquet_is_refused_by_the_name_of_the_extra(path, monkeypatch):
    path.write_bytes(b"PAR1")
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(CatalogueRefused, match=r"Parquet needs pyarrow: pip install 'astrid-transients\[parquet\]'"):
        read(path)


def test_of_several_tables_the_first_with_positions_counts(tmp_path):
    path = tmp_path / "t.fits"
    other = fits.BinTableHDU.from_columns([fits.Column("note", "5A", array=["hello"])])
    good = fits.BinTableHDU.from_columns(
        [
            fits.Column("RA", "D", array=[5.0]),
            fits.Column("DEC", "D", array=[6.0]),
            fits.Column("NAME", "5A", array=["x"]),
        ]
    )
    fits.HDUList([fits.PrimaryHDU(), other, good]).writeto(path)
    sources, _ = read(path)
    assert list(sources["name"]) == ["x"]
