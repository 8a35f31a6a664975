"""What is known at the place of a candidate, in words."""

from dataclasses import dataclass
from itertools import groupby

from django.db.models import Exists, OuterRef, Q

from astrid.models import SystemConfig
from pipeline.known.matching import REFERENCE_RADIUS_ARCSEC
from pipeline.known.minor_planets import ORBITS_HOLD, moment, orbit_catalogues
from pipeline.models import Candidate, Catalogue, CatalogueSource, KnownKind, KnownMatch
from pipeline.models.catalogues import SourceKind

_NOT_IN_REFERENCE = f"no source of the reference image within {REFERENCE_RADIUS_ARCSEC:g}″"


@dataclass(frozen=True)
class Answer:
    """What a question has for an answer: the matches, nearest first, and statements that are there without one too."""

    question: str
    statements: list[str]
    matches: list[KnownMatch]


def describe(candidate: Candidate) -> list[Answer]:
    """Is it in a catalogue, is it a minor planet, is there something in the reference image?"""
    matches = list(candidate.known_matches.select_related("catalogue"))
    planets = [match for match in matches if match.kind == KnownKind.MINOR_PLANET]
    references = [match for match in matches if match.kind == KnownKind.REFERENCE_SOURCE]
    sources = [match for match in matches if match.kind in SourceKind.values]
    return [
        Answer("catalogues", [*map(_named, sources), *_nothing_in_catalogues(candidate, sources)], sources),
        Answer("minor planets", [*map(_named, planets)] or [_no_minor_planet(candidate)], planets),
        Answer("reference image", [*map(_named, references)] or [_NOT_IN_REFERENCE], references),
    ]


def _named(match: KnownMatch) -> str:
    """As in `RR Lyr, variable (RRAB), mag 7.1, 0.4″ (VSX)`."""
    what = f"{match.kind} ({match.source_type})" if match.source_type else match.kind
    mag = "" if match.mag is None else f"mag {match.mag:.1f}"
    words = ", ".join(word for word in (match.name, what, mag, f"{match.separation_arcsec:.1f}″") if word)
    return f"{words} ({match.catalogue})" if match.catalogue else words


def _nothing_in_catalogues(candidate: Candidate, sources: list[KnownMatch]) -> list[str]:
    """A statement about the catalogues that cover the place and have nothing there."""
    reach_arcsec = 60 * SystemConfig.objects.in_force("pipeline.catalogue_coverage_arcmin")
    around = CatalogueSource.objects.within(ra=candidate.ra, dec=candidate.dec, radius_arcsec=reach_arcsec)
    silent = (
        Catalogue.objects.filter(Q(covers_whole_sky=True) | Exists(around.filter(catalogue=OuterRef("pk"))))
        .exclude(pk__in=orbit_catalogues().values("pk"))
        .exclude(pk__in=[match.catalogue_id for match in sources])
        .order_by("match_radius_arcsec", "name")
    )
    statements = [
        f"nothing known within {radius_arcsec:g}″ in {', '.join(map(str, catalogues))}"
        for radius_arcsec, catalogues in groupby(silent, key=lambda catalogue: catalogue.match_radius_arcsec)
    ]
    return statements if statements or sources else ["no catalogue loaded here"]


def _no_minor_planet(candidate: Candidate) -> str:
    epochs = [moment(catalogue.epoch_jd) for catalogue in orbit_catalogues()]
    if not epochs:
        return "no orbits loaded"
    time = candidate.observation.observation_time
    nearest = min(epochs, key=lambda epoch: abs(epoch - time))
    if abs(nearest - time) > ORBITS_HOLD:
        return f"no orbits of its time loaded: the nearest are of {nearest:%Y-%m-%d}"
    radius_arcsec = SystemConfig.objects.in_force("pipeline.minor_planet_radius_arcsec")
    return f"no minor planet within {radius_arcsec:g}″"
