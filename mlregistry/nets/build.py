"""The whole way to a model: samples, training, export, evaluation on pairs never seen, card."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import fields
from importlib.metadata import version
from pathlib import Path

import numpy as np

from . import samples as making
from . import train as training
from .export import OPSET, export
from .infer import CENTRE_RADIUS_PX, Scorer
from .metrics import evaluate
from .recipe import Recipe
from .samples import Samples, generate
from .stamps import STAMP_PX
from .unet import DEPTH, PLANES

NAME, VERSION = "small U-Net", "1"
PACKAGES = ("numpy", "scipy", "sep", "opencv-python-headless", "torch")
OPERATING_SIGMA = 5.0
BRIGHT_SNR = 10.0


def build(
    directory: Path,
    recipe: Recipe,
    *,
    on_pair: Callable[[], None] | None = None,
    on_epoch: Callable[[float], None] | None = None,
) -> tuple[Path, dict]:
    """Train a model and write `unet.onnx` and its card `unet.json` into a directory.

    `on_pair` is called after each simulated pair, `on_epoch` with the validation loss after each epoch.

    Returns:
        The network's path and the card.

    Raises:
        ValueError: too few pairs for real and false samples in each split.
    """
    directory.mkdir(parents=True, exist_ok=True)
    splits = recipe.splits()
    every = generate([seed for split in splits.values() for seed in split], size_px=recipe.size_px, progress=on_pair)
    samples = {name: every[np.isin(every.pair, split)] for name, split in splits.items()}
    for name, part in samples.items():
        if part.real.all() or not part.real.any():
            raise ValueError(f"{recipe.pairs} pairs: no real or no false samples for {name}; take more")
    trained = training.train(
        samples["training"],
        samples["validation"],
        seed=recipe.seed,
        epochs=recipe.epochs,
        base=recipe.base,
        progress=on_epoch,
    )
    path = directory / "unet.onnx"
    export(trained.network, path)
    card = {
        "name": NAME,
        "version": VERSION,
        "model_type": "unet",
        "architecture": _architecture(recipe, trained),
        "hyperparameters": _hyperparameters(recipe, trained),
        "training_set": _training_set(recipe, samples),
        "metrics": metrics_on(path, samples["test"], megapixels=len(splits["test"]) * recipe.size_px**2 / 1e6),
    }
    path.with_suffix(".json").write_text(json.dumps(card, indent=2) + "\n")
    return path, card


def metrics_on(path: Path, samples: Samples, *, megapixels: float) -> dict[str, float]:
    """What the network in a file makes of samples: `metrics.evaluate`, and its use after a search at 5 σ."""
    confidence, _ = Scorer(path).score(samples.stamps)
    searched = samples.is_candidate & (samples.significance >= OPERATING_SIGMA)
    bright = searched & (samples.true_snr >= BRIGHT_SNR)
    accepted = confidence >= 0.5
    return evaluate(samples.real, confidence) | {
        "n_test": len(samples),
        "n_real": int(samples.real.sum()),
        "kept_fraction_above_snr_10": float(accepted[bright].mean()) if bright.any() else None,
        "false_per_megapixel_at_5_sigma": float((accepted & searched & ~samples.real).sum() / megapixels),
        "false_per_megapixel_at_5_sigma_before": float((searched & ~samples.real).sum() / megapixels),
    }


def _architecture(recipe: Recipe, trained: training.Trained) -> dict:
    return {
        "base_channels": recipe.base,
        "halvings": DEPTH,
        "parameters": sum(weights.numel() for weights in trained.network.parameters()),
        "input": [PLANES, STAMP_PX, STAMP_PX],
        "confidence_radius_px": CENTRE_RADIUS_PX,
        "opset": OPSET,
    }


def _hyperparameters(recipe: Recipe, trained: training.Trained) -> dict:
    return {
        "seed": recipe.seed,
        "epochs": recipe.epochs,
        "best_epoch": trained.best_epoch,
        "batch_size": training.BATCH,
        "learning_rate": training.LEARNING_RATE,
        "mask_weight": training.MASK_WEIGHT,
        "temperature": trained.temperature,
        "optimiser": "AdamW, one cycle",
    }


def _training_set(recipe: Recipe, samples: dict[str, Samples]) -> dict:
    return {
        "name": f"simulated pairs, seed {recipe.seed}",
        "item_count": len(samples["training"]),
        "manifest": {
            "generator": "mlregistry.nets.samples.generate",
            "size_px": recipe.size_px,
            "threshold_sigma": making.THRESHOLD_SIGMA,
            "match_px": making.MATCH_PX,
            "mask_radius_px": making.MASK_RADIUS_PX,
            "transients_per_pair": making.TRANSIENTS_PER_PAIR,
            "min_true_snr": making.MIN_TRUE_SNR,
            "splits": {
                name: {
                    "first_seed": split.start,
                    "last_seed": split.stop - 1,
                    "items": len(samples[name]),
                    "real": int(samples[name].real.sum()),
                    "sha256": _digest(samples[name]),
                }
                for name, split in recipe.splits().items()
            },
            "versions": {package: version(package) for package in PACKAGES},
        },
    }


def _digest(samples: Samples) -> str:
    digest = hashlib.sha256()
    for field in fields(samples):
        digest.update(np.ascontiguousarray(getattr(samples, field.name)))
    return digest.hexdigest()
