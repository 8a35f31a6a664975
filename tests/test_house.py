"""The house keeps its order: what lies where, who imports whom, and docs that point at what exists."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests import ROOT

TOP_LEVEL = {"manage.py", "pyproject.toml", "astrid", "pipeline", "curation", "mlregistry", "tests", "README.md"}
DOCS = [ROOT / "README.md", *ROOT.glob("*/docs/*.md")]


def tracked() -> list[str]:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("not a git checkout")
    return listed.stdout.splitlines()


def test_the_top_level_is_what_it_is():
    assert {name.split("/")[0] for name in tracked() if not name.startswith(".")} <= TOP_LEVEL


def test_imports_point_down_and_science_is_free_of_django():
    program = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([program, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_the_code_is_as_ruff_wants_it():
    program = Path(sys.executable).with_name("ruff")
    for arguments in (["check", "."], ["format", "--check", "."]):
        done = subprocess.run(
            [program, *arguments, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("page", DOCS, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_of_a_page_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)#]+)\)", page.read_text()):
        if "://" not in target:
            assert (page.parent / target).exists(), f"{page.name} points at {target}"


def test_ci_runs_the_readmes_test_command():
    readme, ci = (ROOT / "README.md").read_text(), (ROOT / ".ci" / "run").read_text()
    assert ".venv/bin/pip install -e '.[test]' && .venv/bin/pytest" in readme
    assert "pip\" install -q -e '.[test]'" in ci


def test_every_dependency_says_why_it_is_there():
    lines = (ROOT / "pyproject.toml").read_text().splitlines()
    required = tomllib.loads("\n".join(lines))["project"]["dependencies"]
    plain = {"numpy>=2"}
    for name in set(required) - plain:
        line = next(line for line in lines if f'"{name}"' in line)
        assert "#" in line, f"{name} does not say why"
