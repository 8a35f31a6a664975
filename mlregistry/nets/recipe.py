"""What a training is asked for. Free of torch, so that it can be asked without it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Recipe:
    """What a model is made of. The seed decides everything that is random; each pair belongs to one split.

    Raises:
        ValueError: too few pairs for three splits, or no epoch.
    """

    seed: int = 1
    pairs: int = 180
    epochs: int = 8
    base: int = 8
    size_px: int = 512

    def __post_init__(self) -> None:
        if self.pairs < 3:
            raise ValueError(f"{self.pairs} pairs cannot be split into three; at least 3 are needed")
        if self.epochs < 1:
            raise ValueError(f"{self.epochs} epochs train nothing; at least 1 is needed")

    def splits(self) -> dict[str, range]:
        """The pairs' seeds of each split."""
        first = self.seed * 1_000_000
        validation, test = max(self.pairs // 10, 1), max(self.pairs // 5, 1)
        training_end = first + self.pairs - validation - test
        return {
            "training": range(first, training_end),
            "validation": range(training_end, training_end + validation),
            "test": range(training_end + validation, first + self.pairs),
        }
