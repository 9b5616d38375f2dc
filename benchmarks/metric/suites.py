"""The measurements of our own estimates; each function yields the rows of one CSV."""

import time
from collections.abc import Iterator
from typing import Any

import numpy as np
from benchmarks.metric.cases import (
    LADDER,
    LADDER_N,
    SHARED,
    SHARED_N,
    SHARED_SEED,
    Case,
    gaussian,
    half_empty,
    independent,
    independent_heavy,
    magnitude,
    mixture,
    student,
    swiss_roll,
    thinned_counts,
)
from benchmarks.metric.label_cases import (
    HARD_CASES,
    LABEL_CASES,
    LABEL_N,
    LABEL_SEED,
    LABEL_SIZES,
    LabelCase,
    noise_only,
    ring,
    round_clusters,
)
from benchmarks.metric.places import WORK
from benchmarks.points import Row
from numpy.typing import NDArray

from noisescaling.metric import mutual_information
from noisescaling.metric._neighbours import ksg

Array = NDArray[np.float64]


#: Rows up to which the plain estimators run: KSG in 128 dimensions takes all distances.
PLAIN_MAX_N = 5_000


def told(x: Array, y: Any, **options: Any) -> Row:
    """Return our estimate, its standard error and lower bound in bits, the verdict, seconds."""
    start = time.perf_counter()
    found = mutual_information(x, y, **options)
    seconds = time.perf_counter() - start
    how = found.diagnostics
    return {
        "bits": round(found.bits, 5),
        "standard_error": round(found.standard_error, 5),
        "lower_bound": "" if how.lower_bound is None else round(how.lower_bound, 5),
        "reliable": how.reliable,
        "reason": how.reason,
        "seconds": round(seconds, 2),
    }


def _plain(estimator: str, x: Array, y: Array) -> float:
    """Plain KSG (k = 3, standardized axes) or canonical correlation, in bits."""
    a, b = (x - x.mean(0)) / x.std(0), (y - y.mean(0)) / y.std(0)
    if estimator == "KSG":
        scatter = np.random.default_rng(0)
        a, b = (z + 1e-10 * scatter.standard_normal(z.shape) for z in (a, b))
        return float(ksg(a, b, 3).mean())
    bases = [np.linalg.qr(z)[0] for z in (a, b)]
    shared = np.linalg.svd(bases[0].T @ bases[1], compute_uv=False)
    return float(-0.5 * np.log2(1 - np.minimum(shared, 1 - 1e-9) ** 2).sum())


def _all_estimators(case: Case, n: int, seed: int) -> Iterator[Row]:
    x, y = case.draw(n, seed)
    base = {"case": case.name, "family": case.family, "n_samples": n, "seed": seed}
    base |= {"dim": case.dim_x, "true_bits": round(case.bits, 5)}
    ours = told(x, y)
    yield base | {"estimator": "ours"} | ours
    for name in ("KSG", "CCA") if n <= PLAIN_MAX_N else ():
        blank = dict.fromkeys(ours, "")
        yield base | {"estimator": name} | blank | {"bits": round(_plain(name, x, y), 5)}


def shared() -> Iterator[Row]:
    """Ours, plain KSG and CCA on the samples that latentmi sees too."""
    for case in SHARED:
        yield from _all_estimators(case, SHARED_N, SHARED_SEED)


def ladder() -> Iterator[Row]:
    """The same three over Gaussian truths, dimensions and sizes."""
    for n in LADDER_N:
        for case in LADDER:
            yield from _all_estimators(case, n, 1)


def bmi() -> Iterator[Row]:
    """Ours on the samples that the public benchmark's estimators saw."""
    for path in sorted((WORK / "bmi").glob("*.npz")):
        sample = np.load(path)
        x, y = sample["x"].astype(float), sample["y"].astype(float)
        yield {
            "task": path.stem,
            "name": str(sample["name"]),
            "n_samples": len(x),
            "true_bits": round(float(sample["bits"]), 5),
        } | told(x, y)


#: Cases of low dimension, where the standard error must tell of the whole error.
COVERAGE: tuple[Case, ...] = (
    gaussian(1, 1, 0.5),
    gaussian(1, 1, 2),
    gaussian(2, 1, 1),
    gaussian(2, 2, 2),
    gaussian(4, 2, 1),
    gaussian(4, 2, 3),
    gaussian(8, 1, 1),
    swiss_roll(1),
    student(2, 3),
    thinned_counts(10, 3),
    thinned_counts(10, 30),
    independent(2),
)
#: Cases where what compression or neighbours miss outweighs the scatter.
BIASED: tuple[Case, ...] = (
    gaussian(64, 8, 4),
    magnitude(8, 2),
    mixture(20, 8, 2.0),
    half_empty(8, 2, 3),
)
COVERAGE_LABELS: tuple[LabelCase, ...] = (
    round_clusters(2, 1, 1.0, True),
    round_clusters(5, 4, 1.0, True),
    round_clusters(5, 4, 1.0, False),
    ring(3, 3),
)
COVERAGE_SIZES = (500, 2_000)
COVERAGE_SEEDS = range(12)


