"""The tests mirror the apps; `REALDATA` is where real telescope files may lie beside the project."""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
REALDATA = ROOT.parent / "shared" / "realdata"
