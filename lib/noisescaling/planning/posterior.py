"""Draws of a fit's parameters, from their likelihood rather than from its curvature alone.

Where the data leave a parameter open (a model whose information does not depend on the cells, a
capacity that no depth came near) the likelihood is far from normal, and draws from the covariance
would predict what the data exclude. An ensemble of walkers (affine-invariant stretch moves,
Goodman & Weare 2010) samples it within the law's bounds. The points are taken as independent.
"""

import numpy as np
from numpy.typing import NDArray

from noisescaling._checks import whole
from noisescaling.fitting import LawFit

Array = NDArray[np.float64]

_STRETCH = 2.0
_START_SPREAD = 1.0


def draw_parameters(
    fit: LawFit, *, n_draws: int = 200, n_steps: int = 400, seed: int = 0
) -> NDArray[np.float64]:
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
    """
    n_parameters = len(fit.parameters)
    if n_draws == 0:
        return np.empty((0, n_parameters))
    if whole("n_draws", n_draws, at_least=4 * n_parameters) % 2:
        raise ValueError(f"n_draws = {n_draws} is odd; give an even number, or 0 for no draws")
    rng = np.random.default_rng(seed)
    walkers = _start(fit, n_draws, rng)
    heights = _log_likelihood(fit, walkers)
    halves = np.arange(n_draws).reshape(2, -1)
    for _ in range(whole("n_steps", n_steps, at_least=1)):
        for mine, others in (halves, halves[::-1]):
            _move(fit, walkers, heights, mine, others, rng)
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


def _move(
    fit: LawFit,
    walkers: Array,
    heights: Array,
    mine: NDArray[np.int_],
    others: NDArray[np.int_],
    rng: np.random.Generator,
) -> None:
    """Stretch each of my walkers along its line to one of the others; accept or stay, in place."""
    # Density proportional to 1/sqrt(z) between 1/a and a.
    stretch = np.square(1 + (_STRETCH - 1) * rng.random(len(mine))) / _STRETCH
    partners = walkers[rng.choice(others, len(mine))]
    trial = partners + stretch[:, None] * (walkers[mine] - partners)
    trial_heights = _log_likelihood(fit, trial)
    chance = (walkers.shape[1] - 1) * np.log(stretch) + trial_heights - heights[mine]
    accepted = np.log(rng.random(len(mine))) < chance
    walkers[mine[accepted]] = trial[accepted]
    heights[mine[accepted]] = trial_heights[accepted]
