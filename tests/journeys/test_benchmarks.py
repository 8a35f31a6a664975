import json
import math
import subprocess
import sys

from tests import ROOT

KEYS = {"benchmark", "figure", "value", "unit", "goal", "anchor", "met"}


def run(*arguments: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-m", "tests.benchmarks", *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )


def test_a_benchmark_prints_a_table_and_writes_the_same_as_json(tmp_path):
    file = tmp_path / "figures.json"
    done = run("imaging", "--quick", "--json", str(file))
    assert done.returncode == 0, done.stderr
    figures = json.loads(file.read_text())
    assert all(set(figure) == KEYS for figure in figures)
    assert {figure["benchmark"] for figure in figures} == {"imaging"}
    assert all(math.isfinite(figure["value"]) for figure in figures)
    for heading in ("figure", "value", "unit", "goal", "anchor", "ratio"):
        assert heading in done.stdout


def test_an_unknown_benchmark_is_named_with_those_there_are():
    done = run("nonsense")
    assert done.returncode == 2
    assert "nonsense" in done.stderr
    assert "imaging" in done.stderr
