"""What computes: how many threads, and which device."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from threadpoolctl import threadpool_limits

from noisescaling._checks import choice

#: Devices that may be asked for.
DEVICES = ("auto", "cpu", "cuda")


@contextmanager
def threads(number: int) -> Iterator[None]:
    """Compute with so many threads, 0 for as many as there are; put that back afterwards.

    Threads that compete cost small models a factor of ten. On one thread, values do not depend on
    how many cores a machine has.
    """
    # Torch keeps a number of its own; who has not loaded it needs none.
    torch = sys.modules.get("torch")
    before = torch.get_num_threads() if torch else 0
    try:
        if torch:
            torch.set_num_threads(number or before)
        with threadpool_limits(number or None):
            yield
    finally:
        if torch:
            torch.set_num_threads(before)


def device_of(device: str) -> str:
    """Return "cpu" or "cuda" for a wish of "auto", "cpu" or "cuda".

    Raises
    ------
    ValueError
        If the wish is another, or CUDA is asked for and not there.
    """
    if choice("device", device, DEVICES) == "cpu":
        return "cpu"
    import torch

    found = torch.cuda.is_available()
    if device == "cuda" and not found:
        raise ValueError("device = 'cuda', but torch finds 0 CUDA devices; give 'cpu' or 'auto'")
    return "cuda" if found else "cpu"
