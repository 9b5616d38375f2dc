"""Goodness of fit, and what a fit knows: identified, not rejected, inside what was measured."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import stdtrit
from scipy.stats import f as f_distribution

if TYPE_CHECKING:
    from noisescaling.fitting.fit import LawFit

#: A 95 % interval may span this factor from end to end before a parameter is not identified.
WIDEST = 10.0
#: A law is rejected where repeats would miss it as far so seldom, if it were right.
REJECTED_BELOW = 0.01
#: What readers call parameters, and the unit behind their numbers.
CALLED = {
    "u_bar": ("noise sensitivity", ""),
    "u_snr": ("quality at which signal equals noise", ""),
    "u_95": ("quality of 95 %", ""),
    "u1": ("quality below which learning suffers", ""),
    "i_max": ("capacity", " bits"),
    "i_inf": ("capacity", " bits"),
    "n0": ("cell scale", " cells"),
    "s": ("exponent s", ""),
    "directions": ("number of directions", ""),
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

    Examples
    --------
    >>> import numpy as np
    >>> from noisescaling import fitting
    >>> u = np.array([10, 20, 30, 40, 50])
    >>> verdict = fitting.fit_noise_law(u, fitting.noise_law(u, 1e4, 5)).verdict
    >>> verdict.measured, verdict.inside(100)
    ((10.0, 50.0), False)
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
    p_value, contradiction = _contradiction(fit)
    reasons = []
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
        reasons.append("; ".join(loose) + _reach(fit, bool(contradiction)))
    told = "; ".join(filter(None, [*reasons, contradiction]))
    return Verdict(not reasons, bool(contradiction), p_value, fit.measured, told)


def _contradiction(fit: "LawFit") -> tuple[float | None, str]:
    """The p-value of the lack of fit, None without repeats, and how points contradict the law."""
    test = lack_of_fit_test(fit)
    p_value = test.get("p_value")
    if steep := _too_steep(fit):
        return p_value, steep
    if p_value is None or p_value >= REJECTED_BELOW:
        return p_value, ""
    chance = f"p = {p_value:.1g}" if p_value >= 1e-15 else "p < 1e-15"
    misfit = f"{test['misfit']:.2g} bits"
    return p_value, f"the law misses the means of repeats by {misfit}, {chance}"


def open_in_words(name: str, low: float, high: float) -> str:
    """Say in words how far the interval of a parameter leaves it open."""
    called, unit = CALLED.get(name, (f"parameter {name}", ""))
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
    u_bar, (shallowest, deepest) = fit.parameters.get("u_bar"), fit.measured
    if u_bar is None:
        return ""
    if deepest < 2 * u_bar:
        return f": the deepest point reaches {deepest / u_bar:.2g} times the noise sensitivity"
    if shallowest > u_bar / 2:
        return f": the shallowest point is at {shallowest / u_bar:.2g} times the noise sensitivity"
    # A misfit is not scatter: without repeats the two cannot be told apart.
    return "" if rejected else f": the points are {fit.sigma:.2g} bits off the law"


def lack_of_fit_test(fit: "LawFit") -> dict[str, float]:
    """Misfit and scatter of a fit (bits) and their F test; nothing where no point is repeated."""
    _, means, _, pure = fit.repeats
    pure_dof, misfit_dof = fit.n_points - len(means), len(means) - len(fit.parameters)
    if pure_dof < 1 or misfit_dof < 1 or pure <= 0:
        return {}
    misfit, scatter = max(fit.weighted_sum - pure, 0.0) / misfit_dof, pure / pure_dof
    per_point = max(misfit - scatter, 0.0) * misfit_dof / fit.n_points
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
