"""The quality that a wanted information needs, by a fitted law, and whether the data can tell.

The needed quality of each draw of the law's parameters gives its interval. Draws come from the
likelihood rather than from its curvature alone: where the data leave a parameter open (a capacity
that no depth came near) the likelihood is far from normal, and draws from the covariance would
predict what the data exclude. An ensemble of walkers (affine-invariant stretch moves, Goodman &
Weare 2010) samples it within the law's bounds. The points are taken as independent.
"""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from noisescaling._checks import between_0_and_1, positive, whole
from noisescaling.fitting import LawFit, forecast, noise_law, noise_law_quality
from noisescaling.fitting.laws import Array
from noisescaling.fitting.verdict import WIDEST
from noisescaling.planning.surface import Range, interval

#: How many times the best measured quality is so far beyond it that the number says nothing.
_FAR = 100.0
#: Nor is the forecast asked farther beyond it.
_FARTHEST = 1e6
#: Longest stretch of a walker's step, and the longest spread of their starts, on the fit's scale.
_STRETCH = 2.0
_START_SPREAD = 1.0


@dataclass(frozen=True)
class NeededQuality:
    """The quality at which a fitted noise law reaches a wanted information.

    Attributes
    ----------
    bits
        The wanted information, in bits.
    quality
        Where the fitted law reaches it, in the unit of the fit's qualities; infinite where it
        never does.
    interval
        Central interval over draws of the law's parameters; an end beyond the measured range holds
        the law's misfit too, and may be infinite.
    measured
        The worst and the best quality that were measured.

    Examples
    --------
    >>> import numpy as np
    >>> from noisescaling import fitting, planning
    >>> u = np.geomspace(10, 1000, 8)
    >>> fit = fitting.fit_noise_law(u, fitting.noise_law(u, 50, 2))
    >>> needed = planning.needed_quality(fit, bits=1.5, n_draws=40)
    >>> needed.measured[1], needed.pinned_down
    (1000.0, True)
    """

    bits: float
    quality: float
    interval: Range
    measured: Range

    @property
    def pinned_down(self) -> bool:
        """Whether the interval is finite and spans no more than a factor of ten."""
        low, high = self.interval
        return bool(np.isfinite(high) and high <= WIDEST * low)

    @property
    def verdict(self) -> str:
        """What the data tell of the needed quality, in words."""
        low, high = self.interval
        if np.isinf(low):
            return "out of reach at any depth"
        if not self.pinned_down:
            least = "any little" if low < self.measured[0] else f"at least {low:.3g}"
            return f"the data cannot tell: {least}, {self._at_most(high)}"
        if self.quality > self.measured[1]:
            return f"extrapolated beyond the deepest measured, {self.measured[1]:.3g}"
        return "within what was measured"

    def _at_most(self, high: float) -> str:
        if np.isinf(high):
            return "perhaps out of reach"
        far = high > _FAR * self.measured[1]
        return "perhaps far beyond what was measured" if far else f"at most {high:.3g}"


def needed_quality(
    fit: LawFit,
    bits: float | None = None,
    *,
    share: float = 0.9,
    level: float = 0.9,
    n_draws: int = 400,
    seed: int = 0,
) -> NeededQuality:
    """Quality needed for an information in bits, or for a share of the capacity, with an interval.

    Each draw of the law's parameters gives a needed quality, the inverse of the noise law (book,
    equation `eq-noise-law`); a share is of each draw's own capacity. An end of the interval that
    lies beyond the measured range moves out to where the interval of the forecast reaches the
    bits (book, equation `eq-laws-forecast`).

    Parameters
    ----------
    fit
        A fit of the noise law.
    bits
        Wanted information, in bits; `share` of the capacity where None.
    share
        Wanted share of the capacity, between 0 and 1.
    level
        Level of the interval.
    n_draws, seed
        Draws of the parameters, and their seed.

    Raises
    ------
    ValueError
        If the fit is of another law, or a number is out of range.

    Examples
    --------
    >>> import numpy as np
    >>> from noisescaling import fitting, planning
    >>> u = np.geomspace(10, 1000, 8)
    >>> fit = fitting.fit_noise_law(u, fitting.noise_law(u, 50, 2))
    >>> round(planning.needed_quality(fit, bits=1.5, n_draws=40).quality, 1)
    43.7
    """
    if fit.law is not noise_law:
        raise ValueError(
            f"fit is of {fit.law.name}, with {', '.join(fit.parameters)}; give a fit of the noise "
            "law, with u_bar, i_max"
        )
    between_0_and_1(share=share, level=level)
    wanted = None if bits is None else float(positive("bits", bits))
    drawn = draw_parameters(fit, n_draws=n_draws, seed=seed)
    u_bar, i_max = np.vstack([[fit.u_bar, fit.i_max], drawn]).T
    best, *others = _qualities(u_bar, i_max, wanted, share)
    spread = interval(np.array(others), level)
    if spread is None:
        raise ValueError(f"n_draws = {n_draws} gives no interval; give at least 8, an even number")
    asked = share * fit.i_max if wanted is None else wanted
    spread = _with_misfit(fit, asked, spread, level)
    return NeededQuality(asked, float(best), spread, fit.measured)


def _with_misfit(fit: LawFit, bits: float, spread: Range, level: float) -> Range:
    """Move the ends beyond the measured range out to where the forecast's ends reach the bits."""
    shallowest, deepest = fit.measured
    if spread[1] <= deepest:
        return spread
    u = np.geomspace(shallowest, _FARTHEST * deepest, 1000)
    ahead = forecast(fit, u, level=level)
    soonest, surely = (
        float(u[np.argmax(end >= bits)]) if (end >= bits).any() else np.inf
        for end in (ahead.high, ahead.low)
    )
    low = min(spread[0], soonest) if spread[0] > deepest else spread[0]
    return low, max(spread[1], surely)


