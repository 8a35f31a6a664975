"""Scoring of candidates by a network in an ONNX file: ONNX Runtime alone, no torch."""

from pathlib import Path

import numpy as np
import onnxruntime
from onnxruntime.capi.onnxruntime_pybind11_state import Fail, InvalidArgument, InvalidGraph, InvalidProtobuf

from .stamps import STAMP_PX, normalised

BATCH = 64
THREADS = 2
CENTRE_RADIUS_PX = 2.0
_y, _x = np.mgrid[:STAMP_PX, :STAMP_PX] - STAMP_PX // 2
CENTRE = np.hypot(_x, _y) <= CENTRE_RADIUS_PX


class Scorer:
    """A network that gives every pixel of a stamp the probability that it belongs to a real change.

    Its file takes `normalised` stamps, float32 [N, 3, 64, 64], and gives float32 [N, 1, 64, 64] in 0 to 1. A
    candidate's confidence is the mean probability within 2 px of its stamp's centre: less noisy than the
    highest one, and smooth enough to be trained and calibrated itself.

    Raises:
        ValueError: the file holds no such network; the message names the file and the cause.
    """

    def __init__(self, path: Path) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = THREADS
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        try:
            self._session = onnxruntime.InferenceSession(
                Path(path).read_bytes(), options, providers=["CPUExecutionProvider"]
            )
        except (OSError, Fail, InvalidArgument, InvalidGraph, InvalidProtobuf) as error:
            raise ValueError(f"{path}: no ONNX network: {error}") from error
        self._input = _checked_signature(path, self._session)

    def score(self, stamps: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Score candidates.

        Args:
            stamps: [N, 3, 64, 64]: science, reference, difference, of positive sources (`as_positive`), in
                any linear unit, NaN where there is no data.

        Returns:
            Confidences, float32 [N] in 0 to 1, and the probability of each pixel, float32 [N, 64, 64].
        """
        masks = np.empty((len(stamps), STAMP_PX, STAMP_PX), dtype=np.float32)
        for start in range(0, len(stamps), BATCH):
            batch = normalised(stamps[start : start + BATCH])
            masks[start : start + BATCH] = self._session.run(None, {self._input: batch})[0][:, 0]
        return confidence_of(masks), masks


def confidence_of(masks: np.ndarray) -> np.ndarray:
    """Mean probability within `CENTRE_RADIUS_PX` of the centre of masks [N, 64, 64]: float32 [N]."""
    return masks[:, CENTRE].mean(axis=1, dtype=np.float64).astype(np.float32)


def _checked_signature(path: Path, session: onnxruntime.InferenceSession) -> str:
    """The input's name, if input and output are what stamps need."""
    expected = ([("tensor(float)", [3, STAMP_PX, STAMP_PX])], [("tensor(float)", [1, STAMP_PX, STAMP_PX])])
    nodes = session.get_inputs(), session.get_outputs()
    found = tuple([(node.type, list(node.shape[1:])) for node in side] for side in nodes)
    has_free_batch = all(node.shape and not isinstance(node.shape[0], int) for side in nodes for node in side)
    if found != expected or not has_free_batch:
        described = " → ".join(", ".join(f"{node.type} {node.shape}" for node in side) or "nothing" for side in nodes)
        raise ValueError(
            f"{path}: the network takes and gives {described}; "
            f"stamps need float [N, 3, {STAMP_PX}, {STAMP_PX}] → float [N, 1, {STAMP_PX}, {STAMP_PX}]"
        )
    return nodes[0][0].name
