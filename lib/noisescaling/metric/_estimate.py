"""The calls that users make."""

from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from noisescaling._checks import same_length
from noisescaling.metric._continuous import estimate_continuous, prepare
from noisescaling.metric._inputs import Labels, as_points, as_signal, enough
from noisescaling.metric._labels import estimate_labels
from noisescaling.metric._margins import tied_fraction
from noisescaling.metric._result import MutualInformation

Signal = Literal["auto", "continuous", "label"]


def mutual_information(
    x: ArrayLike, y: Any, *, seed: int = 0, signal: Signal = "auto", pointwise: bool = False
) -> MutualInformation:
    """Mutual information between x and y, in bits.

    Parameters
    ----------
    x
        Array of shape (n, d), for instance the embedding of n cells.
    y
        The signal: numbers of shape (n,) or (n, k), or labels of shape (n,).
    seed
        Seed of the splits and of the compression; the same seed gives the same bits.
    signal
        "auto" takes floats, and whatever has two axes, as continuous, and a vector of integers,
        booleans, strings or a categorical as labels; "continuous" or "label" decides otherwise.
    pointwise
        Whether to return each pair's own contribution.

    Raises
    ------
    ValueError
        If lengths differ, there are too few rows, a value is NaN or infinite, there is one class
        or a class of one row.
    """
    return mutual_informations(x, {"y": y}, seed=seed, signal=signal, pointwise=pointwise)["y"]


def mutual_informations(
    x: ArrayLike,
    signals: Mapping[str, Any],
    *,
    seed: int = 0,
    signal: Signal = "auto",
    pointwise: bool = False,
) -> dict[str, MutualInformation]:
    """Mutual information, in bits, between x and each of several named signals.

    Parameters are those of `mutual_information`; `signals` maps names to what y can be.
    """
    points = as_points("x", x)
    enough("x", len(points))
    tied = tied_fraction(points)
    ready = prepare(points, np.random.default_rng(seed))
    results = {}
    for name, y in signals.items():
        target = as_signal(y, signal)
        codes = target.codes if isinstance(target, Labels) else target
        same_length(x=points, **{name: codes})
        rng = np.random.default_rng([seed, 1])
        results[name] = (
            estimate_labels(ready, target, tied, rng, pointwise)
            if isinstance(target, Labels)
            else estimate_continuous(ready, prepare(target, rng), tied, rng, pointwise)
        )
    return results
