"""Against a real MLflow server with an SQLite store."""

import json
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from importlib import metadata
from pathlib import Path

import pytest

from mlregistry import tracking
from mlregistry.tracking import TrackingError, log_training

CARD = {
    "name": "small U-Net",
    "version": "1",
    "model_type": "unet",
    "architecture": {"base_channels": 8, "input": [3, 64, 64]},
    "hyperparameters": {"seed": 1, "learning_rate": 0.004},
    "training_set": {"name": "simulated pairs, seed 1"},
    "metrics": {"average_precision": 0.993, "precision": 0.97, "kept_fraction_above_snr_10": None},
}


@pytest.fixture
def model(tmp_path):
    path = tmp_path / "unet.onnx"
    path.write_bytes(b"weights")
    path.with_suffix(".json").write_text(json.dumps(CARD))
    return path


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    try:
        metadata.version("mlflow")
    except metadata.PackageNotFoundError:
        pytest.skip("the full mlflow package is not installed: no server to log to")
    home, url = tmp_path_factory.mktemp("mlflow"), f"http://127.0.0.1:{_free_port()}"
    command = [
        sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", url.rpartition(":")[2],
        "--workers", "1", "--backend-store-uri", f"sqlite:///{home}/store.db",
        "--artifacts-destination", str(home / "artefacts"),
    ]  # fmt: skip
    log = (home / "server.log").open("w")
    process = subprocess.Popen(command, cwd=home, stdout=log, stderr=subprocess.STDOUT, start_new_session=True)
    try:
        _wait_for(url, process, home / "server.log")
        yield url
    finally:
        process.terminate()
        process.wait(30)
        log.close()


def _wait_for(url, process, log):
    for _ in range(600):
        try:
            with urllib.request.urlopen(f"{url}/health", timeout=5):
                return
        except (urllib.error.URLError, ConnectionError):
            assert process.poll() is None, log.read_text()
            time.sleep(0.2)
    pytest.fail(f"the MLflow server did not come up: {log.read_text()}")


def test_a_training_is_read_back_from_the_server(server, model, monkeypatch, tmp_path):
    from mlflow import MlflowClient

    monkeypatch.setenv("MLFLOW_TRACKING_URI", server)
    run_id = log_training(model, CARD)
    client = MlflowClient(server)
    run = client.get_run(run_id)
    assert run.info.status == "FINISHED"
    assert run.info.run_name == "small U-Net 1"
    assert run.data.metrics == {"average_precision": 0.993, "precision": 0.97}
    assert run.data.params == {
        "base_channels": "8", "input": "[3, 64, 64]", "seed": "1", "learning_rate": "0.004",
    }  # fmt: skip
    assert run.data.tags["training_set"] == "simulated pairs, seed 1"
    assert {file.path for file in client.list_artifacts(run_id)} == {"unet.onnx", "unet.json"}
    (tmp_path / "back").mkdir()
    kept = client.download_artifacts(run_id, "unet.onnx", str(tmp_path / "back"))
    assert Path(kept).read_bytes() == b"weights"


def test_a_server_that_is_away_is_a_tracking_error_that_names_it(model, monkeypatch):
    pytest.importorskip("mlflow", reason="mlflow is not installed (extra [mlflow])")
    url = f"http://127.0.0.1:{_free_port()}"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", url)
    monkeypatch.setitem(tracking.PATIENCE, "MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    with pytest.raises(TrackingError, match=url):
        log_training(model, CARD)


def test_without_mlflow_the_error_says_what_to_install(model, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    monkeypatch.setitem(sys.modules, "mlflow", None)
    with pytest.raises(TrackingError, match=r"\[mlflow\]"):
        log_training(model, CARD)


@pytest.mark.parametrize(("uri", "wanted"), [(None, False), ("", False), ("http://mlflow.example", True)])
def test_tracking_is_wanted_where_a_server_is_named(uri, wanted, monkeypatch):
    if uri is None:
        monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    else:
        monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
    assert tracking.is_wanted() is wanted


def test_importing_the_tracking_imports_no_mlflow():
    code = "import sys, mlregistry.tracking; assert 'mlflow' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
