"""Processing: runs on observations, the candidates they find, and the jobs that carry them out."""

from pipeline.models.calibration import MasterFrame, MasterKind
from pipeline.models.candidates import Candidate, CandidateStatus, SkyObject
from pipeline.models.catalogues import Catalogue, CatalogueSource, KnownKind, KnownMatch, MinorPlanet, SourceKind
from pipeline.models.jobs import JobStatus, ProcessingJob
from pipeline.models.light_curves import LightCurvePoint
from pipeline.models.runs import DifferenceRun, PreprocessRun, Run, RunStatus

__all__ = (
    "Candidate",
    "CandidateStatus",
    "Catalogue",
    "CatalogueSource",
    "DifferenceRun",
    "JobStatus",
    "KnownKind",
    "KnownMatch",
    "LightCurvePoint",
    "MasterFrame",
    "MasterKind",
    "MinorPlanet",
    "PreprocessRun",
    "ProcessingJob",
    "Run",
    "RunStatus",
    "SkyObject",
    "SourceKind",
)