def coverage() -> Iterator[Row]:
    """Estimate and standard error on fresh samples, seed by seed."""
    groups = (("low", COVERAGE), ("biased", BIASED), ("label", COVERAGE_LABELS))
    for group, cases in groups:
        for case in cases:
            for n in COVERAGE_SIZES:
                for seed in COVERAGE_SEEDS:
                    x, y = case.draw(n, n + 1_000_000 + seed)
                    base = {"group": group, "case": case.name, "n_samples": n, "seed": seed}
                    base |= {"true_bits": round(case.bits, 5)}
                    yield base | told(x, y)


def independence() -> Iterator[Row]:
    """Independent x and y at n = 5,000: the truth is 0 bits."""
    cases = [independent(d) for d in (1, 2, 4, 16, 64)]
    cases += [independent_heavy(8), noise_only(2, 16), noise_only(10, 16)]
    for case in cases:
        for seed in range(5):
            x, y = case.draw(5_000, 2_000 + seed)
            base = {"case": case.name, "n_samples": 5_000, "seed": seed, "true_bits": 0.0}
            yield base | told(x, y)


def consistency() -> Iterator[Row]:
    """Symmetry, invertible maps, a chain of noise, and sums over independent parts.

    What is left after noise is not known.
    """
    n = 3_000
    rng = np.random.default_rng(5)
    for case in (gaussian(8, 2, 2), swiss_roll(2), student(3, 2), mixture(4, 5, 3.0)):
        x, y = case.draw(n, 3)
        turn = rng.standard_normal((x.shape[1], x.shape[1]))
        changed = {
            "x and y": (x, y),
            "swapped": (y, x),
            "x mixed linearly": (x @ turn, y),
            "x cubed": (x**3, y),
            "x scaled by 1e6, y by 1e-6": (x * 1e6, y * 1e-6),
        }
        for name, (a, b) in changed.items():
            base = {"test": "maps", "case": case.name, "step": name}
            yield base | {"true_bits": round(case.bits, 5)} | told(a, b)
        for noise in (0.0, 0.25, 0.5, 1.0, 2.0, 4.0):
            noisy = x + noise * x.std(0) * rng.standard_normal(x.shape)
            step = {"test": "chain", "case": case.name, "step": f"{noise:g}"}
            known = "" if noise else round(case.bits, 5)
            yield step | {"true_bits": known} | told(noisy, y)
    parts = gaussian(4, 1, 1), mixture(4, 5, 3.0)
    (x1, y1), (x2, y2) = (case.draw(n, 7 + i) for i, case in enumerate(parts))
    first, second = (case.bits for case in parts)
    sides = {
        "first part": (first, x1, y1),
        "second part": (second, x2, y2),
        "both parts": (first + second, np.hstack([x1, x2]), np.hstack([y1, y2])),
    }
    for name, (bits, a, b) in sides.items():
        base = {"test": "sum", "case": "gaussian + mixture", "step": name}
        yield base | {"true_bits": round(bits, 5)} | told(a, b)


def labels() -> Iterator[Row]:
    """Labels of known information."""
    for case in LABEL_CASES:
        x, y = case.draw(LABEL_N, LABEL_SEED)
        base = {"case": case.name, "n_samples": LABEL_N, "ceiling": round(case.ceiling, 5)}
        base |= {"true_bits": round(case.bits, 5)}
        yield base | told(x, y, signal="label")


def label_sizes() -> Iterator[Row]:
    """Labels of known information from few rows, of many classes and in ties."""
    for n in LABEL_SIZES:
        for case in (*LABEL_CASES, *HARD_CASES):
            for seed in range(2):
                x, y = case.draw(n, 5_000 + seed)
                kept = np.bincount(y, minlength=len(case.shares))[y] > 1
                base = {"case": case.name, "n_samples": n, "seed": seed}
                base |= {"true_bits": round(case.bits, 5)}
                yield base | told(x[kept], y[kept], signal="label")


SUITES = {
    "shared": shared,
    "ladder": ladder,
    "bmi": bmi,
    "coverage": coverage,
    "independence": independence,
    "consistency": consistency,
    "labels": labels,
    "label_sizes": label_sizes,
}
