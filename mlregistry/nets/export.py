"""From a PyTorch network to the ONNX file that `infer.Scorer` runs."""

import logging
import warnings
from pathlib import Path

import onnx
import torch

from .infer import Scorer
from .stamps import STAMP_PX, normalised
from .unet import PLANES, UNet

OPSET = 18
TOLERANCE = 1e-5


def export(network: UNet, path: Path) -> float:
    """Write a network, with a sigmoid after it, as one ONNX file with a free batch axis.

    Returns:
        The largest difference of a pixel's probability between PyTorch and ONNX Runtime on noise.

    Raises:
        RuntimeError: that difference exceeds 1e-5.
    """
    probabilities = torch.nn.Sequential(network, torch.nn.Sigmoid()).eval()
    stamps = torch.randn(8, PLANES, STAMP_PX, STAMP_PX, generator=torch.Generator().manual_seed(0))
    # It says at every export that torchvision, which nothing here uses, is missing.
    logging.getLogger("torch.onnx._internal.exporter._registration").setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", r".*LeafSpec", FutureWarning)
        program = torch.onnx.export(
            probabilities,
            (stamps,),
            dynamo=True,
            opset_version=OPSET,
            input_names=["stamps"],
            output_names=["probability"],
            dynamic_shapes=({0: torch.export.Dim("n")},),
            verbose=False,
        )
    onnx.save(_without_metadata(program.model_proto), path)
    with torch.no_grad():
        expected = probabilities(torch.from_numpy(normalised(stamps.numpy())))[:, 0].numpy()
    difference = float(abs(Scorer(path).score(stamps.numpy())[1] - expected).max())
    if difference > TOLERANCE:
        raise RuntimeError(f"{path}: ONNX Runtime differs from PyTorch by {difference:.2g}")
    return difference


def _without_metadata(model: onnx.ModelProto) -> onnx.ModelProto:
    """The exporter notes where on this machine each operator's source code lies."""
    graph = model.graph
    for part in (model, graph, *graph.node, *graph.input, *graph.output, *graph.value_info, *graph.initializer):
        part.ClearField("metadata_props")
        part.ClearField("doc_string")
    return model
