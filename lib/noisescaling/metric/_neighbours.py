"""Nearest-neighbour estimate of mutual information (Kraskov, Stoegbauer, Grassberger 2004)."""

from collections.abc import Callable

import numpy as np
import torch
from scipy.spatial import cKDTree
from scipy.special import digamma

from noisescaling.metric._sides import Array

#: A function (a, b, k) that counts neighbours as `ksg` does, on a device of its choice.
Count = Callable[[Array, Array, int], Array]

#: Distances that are held at once. On the processor few enough that torch starts no threads, which
#: would wait for each other more than they work, above all beside other jobs.
BLOCK = {"cpu": 2**15, "cuda": 2**26}
#: Rows up to which all distances are quicker than a tree in two axes; more in more axes.
FEW_ROWS = 1_800


def ksg(a: Array, b: Array, k: int, device: str = "cpu") -> Array:
    """Return the contribution of each point to I(a; b), in bits, shape (n,).

    Equation (8) of Kraskov et al., psi(k) + psi(n) - psi(n_a + 1) - psi(n_b + 1), where n_a and
    n_b count the points nearer than the k-th neighbour in the joint space, in the maximum norm.

    Parameters
    ----------
    a, b
        Points of shape (n, d) and (n, e), without ties.
    k
        The neighbour that sets the scale.
    device
        "cpu" (trees or all distances, whichever is quicker) or a torch device (all distances).
    """
    few = len(a) <= FEW_ROWS * (max(a.shape[1], b.shape[1]) - 1) ** 1.5
    if device == "cpu" and not few:
        within_a, within_b = _by_trees(a, b, k)
    else:
        within_a, within_b = _by_distances(a, b, k, device)
    nats = digamma(k) + digamma(len(a)) - digamma(within_a) - digamma(within_b)
    return np.asarray(nats / np.log(2))


def _by_trees(a: Array, b: Array, k: int) -> tuple[Array, Array]:
    joint = np.hstack([a, b])
    radius = cKDTree(joint).query(joint, k + 1, p=np.inf, workers=-1)[0][:, k]
    # Strictly nearer: the margin is above rounding and far below any distance between points.
    inside = np.maximum(radius - 1e-13, 0)
    return _within(a, inside), _within(b, inside)


def _within(points: Array, radius: Array) -> Array:
    """Count the points, itself among them, within each point's own radius."""
    if points.shape[1] == 1:
        line = points[:, 0]
        ordered = np.sort(line)
        upper = np.searchsorted(ordered, line + radius, side="right")
        return np.asarray(upper - np.searchsorted(ordered, line - radius, side="left"), dtype=float)
    tree = cKDTree(points, leafsize=64)
    counts = tree.query_ball_point(points, radius, p=np.inf, return_length=True, workers=-1)
    return np.asarray(counts, dtype=float)


def _by_distances(a: Array, b: Array, k: int, device: str) -> tuple[Array, Array]:
    axes_a = torch.as_tensor(a.T, dtype=torch.float32, device=device).contiguous()
    axes_b = torch.as_tensor(b.T, dtype=torch.float32, device=device).contiguous()
    within = torch.empty((2, len(a)), device=device)
    step = max(1, BLOCK[device] // len(a))
    for start in range(0, len(a), step):
        rows = slice(start, start + step)
        gap_a, gap_b = _gaps(axes_a, rows), _gaps(axes_b, rows)
        nearest = torch.maximum(gap_a, gap_b).topk(k + 1, dim=1, largest=False).values
        within[0, rows] = (gap_a < nearest[:, -1:]).sum(1)
        within[1, rows] = (gap_b < nearest[:, -1:]).sum(1)
    counts = within.clamp(min=1).double().cpu().numpy()
    return counts[0], counts[1]


def _gaps(axes: torch.Tensor, rows: slice) -> torch.Tensor:
    """Return the distances (block, n), in the maximum norm, of a block of rows to all rows."""
    gaps = (axes[0, rows, None] - axes[0][None]).abs_()
    for axis in axes[1:]:
        torch.maximum(gaps, (axis[rows, None] - axis[None]).abs_(), out=gaps)
    return gaps
