"""Keys: UUIDv7 (RFC 9562), whoever makes them."""

import time
import uuid

import pytest
from django.db import connection

from astrid.identifiers import uuid7
from astrid.models import Survey


def made_by_the_database(count: int) -> list[uuid.UUID]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT astrid_uuid7() FROM generate_series(1, %s)", [count])
        return [key for (key,) in cursor.fetchall()]


def milliseconds(key: uuid.UUID) -> int:
    return key.int >> 80


@pytest.fixture(params=["python", "database"])
def make(request, db):
    """Makes a number of keys."""
    return made_by_the_database if request.param == "database" else lambda count: [uuid7() for _ in range(count)]


def test_a_key_is_a_uuid_of_version_7(make):
    for key in make(100):
        assert key.version == 7
        assert key.variant == uuid.RFC_4122


def test_a_key_begins_with_the_unix_time_in_milliseconds(make):
    before = time.time_ns() // 1_000_000
    (key,) = make(1)
    assert before <= milliseconds(key) <= time.time_ns() // 1_000_000 + 1


def test_keys_made_later_sort_later(make):
    keys = []
    for _ in range(5):
        keys += make(1)
        time.sleep(0.003)
    assert keys == sorted(keys)


def test_all_bits_but_time_version_and_variant_are_random(make):
    keys = [key.int for key in make(200)]
    random_bits = [bit for bit in range(76) if bit not in (62, 63)]
    assert len(random_bits) == 74
    for bit in random_bits:
        assert 40 < sum(key >> bit & 1 for key in keys) < 160
    assert len(set(keys)) == 200


@pytest.mark.django_db
def test_rows_made_in_bulk_have_keys_of_their_own():
    surveys = Survey.objects.bulk_create(Survey(name=f"Survey {n}") for n in range(3))
    assert len({survey.pk for survey in surveys}) == 3
    assert {survey.pk.version for survey in surveys} == {7}


@pytest.mark.django_db
def test_rows_that_arrive_by_sql_or_copy_have_keys_and_times():
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO surveys (name, description, base_url, api_endpoint) VALUES ('by SQL', '', '', '')")
        with cursor.copy("COPY surveys (name, description, base_url, api_endpoint) FROM STDIN") as copy:
            copy.write_row(("by COPY", "", "", ""))
    for survey in Survey.objects.filter(name__startswith="by "):
        assert survey.pk.version == 7
        assert survey.created_at == survey.updated_at
        assert survey.is_active
        assert survey.header_keywords == {}
