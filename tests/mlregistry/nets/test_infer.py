import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from mlregistry.nets import infer
from mlregistry.nets.infer import Scorer, confidence_of
from mlregistry.nets.samples import samples_of_pair
from mlregistry.nets.stamps import STAMP_PX

SHIPPED = Path(infer.__file__).parent / "weights" / "unet.onnx"


@pytest.fixture(scope="module")
def scorer() -> Scorer:
    return Scorer(SHIPPED)


@pytest.fixture(scope="module")
def samples():
    """A pair that no training of ours sees: its seed is below any split's."""
    return samples_of_pair(11)


@pytest.fixture
def stamps() -> np.ndarray:
    return np.random.default_rng(2).normal(100, 5, (200, 3, STAMP_PX, STAMP_PX)).astype(np.float32)


def test_the_shipped_network_tells_bright_transients_from_flaws(scorer, samples):
    confidence, _ = scorer.score(samples.stamps)
    bright = samples.real & (samples.true_snr > 10)
    assert bright.sum() >= 10
    assert (confidence[bright] >= 0.5).mean() >= 0.9
    assert (confidence[~samples.real] < 0.5).mean() >= 0.9


def test_the_mask_lies_where_the_change_is(scorer, samples):
    part = samples[samples.real & (samples.true_snr > 15)]
    _, masks = scorer.score(part.stamps)
    inside, outside = masks[part.masks].mean(), masks[~part.masks].mean()
    assert inside > 0.6
    assert outside < 0.02


def test_confidences_and_masks_are_probabilities(scorer, stamps):
    confidence, masks = scorer.score(stamps)
    assert confidence.dtype == masks.dtype == np.float32
    assert confidence.shape == (200,)
    assert masks.shape == (200, STAMP_PX, STAMP_PX)
    for values in (confidence, masks):
        assert (values >= 0).all()
        assert (values <= 1).all()


def test_a_score_does_not_depend_on_its_batch(scorer, stamps, monkeypatch):
    confidence, masks = scorer.score(stamps)
    alone = [scorer.score(stamps[n : n + 1]) for n in (0, 63, 64, 199)]
    for n, (one, mask) in zip((0, 63, 64, 199), alone, strict=True):
        assert one[0] == pytest.approx(confidence[n], abs=1e-6)
        assert np.allclose(mask[0], masks[n], rtol=0, atol=1e-6)
    monkeypatch.setattr(infer, "BATCH", 7)
    assert np.allclose(scorer.score(stamps)[0], confidence, rtol=0, atol=1e-6)


def test_a_score_depends_neither_on_the_unit_of_flux_nor_on_the_sky(scorer, samples):
    stamps = samples.stamps
    assert scorer.score(3.7 * stamps + 40)[0] == pytest.approx(scorer.score(stamps)[0], abs=1e-3)


def test_stamps_with_nothing_in_them_get_a_score_too(scorer):
    confidence, masks = scorer.score(np.full((1, 3, STAMP_PX, STAMP_PX), np.nan, dtype=np.float32))
    assert np.isfinite(confidence).all()
    assert np.isfinite(masks).all()
    assert confidence[0] < 0.5


def test_no_stamps_get_no_scores(scorer):
    confidence, masks = scorer.score(np.zeros((0, 3, STAMP_PX, STAMP_PX), dtype=np.float32))
    assert confidence.shape == (0,)
    assert masks.shape == (0, STAMP_PX, STAMP_PX)


def test_the_confidence_is_the_mean_probability_within_2_px_of_the_centre():
    masks = np.zeros((2, STAMP_PX, STAMP_PX), dtype=np.float32)
    masks[0, 32, 32] = 1
    masks[1, 30:35, 30:35] = 1
    assert confidence_of(masks) == pytest.approx([1 / 13, 1])


def test_the_shipped_card_says_what_the_network_is():
    card = json.loads(SHIPPED.with_suffix(".json").read_text())
    assert (card["name"], card["model_type"]) == ("small U-Net", "unet")
    splits = card["training_set"]["manifest"]["splits"]
    seeds = [set(range(split["first_seed"], split["last_seed"] + 1)) for split in splits.values()]
    assert not set.intersection(*seeds)
    assert card["training_set"]["item_count"] == splits["training"]["items"]
    assert card["metrics"]["n_test"] == splits["test"]["items"]
    assert card["metrics"]["average_precision"] > 0.98
    assert SHIPPED.stat().st_size <= 4_000_000


@pytest.mark.parametrize(
    "content",
    [b"", b"SIMPLE  =                    T", SHIPPED.read_bytes()[:5000], b"\x80\x04\x95cos\nsystem\n"],
    ids=["empty", "fits", "truncated", "pickle"],
)
def test_what_is_no_network_is_refused_by_name(tmp_path, content):
    path = tmp_path / "broken.onnx"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"broken\.onnx"):
        Scorer(path)


def test_a_missing_file_is_refused_by_name(tmp_path):
    with pytest.raises(ValueError, match=r"nowhere\.onnx"):
        Scorer(tmp_path / "nowhere.onnx")


@pytest.mark.parametrize(
    ("taken", "given"),
    [
        (["n", 4, 64, 64], ["n", 1, 64, 64]),
        (["n", 3, 63, 63], ["n", 1, 63, 63]),
        (["n", 3, 64, 64], ["n", 3, 64, 64]),
        ([8, 3, 64, 64], [8, 1, 64, 64]),
    ],
)
def test_a_network_of_another_signature_is_refused_with_both(tmp_path, taken, given):
    onnx = pytest.importorskip("onnx", reason="onnx is not installed: it makes the wrong networks")
    helper, floats = onnx.helper, onnx.TensorProto.FLOAT
    graph = helper.make_graph(
        [
            helper.make_node("Constant", [], ["axes"], value_ints=[1]),
            helper.make_node("ReduceMean", ["stamps", "axes"], ["out"])
            if given[1] == 1
            else helper.make_node("Identity", ["stamps"], ["out"]),
        ],
        "other",
        [helper.make_tensor_value_info("stamps", floats, taken)],
        [helper.make_tensor_value_info("out", floats, given)],
    )
    path = tmp_path / "other.onnx"
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10), path)
    with pytest.raises(ValueError, match=r"other\.onnx.*stamps need"):
        Scorer(path)


def test_scoring_imports_no_torch():
    code = "import sys, mlregistry.nets.infer; assert not {'torch', 'onnx'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(infer.__file__).parents[2])
