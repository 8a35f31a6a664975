"""Training, small: two pairs, a narrow network, few epochs."""

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="torch is not installed: no training (extra [ml])")
onnx = pytest.importorskip("onnx", reason="onnx is not installed: no export (extra [ml])")
pytest.importorskip("onnxscript", reason="onnxscript is not installed: no export (extra [ml])")

from mlregistry.nets import export as exporting  # noqa: E402
from mlregistry.nets.export import export  # noqa: E402
from mlregistry.nets.infer import Scorer  # noqa: E402
from mlregistry.nets.samples import Samples, samples_of_pair  # noqa: E402
from mlregistry.nets.stamps import normalised  # noqa: E402
from mlregistry.nets.train import train  # noqa: E402
from mlregistry.nets.unet import UNet  # noqa: E402

EPOCHS = 6


@pytest.fixture(scope="module")
def split() -> tuple[Samples, Samples]:
    return samples_of_pair(21, size_px=256), samples_of_pair(22, size_px=256)


@pytest.fixture(scope="module")
def trained(split):
    return train(*split, seed=3, epochs=EPOCHS, base=4)


def test_training_lowers_the_loss(trained):
    assert trained.validation_losses[trained.best_epoch - 1] == min(trained.validation_losses)
    assert min(trained.validation_losses[1:]) < trained.validation_losses[0]


def test_the_same_seed_gives_the_same_weights_and_another_seed_others(split, trained):
    def weights(network: UNet) -> np.ndarray:
        return torch.cat([value.flatten().double() for value in network.state_dict().values()]).numpy()

    again, other = (train(*split, seed=seed, epochs=EPOCHS, base=4) for seed in (3, 4))
    assert np.array_equal(weights(again.network), weights(trained.network))
    assert not np.array_equal(weights(other.network), weights(trained.network))


def test_the_exported_network_equals_the_trained_one(trained, split, tmp_path):
    path = tmp_path / "unet.onnx"
    assert export(trained.network, path) <= 1e-5
    stamps = split[1].stamps
    with torch.no_grad():
        expected = torch.sigmoid(trained.network(torch.from_numpy(normalised(stamps))))[:, 0].numpy()
    assert np.allclose(Scorer(path).score(stamps)[1], expected, rtol=0, atol=1e-5)
    assert b".py" not in path.read_bytes()


def test_a_network_that_the_export_changed_is_refused(trained, tmp_path, monkeypatch):
    monkeypatch.setattr(exporting, "TOLERANCE", -1.0)
    with pytest.raises(RuntimeError, match=r"unet\.onnx: ONNX Runtime differs"):
        export(trained.network, tmp_path / "unet.onnx")


def test_the_small_u_net_has_an_eighth_of_a_million_parameters():
    network = UNet(base=8)
    assert sum(weights.numel() for weights in network.parameters()) == 121_177
    assert network(torch.zeros(2, 3, 64, 64)).shape == (2, 1, 64, 64)


def test_dividing_the_logits_divides_the_logits():
    network, stamps = UNet(base=4).eval(), torch.ones(1, 3, 64, 64)
    with torch.no_grad():
        before = network(stamps)
        network.divide_logits(2.5)
        assert network(stamps).numpy() == pytest.approx(before.numpy() / 2.5, abs=1e-6)
