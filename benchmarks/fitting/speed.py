"""All published curves fitted with profile intervals: this library beside lmfit, in one run.

`OMP_NUM_THREADS=1 python -m benchmarks.fitting.speed` takes about half a minute. Seconds are those
of the processor, one thread, so that other work on the machine does not count. lmfit starts once,
from the middle of the qualities and the largest value; this library tries several starts.
"""

import time
import warnings

import lmfit
import numpy as np
import pandas as pd

from noisescaling.fitting import NOISE, fit_curves, noise_law
from study.paths import RESULTS
from study.published import GRID, published_cells

BY = [*GRID, "size"]
TABLE = RESULTS / "law_speed.csv"


def timed_ours(cells: pd.DataFrame, repeats: int = 5) -> tuple[pd.DataFrame, float]:
    """Fits of all curves, and the shortest of a few times, in seconds."""
    seconds = []
    for _ in range(repeats):
        start = time.process_time()
        fits = fit_curves(cells, BY)
        seconds.append(time.process_time() - start)
    return fits, min(seconds)


def peer_fit(curve: pd.DataFrame) -> dict[str, float]:
    """Fit one curve with lmfit: least squares, then conf_interval."""
    model = lmfit.Model(lambda u, log_u_bar, i_max: noise_law(u, np.exp(log_u_bar), i_max))
    low, high = NOISE.bounds()
    parameters = model.make_params(
        log_u_bar={"value": np.log(curve["u"]).mean(), "min": low[0], "max": high[0]},
        i_max={"value": curve["bits"].max(), "min": low[1], "max": high[1]},
    )
    result = model.fit(curve["bits"].to_numpy(), parameters, u=curve["u"].to_numpy())
    row = {
        "sum_of_squares": result.chisqr,
        "i_max": result.params["i_max"].value,
        "i_max_low": np.nan,
        "i_max_high": np.nan,
    }
    try:
        limits = result.conf_interval(sigmas=[0.95])["i_max"]
        row["i_max_low"], row["i_max_high"] = limits[0][1], limits[-1][1]
    except (ValueError, lmfit.minimizer.MinimizerException):
        pass
    return row


def timed_peer(cells: pd.DataFrame) -> tuple[pd.DataFrame, float]:
    """Lmfit's fits of all curves in the same order, and the time they take, in seconds."""
    curves = [curve for _, curve in cells.groupby(BY)]
    start = time.process_time()
    rows = [peer_fit(curve) for curve in curves]
    return pd.DataFrame(rows), time.process_time() - start


def main() -> None:
    warnings.simplefilter("ignore")
    cells = published_cells()
    fits, ours = timed_ours(cells)
    peer, theirs = timed_peer(cells)
    both = np.isfinite(peer["i_max_low"]) & np.isfinite(peer["i_max_high"])
    both &= np.isfinite(fits["i_max_high"])
    ends = pd.concat([(fits[c] - peer[c])[both].abs() for c in ("i_max_low", "i_max_high")])
    squares = fits["sigma"] ** 2 * (fits["n_points"] - 2)
    apart = (fits["i_max"] - peer["i_max"]).abs()
    row = {
        "curves": len(fits),
        "seconds_ours": round(ours, 3),
        "seconds_lmfit": round(theirs, 2),
        "ratio": round(theirs / ours, 1),
        "curves_within_0.001_bits": int((apart < 1e-3).sum()),
        "curves_fitted_no_worse": int((squares <= peer["sum_of_squares"] * (1 + 1e-7)).sum()),
        "median_difference_bits": float(f"{apart.median():.2g}"),
        "intervals_lmfit_gives": int(np.isfinite(peer["i_max_high"]).sum()),
        "intervals_compared": int(both.sum()),
        "median_interval_difference_bits": float(f"{ends.median():.2g}"),
        "intervals_within_0.01_bits": int((ends.groupby(level=0).max() < 0.01).sum()),
    }
    pd.DataFrame([row]).to_csv(TABLE, index=False)
    for name, value in row.items():
        print(f"{name:34s} {value}")


if __name__ == "__main__":
    main()
