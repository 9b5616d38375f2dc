"""Checksums of what a point's value depends on, each in 20 hexadecimal digits."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from noisescaling.datasets import Signal
from noisescaling.datasets._content import Digest
from noisescaling.datasets.dataset import Observations

_DIGITS = 20


@dataclass(frozen=True)
class Checksums:
    """Checksums of a data set's content, in the parts that points depend on.

    Attributes
    ----------
    observed
        Of the observations: all that a model sees of them.
    drawn
        Of the observations and of which are paired: all that decides which of them are drawn.
    signals
        Of each signal by name.
    """

    observed: str
    drawn: str
    signals: Mapping[str, str]

    def of_drawn(self, size: int | None) -> str:
        """Return the checksum that holds for `size` observations, or for all where None."""
        return self.observed if size is None else self.drawn


def of_dataset(dataset: Observations) -> Checksums:
    """Return the checksums of a data set's content."""
    digest = Digest()
    dataset.add_content(digest)
    total = digest.hexdigest()
    signals = {name: _of_signal(signal) for name, signal in dataset.signals.items()}
    paired = {n: signals[n] for n, s in dataset.signals.items() if s.partners is not None}
    return Checksums(total[:_DIGITS], of_json([total, paired]), signals)


def of_json(content: Any) -> str:
    """Return the checksum of what JSON can hold, whatever the order of its keys."""
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return of_bytes(text.encode())


def of_bytes(data: bytes) -> str:
    """Return the checksum of bytes as they are."""
    return hashlib.sha256(data).hexdigest()[:_DIGITS]


def _of_signal(signal: Signal) -> str:
    digest = Digest()
    other = signal.values if signal.values is not None else signal.partners
    assert other is not None
    digest.add_text("values" if signal.partners is None else "partners")
    if signal.of != "embedding":
        digest.add_text(signal.of)
    number = signal.values is not None and (other.ndim > 1 or other.dtype.kind == "f")
    if signal.values is not None and signal.labelled == number:  # what its type does not say
        digest.add_text("label" if signal.labelled else "continuous")
    digest.add_values(signal.rows)
    digest.add_values(other)
    return digest.hexdigest()[:_DIGITS]
