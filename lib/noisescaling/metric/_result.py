"""What an estimate of mutual information returns."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

SignalKind = Literal["continuous", "label"]

#: Bits, and share of those found, that must be added for more rows for a word of warning.
LARGE_GAIN, LARGE_SHARE = 0.1, 0.4
#: Bits by which an estimate must exceed its lower bound, and the share of it that the bound must
#: fall short of, for a word of warning.
LARGE_STEP, SMALL_BOUND = 0.2, 0.2


@dataclass(frozen=True)
class Diagnostics:
    """What a reader needs to judge an estimate.

    Attributes
    ----------
    n_latents
        Pairs of latent coordinates (continuous signal) or discriminants (labels) in the estimate.
    converged
        Whether the search for the best pool of classifiers ended before its last allowed step;
        true for every continuous signal, whose compression is found in closed form.
    tied_fraction
        Share of rows of x that equal another row of x.
    label_entropy
        Entropy of the labels in bits, the ceiling of their information; None if continuous.
    n_classes
        Number of classes of the labels; None if continuous.
    lower_bound
        Bits that are there for sure, up to scatter: what rows that took no part in any fit show.
    reliable
        Whether nothing that is known speaks against the estimate and its standard error.
    reason
        What speaks against it, in plain words; empty where nothing does.

    Examples
    --------
    >>> import numpy as np
    >>> from noisescaling import metric
    >>> x = np.random.default_rng(0).standard_normal((500, 2))
    >>> found = metric.mutual_information(x, x[:, 0] > 0).diagnostics
    >>> found.reliable, found.n_classes
    (True, 2)
    """

    n_latents: int
    converged: bool
    tied_fraction: float
    label_entropy: float | None = None
    n_classes: int | None = None
    lower_bound: float | None = None
    reliable: bool = True
    reason: str = ""


@dataclass(frozen=True)
class MutualInformation:
    """Mutual information in bits, with its uncertainty.

    Attributes
    ----------
    bits
        The estimate, in bits. It scatters around the truth, so a small negative value is possible
        where there is little or no information; it is returned as it is.
    standard_error
        One standard error of `bits`, in bits.
    n_samples
        Number of pairs in the estimate.
    signal
        Whether y was taken as "continuous" or as "label".
    diagnostics
        What a reader needs to judge the estimate.
    pointwise
        One contribution a row, in bits, of shape (n_samples,), whose mean is the estimate before
        its corrections; None unless asked for.

    Examples
    --------
    >>> import numpy as np
    >>> from noisescaling import metric
    >>> x = np.random.default_rng(0).standard_normal((500, 2))
    >>> found = metric.mutual_information(x, x[:, 0] > 0)
    >>> 0.8 < found.bits < 1.1, found.standard_error < 0.1
    (True, True)
    """

    bits: float
    standard_error: float
    n_samples: int
    signal: SignalKind
    diagnostics: Diagnostics
    pointwise: NDArray[np.float64] | None = field(default=None, repr=False, compare=False)


@dataclass(frozen=True)
class Estimate:
    """What an estimator finds in bits, with each row's own term (n,), and what speaks against."""

    bits: float
    standard_error: float
    terms: NDArray[np.float64]
    n_latents: int = 0
    converged: bool = True
    lower_bound: float = 0.0
    reason: str = ""


def nothing(n: int) -> Estimate:
    """Return the exact 0 bits of a constant in n rows: spread ties would only add scatter."""
    return Estimate(bits=0.0, standard_error=0.0, terms=np.zeros(n))


def much_added(gain: float, bits: float) -> dict[str, bool]:
    """Return a reason, and whether what is added for more rows to the `bits` found is large."""
    told = f"{gain:.2f} bits are added for more rows: measure more rows, or keep fewer columns"
    return {told: gain > max(LARGE_SHARE * bits, LARGE_GAIN)}


def doubted(found: Estimate) -> Estimate:
    """Return an estimate, with a reason where its lower bound is a small part of it.

    Few rows or bent shapes may hide most of what two sides share from rows that took no part in a
    fit; then they may hide more from the estimate too.
    """
    small = found.lower_bound < min(SMALL_BOUND * found.bits, found.bits - LARGE_STEP)
    bits = f"{max(found.lower_bound, 0):.2f} of {found.bits:.2f} bits"
    told = f"rows that took no part in a fit show {bits}: measure more rows, or keep fewer columns"
    return replace(found, reason=those_that_hold({found.reason: bool(found.reason), told: small}))


def those_that_hold(reasons: Mapping[str, bool]) -> str:
    """Return the reasons that hold, as one text."""
    return "; ".join(reason for reason, holds in reasons.items() if holds)
