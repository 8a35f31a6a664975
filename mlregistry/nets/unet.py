"""The U-Net (Ronneberger, Fischer & Brox 2015, MICCAI, LNCS 9351, 234) in PyTorch."""

import torch
from torch import nn

PLANES = 3
DEPTH = 3


class DoubleConvolution(nn.Sequential):
    """Twice 3×3 convolution, batch normalisation and ReLU."""

    def __init__(self, channels_in: int, channels_out: int) -> None:
        layers: list[nn.Module] = []
        for channels in (channels_in, channels_out):
            layers += [
                nn.Conv2d(channels, channels_out, 3, padding=1, bias=False),
                nn.BatchNorm2d(channels_out),
                nn.ReLU(),
            ]
        super().__init__(*layers)


class UNet(nn.Module):
    """From normalised stamps [N, 3, size, size] to logits [N, 1, size, size]; size is a multiple of 8.

    `base` channels at full resolution, doubled at each of three halvings: 0.12 M parameters at base 8.
    """

    def __init__(self, *, base: int = 8) -> None:
        super().__init__()
        widths = [base * 2**level for level in range(DEPTH + 1)]
        self.halve = nn.MaxPool2d(2)
        self.encoders = nn.ModuleList(map(DoubleConvolution, [PLANES, *widths], widths))
        self.doublers = nn.ModuleList(nn.ConvTranspose2d(2 * width, width, 2, stride=2) for width in widths[:-1])
        self.decoders = nn.ModuleList(DoubleConvolution(2 * width, width) for width in widths[:-1])
        self.to_logit = nn.Conv2d(base, 1, 1)

    def forward(self, stamps: torch.Tensor) -> torch.Tensor:
        here = self.encoders[0](stamps)
        passed = []
        for encoder in self.encoders[1:]:
            passed.append(here)
            here = encoder(self.halve(here))
        for double, decoder in zip(reversed(self.doublers), reversed(self.decoders), strict=True):
            here = decoder(torch.cat([passed.pop(), double(here)], dim=1))
        return self.to_logit(here)

    def divide_logits(self, temperature: float) -> None:
        """Divide all logits by a temperature for good, within the last layer's weights."""
        with torch.no_grad():
            self.to_logit.weight /= temperature
            self.to_logit.bias /= temperature
