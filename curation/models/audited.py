"""Proxies that hang the audit triggers on other apps' tables; nothing else uses them."""

from django.contrib.auth.models import Group, Permission, User

from astrid.models import Observation, Survey, SystemConfig
from curation.audit import audit_triggers
from mlregistry.models import Detection, MLModel, ModelRun, TrainingSet
from pipeline.models import (
    Candidate,
    Catalogue,
    CatalogueSource,
    DifferenceRun,
    KnownMatch,
    LightCurvePoint,
    MasterFrame,
    MinorPlanet,
    PreprocessRun,
    ProcessingJob,
    SkyObject,
)


def _audited(model):
    """A proxy of `model` whose migrations, and so the triggers, belong to curation."""
    meta = type("Meta", (), {"proxy": True, "triggers": audit_triggers(), "default_permissions": ()})
    name = f"Audited{model.__name__.replace('_', '')}"
    return type(name, (model,), {"__module__": __name__, "Meta": meta})


ASTRID = [_audited(model) for model in (Survey, Observation, SystemConfig)]
USERS = [
    _audited(model)
    for model in (
        User,
        Group,
        Permission,
        User.groups.through,
        User.user_permissions.through,
        Group.permissions.through,
    )
]
PIPELINE = [
    _audited(model)
    for model in (
        SkyObject,
        PreprocessRun,
        DifferenceRun,
        Candidate,
        ProcessingJob,
        MasterFrame,
        Catalogue,
        CatalogueSource,
        MinorPlanet,
        KnownMatch,
        LightCurvePoint,
    )
]
MLREGISTRY = [_audited(model) for model in (TrainingSet, MLModel, ModelRun, Detection)]
