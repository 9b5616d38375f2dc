"""A joint law whose signal-to-noise ratio grows as u^k: what is fitted, and what is foretold.

`python -m benchmarks.fitting.exponent` takes about a minute on one core. k is one number for all
published grids; the other five parameters are fitted to each.
"""

from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from noisescaling.fitting import JOINT, Law, compare_laws, hold_out, hold_out_summary
from noisescaling.fitting.comparison import above, below
from noisescaling.fitting.laws import joint_law
from study.paths import RESULTS
from study.published import GRID, published_cells

TABLE = RESULTS / "law_exponent.csv"
EXPONENTS = np.arange(0.6, 1.25, 0.05)


def stretched_joint_law(
    n: ArrayLike,
    u: ArrayLike,
    i_max: ArrayLike,
    u_snr: ArrayLike,
    n0: ArrayLike,
    s: ArrayLike,
    u1: ArrayLike,
    *,
    k: float,
) -> NDArray[np.float64]:
    """Bits with (u_snr/u)^k for u_snr/u; learning's term is that of the joint law."""
    # u_snr/u is the only place of u_snr, so the law at u takes (u_snr/u)^k u in its stead.
    depth, unit = np.asarray(u_snr), np.asarray(u)
    return joint_law(n, u, i_max, (depth / unit) ** k * unit, n0, s, u1)


def law_of(k: float) -> Law:
    """Joint law of exponent k with the joint law's bounds and starts."""
    function = partial(stretched_joint_law, k=k)
    return replace(JOINT, name="stretched_joint_law", function=function)


def main() -> None:
    cells = published_cells()
    low, far = below({"size": 0.1, "u": 0.25}), above({"size": 0.4, "u": 0.4})
    fitted = pd.concat([grid[low(grid)] for _, grid in cells.groupby(GRID)])
    rows = []
    for k in EXPONENTS:
        law = law_of(float(k))
        summary = hold_out_summary(hold_out(cells, GRID, [law], low, far), GRID).iloc[0]
        row = {
            "k": round(float(k), 2),
            "aicc_fitted_part": compare_laws(fitted, GRID, [law])["aicc"].sum(),
            "aicc_all": compare_laws(cells, GRID, [law])["aicc"].sum(),
            "far_corner": summary["pooled"],
            "far_corner_median_grid": summary["median_curve"],
        }
        rows.append(row)
        print({name: round(float(value), 3) for name, value in row.items()}, flush=True)
    pd.DataFrame(rows).to_csv(TABLE, index=False, float_format="%.5g")


if __name__ == "__main__":
    main()