def needed_table(
    fits: Mapping[Hashable, LawFit], bits: float | None = None, share: float = 0.9
) -> pd.DataFrame:
    """Tabulate for each fit the UMIs per cell that an information needs, for reading.

    Parameters
    ----------
    fits
        Fits of the noise law by name.
    bits, share
        As in `needed_quality`.

    Examples
    --------
    >>> import numpy as np
    >>> from noisescaling import fitting, planning
    >>> u = np.geomspace(10, 1000, 8)
    >>> fit = fitting.fit_noise_law(u, fitting.noise_law(u, 50, 2))
    >>> planning.needed_table({"PCA": fit}, bits=1.5)["what the data tell"].tolist()
    ['within what was measured']
    """
    rows = {}
    for name, fit in fits.items():
        needed = needed_quality(fit, bits, share=share)
        low, high = needed.interval
        best = needed.measured[1]
        added = float(fit.predict(2 * best) - fit.predict(best))
        rows[name] = {
            "wanted (bits)": f"{needed.bits:.2f}",
            "needs (UMIs per cell)": (
                f"{needed.quality:.3g} ({low:.3g} to {high:.3g})" if needed.pinned_down else "?"
            ),
            "what the data tell": needed.verdict,
            "twice the depth adds (bits)": f"{added:.2f}",
        }
    return pd.DataFrame.from_dict(rows, orient="index")


def _qualities(u_bar: Array, i_max: Array, bits: float | None, share: float) -> Array:
    """Return the needed quality for each pair of parameters; infinite where none is enough."""
    wanted = share * i_max if bits is None else np.full_like(i_max, bits)
    reached = wanted < i_max
    found = np.full(len(i_max), np.inf)
    found[reached] = noise_law_quality(wanted[reached], u_bar[reached], i_max[reached])
    return found


def draw_parameters(fit: LawFit, *, n_draws: int = 200, n_steps: int = 400, seed: int = 0) -> Array:
    """Draws of the fitted parameters, shape (n_draws, n_parameters), on their own scales.

    The points' scatter is normal and of unknown size, which is integrated out: the likelihood is
    SSR^(-n_points/2). The prior is flat on the scale on which the fit moves, within its bounds.

    Parameters
    ----------
    fit
        The fit, which holds its points.
    n_draws
        Number of walkers, and so of draws; even, at least 4 a parameter, or 0 for none.
    n_steps
        Steps that each walker takes from the best fit; its last place is the draw.
    seed
        Seed of the walk.

    Raises
    ------
    ValueError
        If `n_draws` is odd or too small.

    Examples
    --------
    >>> import numpy as np
    >>> from noisescaling import fitting, planning
    >>> u = np.geomspace(10, 1000, 8)
    >>> fit = fitting.fit_noise_law(u, fitting.noise_law(u, 50, 2))
    >>> planning.draw_parameters(fit, n_draws=20, n_steps=50).shape
    (20, 2)
    """
    n_parameters = len(fit.parameters)
    if n_draws == 0:
        return np.empty((0, n_parameters))
    if whole("n_draws", n_draws, at_least=4 * n_parameters) % 2:
        raise ValueError(f"n_draws = {n_draws} is odd; give an even number, or 0 for no draws")
    rng = np.random.default_rng(whole("seed", seed, at_least=0))
    walkers = _start(fit, n_draws, rng)
    heights = _log_likelihood(fit, walkers)
    halves = np.arange(n_draws).reshape(2, -1)
    for _ in range(whole("n_steps", n_steps, at_least=1)):
        for mine, others in (halves, halves[::-1]):
            # Each of my walkers stretches along its line to one of the others, or stays; the
            # stretch has a density proportional to 1/sqrt(z) between 1/a and a.
            stretch = np.square(1 + (_STRETCH - 1) * rng.random(len(mine))) / _STRETCH
            partners = walkers[rng.choice(others, len(mine))]
            trial = partners + stretch[:, None] * (walkers[mine] - partners)
            higher = _log_likelihood(fit, trial)
            chance = (n_parameters - 1) * np.log(stretch) + higher - heights[mine]
            accepted = np.log(rng.random(len(mine))) < chance
            walkers[mine[accepted]] = trial[accepted]
            heights[mine[accepted]] = higher[accepted]
    return fit.law.outward(walkers)


def _start(fit: LawFit, n_draws: int, rng: np.random.Generator) -> Array:
    """Walkers about the best fit, within the bounds, in directions of the covariance."""
    values, vectors = np.linalg.eigh(fit.covariance_inward)
    spread = np.minimum(np.sqrt(np.maximum(values, 1e-12)), _START_SPREAD)
    centre = fit.theta[0]
    lower, upper = fit.batch.bounds()
    steps = (rng.standard_normal((n_draws, len(centre))) * spread) @ vectors.T
    outside = (centre + steps < lower) | (centre + steps > upper)
    return np.asarray(np.clip(centre + np.where(outside, -steps, steps), lower, upper))


def _log_likelihood(fit: LawFit, walkers: Array) -> Array:
    lower, upper = fit.batch.bounds()
    inside = ((walkers >= lower) & (walkers <= upper)).all(axis=1)
    batch = fit.batch.take(np.zeros(len(walkers), dtype=int))
    residuals = batch.residuals(np.clip(walkers, lower, upper))
    squares = np.maximum(np.square(residuals).sum(axis=1), 1e-18)
    return np.where(inside, -0.5 * fit.n_points * np.log(squares), -np.inf)
