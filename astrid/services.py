"""Verbs of phase 1: register and ingest observations, change the configuration."""

from dataclasses import asdict
from pathlib import Path

from django.core.exceptions import ValidationError

from astrid import storage
from astrid.actors import service
from astrid.fits import Facts, FitsRefused, read_facts
from astrid.models import Observation, Survey, SystemConfig

_INSTRUMENT_DEFAULTS = ("gain_e_per_adu", "read_noise_e", "saturation_adu")


@service
def register_survey(*, name: str, actor, **facts) -> Survey:
    """The survey of this name, registered with the facts if it is new."""
    survey, _ = Survey.objects.get_or_create(name=name, defaults=facts)
    return survey


@service
def register_observation(*, survey: Survey, actor, **facts) -> Observation:
    """Record an observation from its facts alone. Raises ValidationError naming every field that is wrong."""
    observation = Observation(survey=survey, **facts)
    observation.full_clean()
    observation.save(force_insert=True)
    return observation


def ingest(path: Path, *, survey: Survey, kind: str, filter_band: str | None = None, actor) -> tuple[Observation, bool]:
    """Take a FITS file into the store and record it: the observation, and whether it is new.

    The same bytes in the same survey are one observation, however often and by however many they are ingested.

    Raises
    ------
    FitsRefused
        The file cannot be used; nothing of it is kept.
    """
    limit_mb = SystemConfig.objects.in_force("astrid.ingest_max_mb")
    if path.is_file() and path.stat().st_size > limit_mb * 1_000_000:
        raise FitsRefused(path, f"is larger than astrid.ingest_max_mb, {limit_mb} MB")
    facts = read_facts(path, keyword_map=survey.header_keywords, filter_band=filter_band)
    known = Observation.objects.filter(survey=survey, fits_sha256=facts.sha256).first()
    if known:
        return known, False
    values = _values(facts, survey=survey) | {"kind": kind}
    try:
        Observation(**values).clean_fields()
    except ValidationError as error:
        causes = (f"{name}: {' '.join(messages)}" for name, messages in error.message_dict.items())
        raise FitsRefused(path, "; ".join(causes)) from error
    values["fits_file_path"] = storage.keep_file(path, sha256=facts.sha256)
    return _record_ingested(values, actor=actor)


def _values(facts: Facts, *, survey: Survey) -> dict:
    """The facts as an observation's fields; what the header lacks of the instrument, the survey may know."""
    values = asdict(facts) | {"survey": survey}
    values["fits_sha256"] = values.pop("sha256")
    for name in _INSTRUMENT_DEFAULTS:
        if values[name] is None:
            values[name] = getattr(survey, name)
    return values


@service
def _record_ingested(values: dict, *, actor) -> tuple[Observation, bool]:
    return Observation.objects.get_or_create(
        survey=values["survey"], fits_sha256=values["fits_sha256"], defaults=values
    )


@service
def set_config(*, key: str, value, actor) -> SystemConfig:
    """Put one configuration value in force. Raises ValidationError for an unknown key or a value out of its range."""
    row = SystemConfig.objects.select_for_update().filter(key=key).first() or SystemConfig(key=key)
    row.value, row.is_active = value, True
    row.full_clean(validate_unique=False, validate_constraints=False)
    row.save()
    return row
