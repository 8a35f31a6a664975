"""Processing: runs on observations, the candidates they find, and the jobs that carry them out."""

from pipeline.models.candidates import Candidate, CandidateStatus, SkyObject
from pipeline.models.jobs import JobStatus, ProcessingJob
from pipeline.models.runs import DifferenceRun, PreprocessRun, Run, RunStatus

__all__ = (
    "Candidate",
    "CandidateStatus",
    "DifferenceRun",
    "JobStatus",
    "PreprocessRun",
    "ProcessingJob",
    "Run",
    "RunStatus",
    "SkyObject",
)
