"""How many threads compute: those that compete cost small models a factor of ten."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from threadpoolctl import threadpool_limits


@contextmanager
def threads(number: int) -> Iterator[None]:
    """Compute with so many threads, 0 for as many as there are; put that back afterwards.

    On one thread, values do not depend on how many cores a machine has.
    """
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(number or before)
        with threadpool_limits(number or None):
            yield
    finally:
        torch.set_num_threads(before)
