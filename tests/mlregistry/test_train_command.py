import json
import sys
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from mlregistry import tracking
from mlregistry.nets.infer import Scorer


def _run(directory) -> tuple[str, str]:
    out, err = StringIO(), StringIO()
    call_command("train", pairs=4, epochs=1, seed=7, output=directory, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


@pytest.fixture(scope="module")
def output(tmp_path_factory):
    for package in ("torch", "onnx", "onnxscript"):
        pytest.importorskip(package, reason=f"{package} is not installed: no training (extra [ml])")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
        patch.setattr(tracking, "log_training", _refuse)
        directory = tmp_path_factory.mktemp("model")
        return directory, *_run(directory)


def _refuse(path, card):
    raise tracking.TrackingError("http://127.0.0.1:9: connection refused")


def test_it_writes_a_network_that_scores_and_its_card(output):
    directory, out, _ = output
    Scorer(directory / "unet.onnx")
    card = json.loads((directory / "unet.json").read_text())
    assert set(card) == {
        "name", "version", "model_type", "architecture", "hyperparameters", "training_set", "metrics",
    }  # fmt: skip
    assert {"precision", "recall", "f1_score", "accuracy", "average_precision"} <= set(card["metrics"])
    assert card["training_set"]["manifest"]["splits"]["test"]["first_seed"] == 7_000_003
    assert "average precision" in out


def test_an_absent_mlflow_server_costs_a_line_and_not_the_training(output):
    directory, _, err = output
    assert err.strip() == "not logged to MLflow: http://127.0.0.1:9: connection refused"
    assert (directory / "unet.onnx").exists()


def test_without_torch_it_says_what_to_install(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(CommandError, match=r"training needs torch.*\[ml\]"):
        _run(tmp_path)


@pytest.mark.parametrize("option", [{"pairs": 2}, {"epochs": 0}])
def test_what_cannot_be_trained_is_refused_before_anything_is_simulated(option, tmp_path):
    pytest.importorskip("torch", reason="torch is not installed: no training (extra [ml])")
    with pytest.raises(CommandError, match=r"2 pairs|0 epochs"):
        call_command("train", output=tmp_path, stdout=StringIO(), **option)


def test_an_output_that_is_no_folder_is_refused_by_name(tmp_path):
    pytest.importorskip("torch", reason="torch is not installed: no training (extra [ml])")
    (tmp_path / "file").touch()
    with pytest.raises(CommandError, match="file"):
        call_command("train", output=tmp_path / "file", stdout=StringIO())
