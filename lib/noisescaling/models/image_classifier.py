"""Classifiers of images, whose last layer but one is the representation."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from noisescaling._compute import device_of
from noisescaling.modalities import IMAGES
from noisescaling.models.base import at_least, fraction
from noisescaling.models.training import Network, alone, chunks, stepper, train

if TYPE_CHECKING:
    import torch
    from torch import nn

Pixels = NDArray[np.float32]
Labels = NDArray[np.int64]
Rows = NDArray[np.intp]

#: Images that go through a network at a time, and that are judged at a time.
_BATCH, _JUDGED = 128, 256
#: Learning rate of pretrained parameters over that of new ones.
_SLOW_RATE = 0.1


class ImageClassifier(Network):
    """A convolutional network that learns to tell classes; its last layer but one represents.

    Images are standardized by the mean and spread of each channel of the training images, noise
    included. Training stops when images that are set apart from the training images are told no
    better, and the best weights are kept; held-out images are never looked at. `losses` are the
    mean cross-entropy of the images set apart, in nats, after each epoch.

    The `backbone` "small" is learned from nothing; of "squeezenet" and "mobilenet", which know
    ImageNet, only the last `tuned_blocks` blocks learn (0: none), at a tenth of the learning rate
    of the two layers on top. `weights` names those of "mobilenet": a folder, or a name that
    transformers knows; the published ones where empty. Images are resized to `input_side` pixels
    for these two. `width` is the number of channels of the small network's first block. `untrained`
    keeps what ImageNet taught, and the random layers on top.

    Examples
    --------
    >>> from noisescaling import datasets, models
    >>> bands = datasets.simulate_images(n_images=60)
    >>> model = models.ImageClassifier(width=4, n_features=6, max_epochs=1).fit(bands.observations)
    >>> model.embed(bands.observations).shape
    (60, 6)
    """

    backbone: Literal["small", "squeezenet", "mobilenet"] = "small"
    weights: str = ""
    tuned_blocks: int = 1
    input_side: int = 64
    width: int = 32
    n_features: int = 32
    weight_decay: float = 1e-2
    batch_size: int = 64
    validation_fraction: float = 0.15
    max_epochs: int = 30
    patience: int = 6
    learning_rate: float = 3e-3

    small: ClassVar = dict(n_threads=1, device="cpu")
    # A batch's own mean and spread need two images.
    ranges: ClassVar = {
        "tuned_blocks": at_least(0), "input_side": at_least(32), "batch_size": at_least(2),
        "validation_fraction": fraction,
    }  # fmt: skip
    modality = IMAGES

    def predict(self, data: Any) -> Labels:
        """Return the number of the class that each image most probably shows, (n_images,).

        Raises
        ------
        ValueError
            As `embed`.
        """
        pixels = self._checked(data)
        with alone(self.seed, self.n_threads):
            scores = self._out(pixels, self._tuned, self._head)
        return np.asarray(self.classes[scores.argmax(1)])

    def _start(self, pixels: Pixels, labels: Labels) -> tuple[Pixels, Labels]:
        """Make the frozen and the tuned part, and the head that gives each class a score."""
        import torch
        from torch import nn

        #: Numbers of the classes that the model tells apart, ascending.
        self.classes, codes = np.unique(labels, return_inverse=True)
        self._device = device_of(self.device)
        self._centre = pixels.mean((0, 1, 2), dtype=np.float64).astype(np.float32)
        spread = pixels.std((0, 1, 2), dtype=np.float64).astype(np.float32)
        self._spread = np.where(spread > 0, spread, 1).astype(np.float32)
        blocks, cut = self._blocks(pixels)
        self._frozen = nn.Sequential(*blocks[:cut]).to(self._device).eval().requires_grad_(False)
        body = nn.Sequential(*blocks[cut:]).to(self._device)
        self._slow = [] if self.backbone == "small" else list(body.parameters())
        with torch.no_grad():
            example = self._standardized(pixels[:2]).to(self._device)
            n_in, n = body.eval()(self._frozen(example)).shape[1], self.n_features
        self._tuned = nn.Sequential(
            body, nn.Linear(n_in, n, bias=False), nn.BatchNorm1d(n), nn.ReLU()
        ).to(self._device)
        self._head = nn.Linear(n, len(self.classes)).to(self._device)
        return pixels, codes.astype(np.int64)

    def _blocks(self, pixels: Pixels) -> tuple[list[nn.Module], int]:
        """Return the network's blocks and how many of them are frozen."""
        from noisescaling.models.backbones import pretrained_blocks, small_blocks

        if self.backbone == "small":
            return small_blocks(max(pixels.shape[1:3]), pixels.shape[3], self.width), 0
        blocks = pretrained_blocks(self.backbone, self.weights, self.input_side)
        return blocks, max(len(blocks) - self.tuned_blocks, 0)

    def _train(self, prepared: tuple[Pixels, Labels], rng: np.random.Generator) -> list[float]:
        import torch
        from torch import nn

        pixels, codes = prepared
        network = nn.Sequential(self._tuned, self._head)
        images = self._through(self._frozen, chunks(pixels, _BATCH))
        targets = torch.from_numpy(codes)
        learned, apart = _parts(codes, self.validation_fraction, rng)

        def loss(rows: Rows, reduction: str = "mean") -> torch.Tensor:
            scores, right = network(images[rows].to(self._device)), targets[rows].to(self._device)
            return nn.functional.cross_entropy(scores, right, reduction=reduction)

        def exam() -> float:
            return sum(float(loss(rows, "sum")) for rows in chunks(apart, _JUDGED)) / len(apart)

        n_steps = self.max_epochs * len(_batches(learned, self.batch_size, rng))
        epochs = (
            (loss(rows) for rows in _batches(learned, self.batch_size, rng))
            for _ in range(self.max_epochs)
        )
        return train(network, epochs, self._step(network, n_steps), exam, self.patience)

    def _step(self, network: nn.Module, n_steps: int) -> Callable[[torch.Tensor], torch.Tensor]:
        """Return the function that makes one step of AdamW, its size falling along a cosine."""
        import torch
        from torch.optim.lr_scheduler import CosineAnnealingLR

        slow = {id(parameter) for parameter in self._slow}
        fast = [p for p in network.parameters() if id(p) not in slow]
        groups = [{"params": fast, "lr": self.learning_rate}]
        if slow:
            groups.append({"params": self._slow, "lr": _SLOW_RATE * self.learning_rate})
        optimizer = torch.optim.AdamW(groups, weight_decay=self.weight_decay)
        return stepper(optimizer, CosineAnnealingLR(optimizer, n_steps))

    def _standardized(self, pixels: Pixels) -> torch.Tensor:
        import torch

        scaled = (pixels - self._centre) / self._spread
        return torch.from_numpy(np.ascontiguousarray(scaled.transpose(0, 3, 1, 2)))

    def _through(self, part: nn.Module, batches: Sequence[Pixels]) -> torch.Tensor:
        """Return what a part of the network makes of images; the part learns nothing."""
        import torch

        with torch.no_grad():
            each = [part(self._standardized(batch).to(self._device)).cpu() for batch in batches]
        return torch.cat(each)

    def _out(self, pixels: Pixels, *parts: nn.Module) -> NDArray[Any]:
        from torch import nn

        network = nn.Sequential(self._frozen, *parts).eval()
        return self._through(network, np.array_split(pixels, -(-len(pixels) // _BATCH))).numpy()

    def _represent(self, pixels: Pixels) -> NDArray[Any]:
        return self._out(pixels, self._tuned)


def _parts(codes: Labels, fraction: float, rng: np.random.Generator) -> tuple[Rows, Rows]:
    """Set a share of each class apart, at least one image; return the others first."""
    apart = np.zeros(len(codes), dtype=bool)
    for code in range(int(codes.max()) + 1):
        rows = rng.permutation(np.flatnonzero(codes == code))
        apart[rows[: min(max(1, round(fraction * len(rows))), len(rows) - 1)]] = True
    return np.flatnonzero(~apart), np.flatnonzero(apart)


def _batches(rows: Rows, size: int, rng: np.random.Generator) -> list[Rows]:
    """Return the rows in random order, in batches of at most about `size`, none of a single one."""
    return np.array_split(rng.permutation(rows), max(1, round(len(rows) / size)))
