"""Training of the U-Net (PyTorch)."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from scipy.optimize import minimize_scalar
from torch.nn.functional import binary_cross_entropy, binary_cross_entropy_with_logits

from .infer import CENTRE
from .samples import Samples
from .stamps import normalised
from .unet import UNet

BATCH = 32
LEARNING_RATE = 3e-3
PATIENCE_EPOCHS = 4
# The mask's mean loss per pixel is small: most of a stamp is sky.
MASK_WEIGHT = 10.0
# Sums, to their last digit, depend on the number of threads that share them.
THREADS = 1


@dataclass(frozen=True)
class Trained:
    """A network in evaluation mode, calibrated, and how it came about; losses are of the validation samples."""

    network: UNet
    validation_losses: list[float]
    best_epoch: int
    temperature: float


def train(
    training: Samples,
    validation: Samples,
    *,
    seed: int,
    epochs: int,
    base: int = 8,
    progress: Callable[[float], None] | None = None,
) -> Trained:
    """Train a U-Net on samples, keep its best epoch, and calibrate its confidences.

    The loss is the binary cross-entropy of the mask and that of the candidate's confidence, real and false
    samples weighing the same in all. Training stops when the validation loss has not improved for
    `PATIENCE_EPOCHS`. The same seed and samples give the same weights on the same machine. `progress` is called
    with the validation loss after each epoch.
    """
    torch.manual_seed(seed)
    torch.use_deterministic_algorithms(True)
    torch.set_num_threads(THREADS)
    rng = np.random.default_rng(seed)
    network = UNet(base=base).to(memory_format=torch.channels_last)
    optimiser = torch.optim.AdamW(network.parameters(), lr=LEARNING_RATE)
    batches_per_epoch = -(-len(training) // BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, LEARNING_RATE, total_steps=epochs * batches_per_epoch)
    stamps, masks, real = _tensors(training)
    weights = _balancing(real)
    losses: list[float] = []
    for _ in range(epochs):
        network.train()
        for rows, turn in _batches(len(training), rng):
            logits = network(turn(stamps[rows]).contiguous(memory_format=torch.channels_last))[:, 0]
            weight = weights[rows]
            mask_loss = binary_cross_entropy_with_logits(logits, turn(masks[rows]), weight[:, None, None])
            loss = binary_cross_entropy(_confidence(logits), real[rows], weight) + MASK_WEIGHT * mask_loss
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
        logits, truth = _predicted(network, validation)
        losses.append(float(binary_cross_entropy(_confidence(logits), truth)))
        if losses[-1] == min(losses):
            best = {name: value.clone() for name, value in network.state_dict().items()}
        if progress:
            progress(losses[-1])
        if len(losses) - np.argmin(losses) > PATIENCE_EPOCHS:
            break
    network.load_state_dict(best)
    temperature = _temperature(*_predicted(network, validation))
    network.divide_logits(temperature)
    return Trained(network.eval(), losses, int(np.argmin(losses)) + 1, temperature)


def _tensors(samples: Samples) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    stamps = torch.from_numpy(normalised(samples.stamps))
    return stamps, torch.from_numpy(samples.masks).float(), torch.from_numpy(samples.real).float()


def _balancing(real: torch.Tensor) -> torch.Tensor:
    """Weights of mean 1 that give both classes the same sum."""
    part = real.mean()
    return torch.where(real > 0, 0.5 / part, 0.5 / (1 - part))


def _batches(n: int, rng: np.random.Generator) -> Iterator[tuple[np.ndarray, Callable[[torch.Tensor], torch.Tensor]]]:
    """Rows of each batch in random order, and one of the square's eight symmetries to see the batch in."""
    for rows in np.array_split(rng.permutation(n), -(-n // BATCH)):
        quarters, mirrored = int(rng.integers(4)), bool(rng.integers(2))

        def turn(planes: torch.Tensor, quarters=quarters, mirrored=mirrored) -> torch.Tensor:
            planes = torch.rot90(planes, quarters, (-2, -1))
            return planes.flip(-1) if mirrored else planes

        yield rows, turn


def _confidence(logits: torch.Tensor) -> torch.Tensor:
    """As `infer.confidence_of` has it, of logits [N, 64, 64]."""
    return torch.sigmoid(logits[:, torch.from_numpy(CENTRE)]).mean(dim=1)


@torch.no_grad()
def _predicted(network: UNet, samples: Samples) -> tuple[torch.Tensor, torch.Tensor]:
    """Logits [N, 64, 64] and truth [N] of samples."""
    network.eval()
    stamps, _, real = _tensors(samples)
    return torch.cat([network(batch)[:, 0] for batch in stamps.split(BATCH)]), real


def _temperature(logits: torch.Tensor, real: torch.Tensor) -> float:
    """What to divide the logits by for the likeliest confidences (Guo et al. 2017, ICML, PMLR 70, 1321)."""

    def loss(log_temperature: float) -> float:
        return float(binary_cross_entropy(_confidence(logits / float(np.exp(log_temperature))), real))

    return float(np.exp(minimize_scalar(loss, bounds=(-1.5, 1.5), method="bounded").x))
