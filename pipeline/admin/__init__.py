"""The admin of phase 2."""

from pipeline.admin import candidates, catalogues, runs
from pipeline.admin.candidates import magnitude, signal_to_noise
from pipeline.admin.stamps import StampsMixin

__all__ = ("StampsMixin", "candidates", "catalogues", "magnitude", "runs", "signal_to_noise")
