"""MLflow, for observatories that run a tracking server: the one module that imports it, and only when asked to."""

import os
from pathlib import Path

# MLflow's own defaults wait for an absent server for many minutes.
PATIENCE = {"MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2", "MLFLOW_HTTP_REQUEST_TIMEOUT": "10"}
EXPERIMENT = "AstrID"


class TrackingError(RuntimeError):
    """A training could not be told to MLflow; the message says why."""


def is_wanted() -> bool:
    """Whether `MLFLOW_TRACKING_URI` names a server."""
    return bool(os.environ.get("MLFLOW_TRACKING_URI"))


def log_training(path: Path, card: dict) -> str:
    """Log a trained model to the server in `MLFLOW_TRACKING_URI`: parameters, metrics, the network and its card.

    Args:
        path: the ONNX file; its card lies beside it as .json.
        card: what that holds.

    Returns:
        The run's id.

    Raises:
        TrackingError: MLflow is not installed, or the server did not take it.
    """
    for name, value in PATIENCE.items():
        os.environ.setdefault(name, value)
    try:
        import mlflow
        from mlflow.exceptions import MlflowException
        from requests.exceptions import RequestException
    except ImportError as error:
        raise TrackingError(f"MLflow is not installed ({error}); pip install -e '.[mlflow]'") from error
    server = os.environ["MLFLOW_TRACKING_URI"]
    try:
        mlflow.set_tracking_uri(server)
        mlflow.set_experiment(EXPERIMENT)
        with mlflow.start_run(run_name=f"{card['name']} {card['version']}") as run:
            mlflow.log_params(card["architecture"] | card["hyperparameters"])
            mlflow.log_metrics({name: value for name, value in card["metrics"].items() if value is not None})
            mlflow.set_tags({"model_type": card["model_type"], "training_set": card["training_set"]["name"]})
            for file in (path, path.with_suffix(".json")):
                mlflow.log_artifact(str(file))
    except (MlflowException, RequestException, OSError) as error:
        raise TrackingError(f"{server}: {error}") from error
    return run.info.run_id
