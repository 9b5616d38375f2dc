"""The points of a sweep as a tidy table: from the store, and measured where it lacks them."""

import os
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from functools import cache
from typing import Any

import pandas as pd

from noisescaling.sweep import records
from noisescaling.sweep.engine import run
from noisescaling.sweep.grid import Point
from noisescaling.sweep.recipe import model_settings
from noisescaling.sweep.records import Record
from noisescaling.sweep.store import ResultsStore
from noisescaling.sweep.wanted import Sweeps, listed, wanted


def measured(
    sweep: Sweeps, store: ResultsStore, *, recompute: bool = False, **options: Any
) -> pd.DataFrame:
    """Return the points of a sweep as the tidy table, in bits; measure those that the store lacks.

    Where all of them are committed, no data set is loaded: so a study is shown where its data are
    out of reach. Otherwise the points must fit the content of the data as it is now.

    Parameters
    ----------
    sweep
        A grid of points, or several.
    store
        Where the points are, and where new ones go.
    recompute
        Whether to measure all of them anew. Broken off and called again, it goes on.
    options
        Passed on to `run`.

    Raises
    ------
    ValueError
        If the sweep asks for what does not exist.
    StoreFullError
        If the disk is full.
    """
    if recompute:
        _recompute(sweep, store, options)
    else:
        table = committed(sweep, store)
        if table is not None:
            return table
        run(sweep, store, **options)
    known = store.records()
    return records.tidy(
        _relabelled(known[one.key], one.point, one.signals) for one in wanted(sweep)
    )


def committed(sweep: Sweeps, store: ResultsStore) -> pd.DataFrame | None:
    """Return the points of a sweep, in bits, if all are among the committed ones; loads no data.

    None where one is lacking, or is there for several contents of one data set: then the data must
    tell which holds.
    """
    kept = store.committed_records()
    count = Counter(record.identity for record in kept.values())
    if not kept or max(count.values()) > 1:
        return None
    known = {r.identity: r for key, r in store.records(kept).items() if key in kept}
    found: dict[str, Record] = {}
    settings = cache(model_settings)
    for one in listed(sweep):
        for point in one.points():
            record = known.get(point.identity)
            if record is None or not record.made_with(settings(point.model)):
                return None
            signals = one.signals or record.results
            if not set(signals) <= record.results.keys():
                return None
            part = _relabelled(record, point, signals)
            found[point.identity] = part.merged(found.get(point.identity))
    return records.tidy(found.values())


def _relabelled(record: Record, point: Point, signals: Iterable[str]) -> Record:
    """Return a record with the names that a sweep gives, and its signals alone."""
    labels = {"dataset": point.dataset.label, "model": point.model_label}
    results = {name: record.results[name] for name in signals}
    return replace(record, columns={**record.columns, **labels}, results=results)


def _recompute(sweep: Sweeps, store: ResultsStore, options: dict[str, Any]) -> None:
    """Measure all points into a store of their own, then move them over the former ones."""
    fresh = ResultsStore(store.folder / "recompute", stale_after=store.claims.stale_after)
    run(sweep, fresh, **options)
    for one in wanted(sweep):
        target = store.path(one.key)
        target.parent.mkdir(parents=True, exist_ok=True)
        if fresh.path(one.key).exists():
            os.replace(fresh.path(one.key), target)
