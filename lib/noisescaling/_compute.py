"""What computes: how many threads, and which device."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Literal, TypeAlias, get_args

from threadpoolctl import threadpool_limits

from noisescaling._checks import choice

#: What may be asked for.
Device: TypeAlias = Literal["auto", "cpu", "cuda"]

#: Threads that were asked for, 0 for as many as there are: what is loaded later takes no more.
_ASKED: ContextVar[int] = ContextVar("threads", default=0)


@contextmanager
def threads(number: int) -> Iterator[None]:
    """Compute with so many threads, 0 for as many as before; put that back afterwards.

    Threads that compete cost small models a factor of ten. On one thread, values do not depend on
    how many cores a machine has.
    """
    number = number or _ASKED.get()
    token = _ASKED.set(number)
    # Torch keeps a number of its own; who has not loaded it needs none.
    torch = sys.modules.get("torch")
    before = torch.get_num_threads() if torch else 0
    try:
        if torch:
            torch.set_num_threads(number or before)
        with threadpool_limits(number or None):
            yield
    finally:
        _ASKED.reset(token)
        if torch:
            torch.set_num_threads(before)


def device_of(device: str) -> str:
    """Return "cpu" or "cuda" for a wish of "auto", "cpu" or "cuda".

    Raises
    ------
    ValueError
        If the wish is another, or CUDA is asked for and not there.
    """
    if choice("device", device, get_args(Device)) == "cpu":
        return "cpu"
    import torch

    found = torch.cuda.is_available()
    if device == "cuda" and not found:
        raise ValueError("device = 'cuda', but torch finds 0 CUDA devices; give 'cpu' or 'auto'")
    return "cuda" if found else "cpu"
