"""Goodness of fit, and what a fit knows: identified, not rejected, inside what was measured."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import stdtrit
from scipy.stats import f as f_distribution

from noisescaling.fitting.law import FloatArray

if TYPE_CHECKING:
    from noisescaling.fitting.result import LawFit

#: A 95 % interval may span this factor from end to end before a parameter is not identified.
WIDEST = 10.0
#: A law is rejected where repeats would miss it as far so seldom, if it were right.
REJECTED_BELOW = 0.01
#: What readers call parameters, and the unit behind their numbers.
_CALLED = {
    "u_bar": ("noise sensitivity", ""),
    "u_snr": ("quality at which signal equals noise", ""),
    "u_95": ("quality of 95 %", ""),
    "u1": ("quality below which learning suffers", ""),
    "i_max": ("capacity", " bits"),
    "i_inf": ("capacity", " bits"),
    "n0": ("cell scale", " cells"),
    "s": ("exponent s", ""),
}
#: Degrees of freedom below which the scatter is not known, and so no interval.
LEAST_FREEDOM = 2


@dataclass(frozen=True)
class Verdict:
    """What a fit knows.

    Attributes
    ----------
    identified
        Whether every parameter's 95 % interval has two ends, at most a factor `WIDEST` apart.
    rejected
        Whether repeats, or a rise that the law cannot follow, contradict the law.
    p_value
        Chance of a misfit as large under a right law, by the F test of lack of fit; None where
        no point was repeated.
    measured
        Lowest and highest quality that was measured.
    reason
        Why the parameters are not identified or the law is rejected, in words; else empty.
    """

    identified: bool
    rejected: bool
    p_value: float | None
    measured: tuple[float, float]
    reason: str

    def inside(self, quality: float) -> bool:
        """Whether a quality that is asked for lies inside the measured range."""
        return self.measured[0] <= quality <= self.measured[1]

    def __str__(self) -> str:
        return self.reason or "identified, " + (
            "not tested: no repeats"
            if self.p_value is None
            else f"not rejected, p = {self.p_value:.2g}"
        )


def judge(fit: "LawFit", intervals: dict[str, tuple[float, float]]) -> Verdict:
    """Judge a fit by the 95 % intervals of its parameters, its repeats and its steepest rise."""
    test, steep, reasons = lack_of_fit_test(fit), _too_steep(fit), []
    p_value = test.get("p_value")
    rejected = bool(steep) or (p_value is not None and p_value < REJECTED_BELOW)
    if fit.degrees_of_freedom < LEAST_FREEDOM:
        reasons.append(
            f"{fit.n_points} points are too few for {len(intervals)} parameters and the scatter; "
            f"give at least {len(intervals) + LEAST_FREEDOM}"
        )
    loose = [
        open_in_words(name, low, high)
        for name, (low, high) in intervals.items()
        if low <= 0 or not np.isfinite(high) or high > WIDEST * low
    ]
    if loose:
        reasons.append("; ".join(loose) + _reach(fit, rejected))
    identified = not reasons
    if rejected:
        missed = f"the law misses the means of repeats by {test.get('misfit', 0.0):.2g} bits"
        p = p_value or 0.0
        chance = f"p = {p:.1g}" if p >= 1e-15 else "p < 1e-15"
        reasons.append(steep or f"{missed}, {chance}")
    u = fit.batch.inputs[-1][0]
    measured = float(u.min()), float(u.max())
    return Verdict(identified, rejected, p_value, measured, "; ".join(reasons))


def open_in_words(name: str, low: float, high: float) -> str:
    """Say in words how far the interval of a parameter leaves it open."""
    called, unit = _CALLED.get(name, (f"parameter {name}", ""))
    if low <= 0 and np.isinf(high):
        return f"the points do not limit the {called}"
    # Two digits, commas between thousands.
    least, most = (f"{float(f'{end:.2g}'):,g}" for end in (low, high))
    ends = f"between {least} and {most}"
    if low <= 0 or np.isinf(high):
        ends = f"below {most}" if low <= 0 else f"above {least}"
    return f"the {called} is only known to be {ends}{unit}"


def _reach(fit: "LawFit", rejected: bool) -> str:
    """Where the points lie beside the noise sensitivity, as the end of a sentence."""
    u_bar, u = fit.parameters.get("u_bar"), fit.batch.inputs[-1][0]
    if u_bar is None:
        return ""
    if u.max() < 2 * u_bar:
        return f": the deepest point reaches {u.max() / u_bar:.2g} times the noise sensitivity"
    if u.min() > u_bar / 2:
        return f": the shallowest point is at {u.min() / u_bar:.2g} times the noise sensitivity"
    # A misfit is not scatter: without repeats the two cannot be told apart.
    return "" if rejected else f": the points are {fit.sigma:.2g} bits off the law"


def lack_of_fit_test(fit: "LawFit") -> dict[str, float]:
    """Misfit and scatter of a fit (bits) and their F test; nothing where no point is repeated."""
    bits, weights = fit.batch.bits[0], np.square(fit.batch.root_weights[0])
    place = np.unique(np.concatenate(fit.batch.inputs), axis=1, return_inverse=True)[1].ravel()
    n_places = place.max() + 1
    means = np.bincount(place, weights=weights * bits) / np.bincount(place, weights=weights)
    pure = float((weights * np.square(bits - means[place])).sum())
    pure_dof, misfit_dof = len(bits) - n_places, n_places - len(fit.parameters)
    if pure_dof < 1 or misfit_dof < 1 or pure <= 0:
        return {}
    misfit, scatter = max(fit.weighted_sum - pure, 0.0) / misfit_dof, pure / pure_dof
    per_point = max(misfit - scatter, 0.0) * misfit_dof / len(bits)
    return {
        "misfit": float(np.sqrt(per_point)),
        "scatter": float(np.sqrt(scatter)),
        "f": misfit / scatter,
        "p_value": float(f_distribution.sf(misfit / scatter, misfit_dof, pure_dof)),
    }


def _too_steep(fit: "LawFit") -> str:
    """Where the points rise faster than the law can, in words; empty if they nowhere do.

    Lines through the points of at least three levels in a row, each with its own scatter, must be
    steeper than the law at a level of one in a thousand.
    """
    if not np.isfinite(fit.law.steepest):
        return ""
    order = np.argsort(fit.batch.inputs[-1][0])
    u, bits = fit.batch.inputs[-1][0][order], fit.batch.bits[0][order]
    levels, first = np.unique(u, return_index=True)
    low, high = np.triu_indices(len(levels), 2)
    if not len(low):
        return ""
    x, y = np.log2(u / u.mean()), bits - bits.mean()
    ends = np.append(first, len(u))
    each = np.cumsum([np.ones(len(u)), x, y, x * x, x * y, y * y], axis=1)
    each = np.pad(each, ((0, 0), (1, 0)))
    n, of_x, of_y, xx, xy, yy = each[:, ends[high + 1]] - each[:, ends[low]]
    xx, xy, yy = xx - of_x**2 / n, xy - of_x * of_y / n, yy - of_y**2 / n
    slope = xy / xx
    error = np.sqrt(np.maximum(yy - slope * xy, 0.0) / (n - 2) / xx)
    surely = slope - stdtrit(n - 2, 0.999) * error
    top = int(np.argmax(surely))
    if surely[top] <= fit.law.steepest * (1 + 1e-6):
        return ""
    return (
        f"the bits rise by {slope[top]:.2g} for each doubling from {levels[low[top]]:.3g} to "
        f"{levels[high[top]]:.3g}, where the law rises by at most {fit.law.steepest:g}"
    )


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
