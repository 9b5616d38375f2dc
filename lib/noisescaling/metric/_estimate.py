"""The calls that users make."""

from collections.abc import Mapping
from functools import partial
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from threadpoolctl import threadpool_limits

from noisescaling._checks import choice, same_length, whole
from noisescaling.metric._continuous import estimate_continuous, prepare
from noisescaling.metric._inputs import Labels, as_points, as_signal, enough
from noisescaling.metric._labels import estimate_labels
from noisescaling.metric._margins import tied_fraction
from noisescaling.metric._neighbours import ksg
from noisescaling.metric._result import Diagnostics, MutualInformation

Signal = Literal["auto", "continuous", "label"]
Device = Literal["cpu", "cuda", "auto"]


def mutual_information(
    x: ArrayLike,
    y: Any,
    *,
    seed: int = 0,
    signal: Signal = "auto",
    device: Device = "cpu",
    pointwise: bool = False,
) -> MutualInformation:
    """Mutual information between x and y, in bits (book, page "The metric").

    Parameters
    ----------
    x
        Array of shape (n, d), for instance the embedding of n cells.
    y
        The signal: numbers of shape (n,) or (n, k), or labels of shape (n,).
    seed
        Seed of the splits and of the shuffles; the same seed gives the same bits.
    signal
        "auto" takes floats, and whatever has two axes, as continuous, and a vector of integers,
        booleans, strings or a categorical as labels; "continuous" or "label" decides otherwise.
    device
        Where neighbours of a continuous signal are counted: "cpu"; "cuda"; or "auto", which is
        "cuda" where there is one. The bits agree between devices to rounding.
    pointwise
        Whether to return each row's own contribution.

    Returns
    -------
    The estimate with its standard error, both in bits. A constant x or y gives exactly 0. A small
    negative estimate is returned as it is: the truth cannot be negative, but an estimate that
    scatters around 0 must be, half of the time, or its mean would be too high.

    Raises
    ------
    ValueError
        If lengths differ, there are fewer than 40 rows, a value is NaN or infinite, labels are
        missing, there is one class or a class of one row, or no CUDA device where one is asked
        for.
    """
    return mutual_informations(
        x, {"y": y}, seed=seed, signal=signal, device=device, pointwise=pointwise
    )["y"]


def mutual_informations(
    x: ArrayLike,
    signals: Mapping[str, Any],
    *,
    seed: int = 0,
    signal: Signal = "auto",
    device: Device = "cpu",
    pointwise: bool = False,
) -> dict[str, MutualInformation]:
    """Mutual information, in bits, between x and each of several named signals.

    The work on x is shared. Each estimate equals that of `mutual_information`, whose parameters
    these are; `signals` maps names to what y can be.
    """
    whole("seed", seed, at_least=0)
    count = partial(ksg, device=_device(device))
    points = as_points("x", x)
    enough("x", len(points))
    targets = {name: as_signal(name, y, signal) for name, y in signals.items()}
    for name, target in targets.items():
        same_length(x=points, **{name: target.codes if isinstance(target, Labels) else target})
    # The matrices are many and small: threads of the linear algebra wait more than they work.
    with threadpool_limits(limits=1, user_api="blas"):
        tied = tied_fraction(points)
        ready = prepare(points, np.random.default_rng(seed))
        results = {}
        for name, target in targets.items():
            rng = np.random.default_rng([seed, 1])
            if _constant(points) or (not isinstance(target, Labels) and _constant(target)):
                results[name] = _nothing(target, len(points), tied, pointwise)
            elif isinstance(target, Labels):
                results[name] = estimate_labels(ready, target, tied, rng, pointwise)
            else:
                other = prepare(target, rng)
                results[name] = estimate_continuous(ready, other, tied, rng, count, pointwise)
    return results


def _constant(points: NDArray[np.float64]) -> bool:
    return bool((points == points[0]).all())


def _nothing(
    target: NDArray[np.float64] | Labels, n: int, tied: float, pointwise: bool
) -> MutualInformation:
    """Return the exact 0 bits of a constant: spread ties would only add scatter."""
    labels = isinstance(target, Labels)
    diagnostics = Diagnostics(
        n_latents=0,
        converged=True,
        tied_fraction=tied,
        label_entropy=target.entropy if isinstance(target, Labels) else None,
    )
    return MutualInformation(
        bits=0.0,
        standard_error=0.0,
        n_samples=n,
        signal="label" if labels else "continuous",
        diagnostics=diagnostics,
        pointwise=np.zeros(n) if pointwise else None,
    )


def _device(device: Device) -> str:
    choice("device", device, ("cpu", "cuda", "auto"))
    found = torch.cuda.is_available()
    if device == "cuda" and not found:
        raise ValueError("device = 'cuda', but torch finds 0 CUDA devices; give 'cpu' or 'auto'")
    return "cpu" if device == "cpu" or not found else "cuda"
