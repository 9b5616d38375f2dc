"""The quality that a wanted information needs, by a fitted law, and whether the data can tell.

Each draw of the forecast's parameters has a needed quality, and these give its interval. So it
holds what the points leave open, such as a capacity that no depth came near, and that a curve need
not bend just as the law does.
"""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from noisescaling._checks import between_0_and_1, positive, whole
from noisescaling.fitting import LawFit, forecast, noise_law, noise_law_quality
from noisescaling.fitting.forecast import Posterior
from noisescaling.fitting.laws import Array
from noisescaling.fitting.verdict import WIDEST
from noisescaling.planning.surface import Range, central

#: How many times the best measured quality is so far beyond it that the number says nothing.
_FAR = 100.0
#: Nor is the forecast asked farther beyond it.
_FARTHEST = 1e6


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

    Each draw of the forecast's parameters (book, equation `eq-laws-forecast`) gives a needed
    quality; a share is of each draw's own capacity. The interval also holds the quality of the fit
    itself (book, equation `eq-noise-law`). An end that lies beyond the measured range moves out to
    where the interval of the forecast reaches the bits.

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
        Draws of the parameters, at least 8, and their seed.

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
    n_draws, seed = whole("n_draws", n_draws, at_least=8), whole("seed", seed, at_least=0)
    drawn = Posterior(fit).sample(n_draws, seed)
    found = _qualities(np.vstack([[fit.u_bar, fit.i_max, 1], drawn]), wanted, share)
    asked, best = share * fit.i_max if wanted is None else wanted, float(found[0])
    low, high = _with_misfit(fit, asked, central(found[1:], level), level)
    return NeededQuality(asked, best, (min(low, best), max(high, best)), fit.measured)


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


def _qualities(parameters: Array, bits: float | None, share: float) -> Array:
    """Return the needed quality for each (u_bar, i_max, k); infinite where none is enough."""
    u_bar, i_max, k = parameters.T
    wanted = share * i_max if bits is None else np.full_like(i_max, bits)
    reached = wanted < i_max
    found = np.full(len(i_max), np.inf)
    signal = noise_law_quality(wanted[reached], 1, i_max[reached])
    found[reached] = u_bar[reached] * signal ** (1 / k[reached])
    return found
