"""Packed designations and dates: the Minor Planet Center's own examples, and every one that can be packed."""

import string
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.catalogues.designations import unpacked_date, unpacked_designation

BASE_62 = string.digits + string.ascii_uppercase + string.ascii_lowercase
LETTERS = "ABCDEFGHJKLMNOPQRSTUVWXYZ"


@pytest.mark.parametrize(
    ("packed", "readable"),
    [
        ("J95X00A", "1995 XA"),
        ("J95X01L", "1995 XL1"),
        ("J95F13B", "1995 FB13"),
        ("J98SA8Q", "1998 SQ108"),
        ("J98SC7V", "1998 SV127"),
        ("J98SG2S", "1998 SS162"),
        ("K99AJ3Z", "2099 AZ193"),
        ("K08Aa0A", "2008 AA360"),
        ("K07Tf8A", "2007 TA418"),
        ("PLS2040", "2040 P-L"),
        ("T1S3138", "3138 T-1"),
        ("T2S1010", "1010 T-2"),
        ("T3S4101", "4101 T-3"),
        ("00433", "(433)"),
        ("00433  ", "(433)"),
        ("03202", "(3202)"),
        ("50000", "(50000)"),
        ("A0000", "(100000)"),
        ("A0345", "(100345)"),
        ("a0017", "(360017)"),
        ("K3289", "(203289)"),
        ("~0000", "(620000)"),
        ("~000z", "(620061)"),
        ("~AZaz", "(3140113)"),
        ("~zzzz", "(15396335)"),
        ("_QC0000", "2026 CA620"),
        ("_QC0aEM", "2026 CZ6190"),
        ("_QCzzzz", "2026 CL591673"),
    ],
)
def test_a_designation_is_that_of_the_mpcs_examples(packed, readable):
    assert unpacked_designation(packed) == readable


@given(st.integers(1, 15_396_335))
def test_every_number_that_can_be_packed_comes_back(number):
    if number < 620_000:
        packed = f"{BASE_62[number // 10_000]}{number % 10_000:04d}"
    else:
        rest = number - 620_000
        packed = "~" + "".join(BASE_62[rest // 62**power % 62] for power in (3, 2, 1, 0))
    assert unpacked_designation(packed) == f"({number})"


@given(
    st.integers(1800, 2099), st.sampled_from("ABCDEFGHJKLMNOPQRSTUVWXY"), st.sampled_from(LETTERS), st.integers(0, 619)
)
def test_every_provisional_designation_comes_back(year, half_month, letter, cycle):
    packed = f"{BASE_62[year // 100]}{year % 100:02d}{half_month}{BASE_62[cycle // 10]}{cycle % 10}{letter}"
    assert unpacked_designation(packed) == f"{year} {half_month}{letter}{cycle or ''}"


@pytest.mark.parametrize("packed", ["", "?????", "433", "J95X00I", "J95I00A", "L01A00A", "0041P", "PLS204", "~00-0"])
def test_what_is_no_minor_planets_designation_is_refused(packed):
    with pytest.raises(ValueError, match="no packed designation"):
        unpacked_designation(packed)


@pytest.mark.parametrize(
    ("packed", "day"),
    [
        ("J9611", date(1996, 1, 1)),
        ("J961A", date(1996, 1, 10)),
        ("J969U", date(1996, 9, 30)),
        ("J96A1", date(1996, 10, 1)),
        ("K01AM", date(2001, 10, 22)),
        ("K239D", date(2023, 9, 13)),
    ],
)
def test_a_date_is_that_of_the_mpcs_examples(packed, day):
    assert unpacked_date(packed) == day


@given(st.dates(date(1800, 1, 1), date(2099, 12, 31)))
def test_every_day_that_can_be_packed_comes_back(day):
    century, year = divmod(day.year, 100)
    assert unpacked_date(f"{BASE_62[century]}{year:02d}{BASE_62[day.month]}{BASE_62[day.day]}") == day


@pytest.mark.parametrize("packed", ["", "K2D11", "K23D1", "K230D", "K232U", "20239", "K239D0"])
def test_what_is_no_day_is_refused(packed):
    with pytest.raises(ValueError, match=r"no packed date|day|month"):
        unpacked_date(packed)
