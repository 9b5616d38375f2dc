"""Classifiers of images, whose last layer but one is the representation."""

from dataclasses import dataclass, replace
from typing import Any, ClassVar, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from noisescaling._checks import choice, positive, whole
from noisescaling.models import image_training
from noisescaling.models._training import quiet, resolve_device, seeded, threads
from noisescaling.models.backbones import BACKBONES, Backbone, pretrained_blocks, small_blocks
from noisescaling.models.image_base import ImageModel, Labels, Pixels

#: Images that go through a network at a time.
_BATCH = 128


@dataclass(frozen=True)
class ImageClassifierSettings:
    """Settings of `ImageClassifier`.

    "small" is learned from nothing; of "squeezenet" and "mobilenet", which know ImageNet, only the
    last `tuned_blocks` blocks learn (0: none), at a tenth of the learning rate of the two layers on
    top. `weights` names those of "mobilenet": a folder, or a name that transformers knows; the
    published ones where empty. Images are resized to `input_side` pixels for these two. `width` is
    the number of channels of the small network's first block. `n_threads` = 0 leaves torch as many
    processor threads as it has.
    """

    backbone: Backbone = "small"
    weights: str = ""
    tuned_blocks: int = 1
    input_side: int = 64
    width: int = 32
    n_features: int = 32
    learning_rate: float = 3e-3
    weight_decay: float = 1e-2
    batch_size: int = 64
    validation_fraction: float = 0.15
    max_epochs: int = 30
    patience: int = 6
    device: Literal["auto", "cpu", "cuda"] = "auto"
    n_threads: int = 0

    def __post_init__(self) -> None:
        choice("backbone", self.backbone, BACKBONES)
        choice("device", self.device, ("auto", "cpu", "cuda"))
        for name in ("width", "n_features", "max_epochs", "patience"):
            whole(name, getattr(self, name), at_least=1)
        whole("tuned_blocks", self.tuned_blocks, at_least=0)
        whole("input_side", self.input_side, at_least=32)
        # A batch's own mean and spread need two images.
        whole("batch_size", self.batch_size, at_least=2)
        whole("n_threads", self.n_threads, at_least=0)
        positive("learning_rate", self.learning_rate)
        if not 0 < self.validation_fraction < 1:
            raise ValueError(
                f"validation_fraction = {self.validation_fraction:g} must lie between 0 and 1"
            )


class ImageClassifier(ImageModel[ImageClassifierSettings]):
    """A convolutional network that learns to tell classes; its last layer but one represents.

    Images are standardized by the mean and spread of each channel of the training images, noise
    included. Training stops when images that are set apart from the training images are told no
    better, and the best weights are kept; held-out images are never looked at.
    """

    default = ImageClassifierSettings()
    small_settings: ClassVar[ImageClassifierSettings] = replace(default, n_threads=1, device="cpu")

    def _fit(self, pixels: Pixels, codes: Labels) -> None:
        settings = self.settings
        self._device = resolve_device(settings.device)
        self._centre = pixels.mean((0, 1, 2), dtype=np.float64).astype(np.float32)
        spread = pixels.std((0, 1, 2), dtype=np.float64).astype(np.float32)
        self._spread = np.where(spread > 0, spread, 1).astype(np.float32)
        with seeded(self.seed), threads(settings.n_threads), quiet():
            self._build(pixels, int(codes.max()) + 1)
            learned = self._through(self._frozen, self._standardized(pixels))
            #: Mean cross-entropy of images set apart, in nats, after each epoch.
            self.losses: list[float] = image_training.train(
                nn.Sequential(self._tuned, self._head),
                learned,
                codes,
                settings,
                np.random.default_rng(self.seed),
                slow=self._slow,
            )

    def _build(self, pixels: Pixels, n_classes: int) -> None:
        """Make the frozen and the tuned part, and the head that gives each class a score."""
        settings, (height, width, channels) = self.settings, pixels.shape[1:]
        if settings.backbone == "small":
            blocks, n_tuned = small_blocks(max(height, width), channels, settings.width), None
        else:
            blocks = pretrained_blocks(settings.backbone, settings.weights, settings.input_side)
            n_tuned = min(settings.tuned_blocks, len(blocks))
        cut = 0 if n_tuned is None else len(blocks) - n_tuned
        self._frozen = nn.Sequential(*blocks[:cut]).to(self._device).eval().requires_grad_(False)
        body = nn.Sequential(*blocks[cut:]).to(self._device)
        self._slow = [] if n_tuned is None else list(body.parameters())
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

    def _through(self, part: nn.Module, images: torch.Tensor) -> torch.Tensor:
        """Return what a part of the network makes of images; the part learns nothing."""
        with torch.no_grad():
            batches = [part(batch.to(self._device)).cpu() for batch in images.split(_BATCH)]
        return torch.cat(batches)

    def _out(self, pixels: Pixels, *parts: nn.Module) -> NDArray[Any]:
        whole_network = nn.Sequential(self._frozen, *parts).eval()
        with threads(self.settings.n_threads):
            return np.concatenate([
                self._through(whole_network, self._standardized(batch)).numpy()
                for batch in np.array_split(pixels, -(-len(pixels) // _BATCH))
            ])  # fmt: skip

    def _embed(self, pixels: Pixels) -> NDArray[Any]:
        return self._out(pixels, self._tuned)

    def _predict(self, pixels: Pixels) -> Labels:
        scores = self._out(pixels, self._tuned, self._head)
        return np.asarray(scores.argmax(1))
