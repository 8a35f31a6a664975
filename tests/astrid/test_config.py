"""Configuration keys: declared in code, overridden by rows."""

import math

import pytest
from django.core.exceptions import ValidationError

from astrid import config
from astrid.config import Key
from astrid.models import SystemConfig
from astrid.services import set_config

LIMIT = "astrid.ingest_max_mb"
COUNT = Key("example.count", default=3, minimum=1, maximum=9, help="")
RATIO = Key("example.ratio", default=0.5, minimum=0.0, maximum=1.0, help="")
COLOUR = Key("example.colour", default="red", choices=("red", "blue"), help="")
ADDRESSES = Key("example.addresses", default=["someone@example.org"], help="")


@pytest.mark.django_db
def test_the_migrations_bring_a_row_of_every_key_with_its_default_and_help():
    rows = {row.key: (row.value, row.description, row.is_active) for row in SystemConfig.objects.all()}
    assert rows == {key.name: (key.default, key.help, True) for key in config.declared().values()}


def test_every_key_has_a_help_text_a_default_in_its_range_and_its_apps_name():
    for name, key in config.declared().items():
        key.check(key.default)
        assert key.help.endswith(".")
        assert name.partition(".")[0] in {"astrid", "pipeline", "mlregistry", "curation"}


@pytest.mark.parametrize(
    ("key", "value"),
    [(COUNT, 1), (COUNT, 9), (RATIO, 0), (RATIO, 1.0), (COLOUR, "blue"), (ADDRESSES, []), (ADDRESSES, ["a@b.org"])],
)
def test_a_value_that_fits_is_let_through(key, value):
    key.check(value)


@pytest.mark.parametrize(
    ("key", "value", "cause"),
    [
        (COUNT, 0, "is from 1 to 9, not 0"),
        (COUNT, 10, "is from 1 to 9, not 10"),
        (COUNT, 2.5, "is a whole number, not 2.5"),
        (COUNT, True, "is a whole number, not True"),
        (COUNT, None, "is a whole number, not None"),
        (RATIO, -0.001, "is from 0.0 to 1.0, not -0.001"),
        (RATIO, math.nan, "is from 0.0 to 1.0, not nan"),
        (RATIO, "0.5", "is a number, not '0.5'"),
        (COLOUR, "green", "is one of red, blue, not 'green'"),
        (COLOUR, ["red"], "is one of red, blue"),
        (ADDRESSES, "a@b.org", "is a list of e-mail addresses"),
        (ADDRESSES, [1], "is a list of e-mail addresses"),
        (ADDRESSES, ["a@b.org", "nowhere"], "'nowhere' is not an e-mail address"),
    ],
)
def test_a_value_that_does_not_fit_is_refused_with_the_keys_name_and_the_cause(key, value, cause):
    with pytest.raises(ValidationError) as refused:
        key.check(value)
    assert refused.value.message.startswith(key.name)
    assert cause in refused.value.message


@pytest.mark.django_db
def test_what_is_set_is_in_force(actor):
    set_config(key=LIMIT, value=100, actor=actor)
    assert SystemConfig.objects.in_force(LIMIT) == 100
    assert SystemConfig.objects.filter(key=LIMIT).count() == 1


@pytest.mark.django_db
def test_a_value_out_of_range_is_refused_and_the_old_one_stays(actor):
    with pytest.raises(ValidationError, match=f"{LIMIT} is from 1 to 65536, not 0"):
        set_config(key=LIMIT, value=0, actor=actor)
    assert SystemConfig.objects.in_force(LIMIT) == config.declared()[LIMIT].default


@pytest.mark.django_db
def test_a_key_that_nobody_declared_is_unknown(actor):
    with pytest.raises(ValidationError, match="unheard_of is not a key that AstrID knows"):
        set_config(key="unheard_of", value=1, actor=actor)
    with pytest.raises(KeyError):
        SystemConfig.objects.in_force("unheard_of")


@pytest.mark.django_db
def test_an_inactive_or_missing_row_leaves_the_default_in_force():
    SystemConfig.objects.filter(key=LIMIT).update(value=100, is_active=False)
    assert SystemConfig.objects.in_force(LIMIT) == config.declared()[LIMIT].default
    SystemConfig.objects.filter(key=LIMIT).delete()
    assert SystemConfig.objects.in_force(LIMIT) == config.declared()[LIMIT].default


@pytest.mark.django_db
def test_setting_a_value_puts_it_in_force_also_where_its_row_was_inactive_or_missing(actor):
    SystemConfig.objects.filter(key=LIMIT).update(is_active=False)
    set_config(key=LIMIT, value=100, actor=actor)
    assert SystemConfig.objects.in_force(LIMIT) == 100
    SystemConfig.objects.filter(key=LIMIT).delete()
    set_config(key=LIMIT, value=200, actor=actor)
    assert SystemConfig.objects.in_force(LIMIT) == 200
