"""Goodness of fit, and whether the data pin the parameters down."""

import numpy as np

from noisescaling.fitting.laws import FloatArray

#: A 95 % interval may span this factor from end to end before a parameter counts as not pinned.
WIDEST = 10.0


def check_level(level: float) -> None:
    """Refuse a confidence level outside (0, 1)."""
    if not 0 < level < 1:
        raise ValueError(f"level = {level} must be between 0 and 1, for instance 0.95")


def r_squared(bits: FloatArray, residuals: FloatArray) -> float:
    """Share of the bits' variance that the law explains; 0 for bits that do not vary."""
    total = float(np.square(bits - bits.mean()).sum())
    # Equal values differ from their mean by rounding.
    if total <= len(bits) * (1e-12 * np.abs(bits).max()) ** 2:
        return 0.0
    return 1 - float(np.square(residuals).sum()) / total


def aicc(weighted_sum: float, n_points: int, n_parameters: int) -> float:
    """Akaike's criterion, Gaussian noise of unknown size, with the small-sample correction.

    AICc = n ln(SSR/n) + 2k + 2k(k + 1)/(n - k - 1), k = n_parameters + 1; infinite for n <= k + 1.
    """
    k = n_parameters + 1
    if n_points <= k + 1:
        return float("inf")
    fit = n_points * np.log(max(weighted_sum, 1e-300) / n_points)
    return float(fit + 2 * k + 2 * k * (k + 1) / (n_points - k - 1))


def reason(
    intervals: dict[str, tuple[float, float]], parameters: dict[str, float], u: FloatArray
) -> str:
    """Why the data leave a parameter open, in words; empty if every parameter is pinned down.

    A parameter is pinned when its 95 % interval has two finite ends, neither of them 0, no more
    than a factor `WIDEST` apart.
    """
    loose = []
    for name, (low, high) in intervals.items():
        if low <= 0 or not np.isfinite(high) or high > WIDEST * low:
            loose.append(f"{name} is only known to lie in {low:.3g} to {high:.3g}")
    if not loose:
        return ""
    return "; ".join(loose) + _reach(parameters, u)


def _reach(parameters: dict[str, float], u: FloatArray) -> str:
    """Where the points lie beside the noise sensitivity, as the end of a sentence."""
    u_bar = parameters.get("u_bar")
    if u_bar is None:
        return ""
    if u.max() < 2 * u_bar:
        return f": the deepest point reaches {u.max() / u_bar:.2g} u_bar"
    if u.min() > u_bar / 2:
        return f": the shallowest point is at {u.min() / u_bar:.2g} u_bar"
    return ": the points scatter too much"
