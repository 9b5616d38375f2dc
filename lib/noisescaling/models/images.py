"""Classifiers of images, whose last layer but one is the representation."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from noisescaling._compute import device_of
from noisescaling.models._training import alone, chunks
from noisescaling.models.backbones import pretrained_blocks, small_blocks
from noisescaling.models.image_base import ImageModel, Labels, Pixels
from noisescaling.models.image_training import ImageClassifierSettings, train

#: Images that go through a network at a time.
_BATCH = 128


class ImageClassifier(ImageModel[ImageClassifierSettings]):
    """A convolutional network that learns to tell classes; its last layer but one represents.

    Images are standardized by the mean and spread of each channel of the training images, noise
    included. Training stops when images that are set apart from the training images are told no
    better, and the best weights are kept; held-out images are never looked at.
    """

    default = ImageClassifierSettings()
    small_settings = replace(default, n_threads=1, device="cpu")

    def _fit(self, pixels: Pixels, codes: Labels) -> None:
        settings = self.settings
        self._device = device_of(settings.device)
        self._centre = pixels.mean((0, 1, 2), dtype=np.float64).astype(np.float32)
        spread = pixels.std((0, 1, 2), dtype=np.float64).astype(np.float32)
        self._spread = np.where(spread > 0, spread, 1).astype(np.float32)
        with alone(self.seed, settings.n_threads):
            self._build(pixels, int(codes.max()) + 1)
            #: Mean cross-entropy of images set apart, in nats, after each epoch.
            self.losses: list[float] = []
            if not settings.untrained:
                self.losses = train(
                    nn.Sequential(self._tuned, self._head),
                    self._through(self._frozen, chunks(pixels, _BATCH)),
                    codes,
                    settings,
                    np.random.default_rng(self.seed),
                    slow=self._slow,
                )

    def _build(self, pixels: Pixels, n_classes: int) -> None:
        """Make the frozen and the tuned part, and the head that gives each class a score."""
        settings, (height, width, channels) = self.settings, pixels.shape[1:]
        if settings.backbone == "small":
            blocks = small_blocks(max(height, width), channels, settings.width)
            cut = 0
        else:
            blocks = pretrained_blocks(settings.backbone, settings.weights, settings.input_side)
            cut = max(len(blocks) - settings.tuned_blocks, 0)
        self._frozen = nn.Sequential(*blocks[:cut]).to(self._device).eval().requires_grad_(False)
        body = nn.Sequential(*blocks[cut:]).to(self._device)
        self._slow = [] if settings.backbone == "small" else list(body.parameters())
        with torch.no_grad():
            example = self._standardized(pixels[:2]).to(self._device)
            n_in = body.eval()(self._frozen(example)).shape[1]
        n = settings.n_features
        self._tuned = nn.Sequential(
            body, nn.Linear(n_in, n, bias=False), nn.BatchNorm1d(n), nn.ReLU()
        ).to(self._device)
        self._head = nn.Linear(n, n_classes).to(self._device)

    def _standardized(self, pixels: Pixels) -> torch.Tensor:
        scaled = (pixels - self._centre) / self._spread
        return torch.from_numpy(np.ascontiguousarray(scaled.transpose(0, 3, 1, 2)))

    def _through(self, part: nn.Module, batches: Sequence[Pixels]) -> torch.Tensor:
        """Return what a part of the network makes of images; the part learns nothing."""
        with torch.no_grad():
            each = [part(self._standardized(batch).to(self._device)).cpu() for batch in batches]
        return torch.cat(each)

    def _out(self, pixels: Pixels, *parts: nn.Module) -> NDArray[Any]:
        network = nn.Sequential(self._frozen, *parts).eval()
        batches = np.array_split(pixels, -(-len(pixels) // _BATCH))
        with alone(self.seed, self.settings.n_threads):
            return self._through(network, batches).numpy()

    def _embed(self, pixels: Pixels) -> NDArray[Any]:
        return self._out(pixels, self._tuned)

    def _predict(self, pixels: Pixels) -> Labels:
        scores = self._out(pixels, self._tuned, self._head)
        return np.asarray(scores.argmax(1))
