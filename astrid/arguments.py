"""What commands are told on the command line, as rows."""

from uuid import UUID

from django.core.management.base import CommandError

from astrid.models import Observation, Survey


def survey_named(name: str) -> Survey:
    survey = Survey.objects.filter(name=name).first()
    if survey is None:
        names = ", ".join(Survey.objects.values_list("name", flat=True))
        raise CommandError(f"there is no survey {name!r}; there are {names}")
    return survey


def observations_named(names: list[str]) -> list[Observation]:
    """Observations by their observation_id or their key."""
    return [_observation_named(name) for name in names]


def _observation_named(name: str) -> Observation:
    found = Observation.objects.filter(observation_id=name).first() or _by_key(name)
    if found is None:
        raise CommandError(f"there is no observation {name!r}")
    return found


def _by_key(text: str) -> Observation | None:
    try:
        return Observation.objects.filter(pk=UUID(text)).first()
    except ValueError:
        return None
