"""What computes: how many threads, and which device."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal, TypeAlias, get_args

import torch
from threadpoolctl import threadpool_limits

from noisescaling._checks import choice

#: What may be asked for.
Device: TypeAlias = Literal["auto", "cpu", "cuda"]


@contextmanager
def threads(number: int) -> Iterator[None]:
    """Compute with so many threads, 0 for as many as there are; put that back afterwards.

    Threads that compete cost small models a factor of ten. On one thread, values do not depend on
    how many cores a machine has.
    """
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(number or before)
        with threadpool_limits(number or None):
            yield
    finally:
        torch.set_num_threads(before)


def device_of(device: str) -> str:
    """Return "cpu" or "cuda" for a wish of "auto", "cpu" or "cuda".

    Raises
    ------
    ValueError
        If the wish is another, or CUDA is asked for and not there.
    """
    choice("device", device, get_args(Device))
    found = torch.cuda.is_available()
    if device == "cuda" and not found:
        raise ValueError("device = 'cuda', but torch finds 0 CUDA devices; give 'cpu' or 'auto'")
    return "cuda" if found and device != "cpu" else "cpu"
