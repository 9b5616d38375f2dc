"""What training with outside libraries needs: seeds that leak nowhere, silence, a device."""

import logging
import random
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from noisescaling._checks import choice

_TALKERS = ("lightning", "pytorch_lightning", "scvi", "transformers")


def resolve_device(device: str) -> str:
    """Return "cpu" or "cuda" for a wish of "auto", "cpu" or "cuda".

    Raises
    ------
    ValueError
        If the name is unknown, or CUDA is asked for and not there.
    """
    import torch

    choice("device", device, ("auto", "cpu", "cuda"))
    if device == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    if device == "cuda" and not torch.cuda.is_available():
        raise ValueError("device = 'cuda' but torch finds no CUDA device; give 'cpu' or 'auto'")
    return device


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Seed the process-wide generators that libraries draw from; put them back afterwards."""
    import torch

    numpy_state, python_state = np.random.get_state(), random.getstate()  # noqa: NPY002
    try:
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            np.random.seed(seed % 2**32)  # noqa: NPY002
            random.seed(seed)
            yield
    finally:
        np.random.set_state(numpy_state)  # noqa: NPY002
        random.setstate(python_state)


@contextmanager
def threads(number: int) -> Iterator[None]:
    """Let torch compute with so many threads, 0 for as many as it had; put that back afterwards."""
    import torch

    before = torch.get_num_threads()
    try:
        torch.set_num_threads(number or before)
        yield
    finally:
        torch.set_num_threads(before)


@contextmanager
def quiet() -> Iterator[None]:
    """Hold back warnings and log lines of the training libraries that are imported by now."""
    known = list(logging.root.manager.loggerDict)
    loggers = [logging.getLogger(name) for name in known if name.split(".")[0] in _TALKERS]
    levels = [logger.level for logger in loggers]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for logger in loggers:
                logger.setLevel(logging.ERROR)
            yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
