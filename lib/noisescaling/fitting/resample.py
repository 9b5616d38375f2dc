"""Intervals that know of seeds: repeats that share a seed rise and fall together.

Points measured with one seed share a subset of the data and a start of the model, so their errors
are not independent and the profile likelihood, which takes them so, is too sure of the capacity.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from noisescaling._checks import same_length, whole
from noisescaling.fitting import verdict
from noisescaling.fitting.engine import solve
from noisescaling.fitting.law import FloatArray
from noisescaling.fitting.result import LawFit


def seed_intervals(
    fit: LawFit,
    seeds: ArrayLike,
    *,
    level: float = 0.95,
    n_resamples: int = 1000,
    rng: np.random.Generator,
) -> dict[str, tuple[float, float]]:
    """Interval of each parameter of a fit whose points share seeds, in the parameter's unit.

    The residuals are split into an offset that a seed's points share and the rest. Curves are
    drawn from the fitted law with both, their variances drawn too (scaled inverse chi-squared, so
    that few seeds give wide intervals), and fitted; the interval holds the middle `level` of the
    parameters.

    Parameters
    ----------
    fit
        The fit whose points have seeds.
    seeds
        Seed of each point, shape (n_points,), any labels.
    level
        Level of the intervals.
    n_resamples
        Curves drawn.
    rng
        Source of the draws.

    Raises
    ------
    ValueError
        If there are fewer than two seeds, or no seed has two points.
    """
    verdict.check_level(level)
    whole("n_resamples", n_resamples, at_least=2)
    member = _members(fit, seeds)
    between, within = _variances(fit, member, n_resamples, rng)
    offsets = rng.standard_normal((n_resamples, member.max() + 1)) * np.sqrt(between)[:, None]
    scatter = rng.standard_normal((n_resamples, fit.n_points)) * np.sqrt(within)[:, None]
    rows = np.zeros(n_resamples, dtype=int)
    batch, theta = fit.batch.take(rows), fit.theta.repeat(n_resamples, axis=0)
    drawn = batch.predict(theta) + offsets[:, member] + scatter
    solved, _ = solve(replace(batch, bits=drawn), theta)
    tails = (0.5 - level / 2, 0.5 + level / 2)
    ends = np.quantile(fit.law.outward(solved), tails, axis=0).T
    return fit.law.by_name(ends)


def _members(fit: LawFit, seeds: ArrayLike) -> np.ndarray:
    """Number of each point's seed, shape (n_points,)."""
    labels, member = np.unique(np.asarray(seeds), return_inverse=True)
    same_length(bits=fit.batch.bits[0], seeds=member)
    if len(labels) < 2 or len(labels) == fit.n_points:
        raise ValueError(
            f"seeds has {len(labels)} different values for {fit.n_points} points; give at least "
            "2 seeds, each with several points"
        )
    return member


def _variances(
    fit: LawFit, member: np.ndarray, n_draws: int, rng: np.random.Generator
) -> tuple[FloatArray, FloatArray]:
    """Draws of the variance of the seeds' offsets and of the rest, each (n_draws,), bits^2."""
    counts = np.bincount(member)
    means = np.bincount(member, weights=fit.residuals) / counts
    dof_between = len(counts) - 1
    dof_within = fit.n_points - len(counts) - len(fit.parameters) + 1
    # The fit has one free level, so the seeds' mean offset is not seen; k - 1 degrees are left.
    square_between = float((counts * np.square(means - means.mean())).sum())
    square_within = float(np.square(fit.residuals - means[member]).sum())
    between = square_between / rng.chisquare(dof_between, n_draws)
    within = square_within / rng.chisquare(max(dof_within, 1), n_draws)
    size = fit.n_points / len(counts)
    return np.maximum(between - within, 0.0) / size, within
