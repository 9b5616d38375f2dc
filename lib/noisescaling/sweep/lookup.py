"""The points of a sweep as a tidy table: from the store, and measured where it lacks them."""

import os
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pandas as pd

from noisescaling.sweep import records
from noisescaling.sweep.engine import run
from noisescaling.sweep.grid import Point, Sweep
from noisescaling.sweep.recipe import as_recipe, model_settings
from noisescaling.sweep.records import Record
from noisescaling.sweep.store import ResultsStore
from noisescaling.sweep.wanted import Sweeps, Wanted, listed, wanted


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
    return records.tidy(_labelled(one.point, known.get(one.key), one) for one in wanted(sweep))


def committed(sweep: Sweeps, store: ResultsStore) -> pd.DataFrame | None:
    """Return the points of a sweep, in bits, if all are among the committed ones; loads no data.

    None where one is lacking, or is there for several contents of one data set: then the data must
    tell which holds.
    """
    kept = store.committed_records()
    count = Counter(record.identity for record in kept.values())
    if not kept or max(count.values()) > 1:
        return None
    known = {r.identity: r for key, r in store.records().items() if key in kept}
    found: dict[str, Record] = {}
    for one in listed(sweep):
        for point, record in _found(one, known):
            if record is None:
                return None
            found[point.identity] = record.merged(found.get(point.identity))
    return records.tidy(found.values())


def _found(sweep: Sweep, known: dict[str, Record]) -> Iterator[tuple[Point, Record | None]]:
    settings = {model: model_settings(as_recipe(model)) for model in sweep.models}
    for point in sweep.points():
        record = known.get(point.identity)
        if record is not None and record.made_with(settings[point.model]):
            names = sweep.signals or record.results
            if set(names) <= record.results.keys():
                yield point, _relabelled(record, point, names)
                continue
        yield point, None


def _labelled(point: Point, record: Record | None, one: Wanted) -> Record:
    assert record is not None, "run measures every point"
    return _relabelled(record, point, one.signals)


def _relabelled(record: Record, point: Point, signals: Any) -> Record:
    """Return a record with the names that a sweep gives, and its signals alone."""
    labels = {"dataset": point.dataset.label, "model": point.model_label}
    return Record(
        record.key, record.point, record.settings, {**record.columns, **labels},
        {name: record.results[name] for name in signals},
    )  # fmt: skip


def _recompute(sweep: Sweeps, store: ResultsStore, options: dict[str, Any]) -> None:
    """Measure all points into a store of their own, then move them over the former ones."""
    fresh = ResultsStore(store.folder / "recompute", stale_after=store.claims.stale_after)
    run(sweep, fresh, **options)
    for one in wanted(sweep):
        target = store.path(one.key)
        target.parent.mkdir(parents=True, exist_ok=True)
        if fresh.path(one.key).exists():
            os.replace(fresh.path(one.key), target)
