"""One point of a study, from its description to rows of the tidy table, and curves of points."""

import ast
import json
import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, is_dataclass, replace
from datetime import UTC, datetime
from functools import cache, cached_property, lru_cache, partial, reduce
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from importlib.util import resolve_name
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from tqdm import tqdm

from noisescaling import datasets, models
from noisescaling._checks import choice
from noisescaling._compute import threads
from noisescaling.datasets import Dataset, Signal, set_aside
from noisescaling.datasets.aside import FEW
from noisescaling.datasets.dataset import Digest
from noisescaling.datasets.pairing import restrict, subsample, without_lone_labels
from noisescaling.metric import mutual_information
from noisescaling.models import RepresentationModel
from noisescaling.models.own import Outputs, fitted
from noisescaling.noise import noises
from noisescaling.sweep.grid import Point, Recipe, Sweep, of_json, recipe

#: Columns of the tidy results table.
COLUMNS: tuple[str, ...] = (
    "dataset", "modality", "signal", "model", "n_samples", "n_measured", "held_out", "quality",
    "quality_unit", "seed", "bits", "standard_error", "status", "message", "seconds", "provenance",
)  # fmt: skip

_PACKAGES = (
    "noisescaling", "numpy", "scipy", "scikit-learn", "torch", "scvi-tools", "transformers",
)  # fmt: skip
_OTHER = (
    "{label} or its model is another where it was measured than where the sweep was planned; give "
    "all processes the same data and versions"
)
#: Letters of an error's message that are kept, and characters that a CSV or a terminal trips over.
_LONGEST = 2000
_ODD = re.compile("[^\n\t -~\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

#: Makes an unfitted model from a seed.
ModelFactory = Callable[[int], RepresentationModel]
Row: TypeAlias = dict[str, Any]


def model_recipes(names: Sequence[str], size: str = "published") -> list[Recipe]:
    """Return models by name: the library's in one size, your own as `package.module:Class`.

    Parameters
    ----------
    names
        Names that `models.build` knows, or `"package.module:Class"`, which is imported, never
        evaluated, and called with `seed` alone.
    size
        "published" or "small", of the library's models.

    Raises
    ------
    ValueError
        If a name is neither.

    Examples
    --------
    >>> from noisescaling import sweep
    >>> [one.label for one in sweep.model_recipes(["PCA", "RandomProjection"], size="small")]
    ['PCA', 'RandomProjection']
    """
    found = [recipe(name) if ":" in name else recipe(name, size=size) for name in names]
    for one in found:
        build_model(one, seed=0)
    return found


def load_dataset(given: Recipe) -> Dataset:
    """Make a data set.

    Raises
    ------
    ValueError
        If the name or a setting is unknown, or what is imported makes no data set.

    Examples
    --------
    >>> from noisescaling import sweep
    >>> sweep.load_dataset(sweep.recipe("simulated", n_cells=100, n_genes=30)).n_samples
    100
    """
    if ":" in given.name:
        made = _called("data set", given.name, given.values)
    else:
        made = datasets.load(given.name, **given.values)
    if not isinstance(made, Dataset):
        raise ValueError(f"data set = {given.name!r} gives a {type(made).__name__}, no data set")
    return replace(made, name=given.label or made.name)


def build_model(given: Recipe, seed: int) -> RepresentationModel:
    """Make an unfitted model.

    Raises
    ------
    ValueError
        If the name or a setting is unknown, or what is imported has no fit and embed.
    """
    if ":" in given.name:
        made: RepresentationModel = _called("model", given.name, {"seed": seed, **given.values})
    else:
        made = models.build(given.name, seed=seed, **given.values)
    if not (hasattr(made, "fit") and hasattr(made, "embed")):
        raise ValueError(f"model = {given.name!r} gives a {type(made).__name__} without fit, embed")
    return made


@lru_cache(maxsize=256)
def settings_of(given: Recipe) -> dict[str, Any]:
    """Return all settings that a model ends up with, its defaults among them.

    Of a user's own class also a checksum of the source of its module and of all that this imports
    from beside it, since a change of those changes the values.
    """
    settings = getattr(build_model(given, 0), "settings", None)
    if is_dataclass(settings) and not isinstance(settings, type):
        settings = asdict(settings)
    known = {**(settings if isinstance(settings, Mapping) else {}), **given.values}
    if ":" in given.name:
        known["source"] = source_checksum(given.name.partition(":")[0])
    # What JSON does not know, such as infinity, is told as text.
    told: dict[str, Any] = json.loads(
        json.dumps(known, sort_keys=True, default=str), parse_constant=str
    )
    return told


def source_checksum(module: str) -> str:
    """Return the checksum of a module's source and of all that it imports from beside it.

    Beside it is what lies in the folder that its package, or the module itself, was found in;
    among installed packages, the package alone. Empty for this library's own modules, whose changes
    `metric.FORMAT` tells.
    """
    top = module.partition(".")[0]
    file = getattr(import_module(top), "__file__", None)
    if file is None or top == __name__.partition(".")[0]:
        return ""
    root = Path(file).parent.parent if Path(file).stem == "__init__" else Path(file).parent
    installed = root.name in ("site-packages", "dist-packages")
    sources: dict[str, str] = {}
    waiting = [module]
    while waiting:
        name = waiting.pop()
        path = _source(root, name)
        if name in sources or path is None or (installed and name.partition(".")[0] != top):
            continue
        sources[name] = path.read_text(errors="replace")
        package = name if path.stem == "__init__" else name.rpartition(".")[0]
        waiting += [name.rpartition(".")[0], *_imports(sources[name], package)]
    return of_json(sources)


def _source(root: Path, module: str) -> Path | None:
    """Return where the source of a module stands below a folder, if it does."""
    path = root.joinpath(*module.split("."))
    places = (path / "__init__.py", path.with_suffix(".py"))
    return next((place for place in places if module and place.is_file()), None)


def _imports(source: str, package: str) -> Iterator[str]:
    """Yield the modules that a source may import, those in functions among them."""
    with suppress(SyntaxError, ImportError):
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                base = resolve_name("." * node.level + (node.module or ""), package)
                yield from (base, *(f"{base}.{alias.name}" for alias in node.names))


def _called(what: str, name: str, settings: dict[str, Any]) -> Any:
    """Import what is named as package.module:attribute, and call it with settings."""
    module, _, path = name.partition(":")
    try:
        if module == "__main__":
            raise ImportError("other processes cannot see what a notebook or script defines")
        call: Any = reduce(getattr, path.split("."), import_module(module))
    except (ImportError, AttributeError) as error:
        raise ValueError(
            f"{what} = {name!r} cannot be imported ({error}); "
            "give package.module:attribute, with the package installed or on the Python path"
        ) from None
    try:
        return call(**settings)
    except TypeError as error:
        given = ", ".join(settings) or "no setting"
        raise ValueError(f"{what} = {name!r} cannot be called with {given} ({error})") from error


@dataclass(frozen=True)
class Part:
    """Some observations of a data set: those set aside, or a number drawn to learn from."""

    fold: int = 0
    drawn: bool = False
    size: int | None = None
    seed: int = 0


class Source:
    """A data set, what is set aside of it, and the noisy observations that were made of it last."""

    def __init__(self, dataset: Dataset) -> None:
        self.dataset = dataset
        self.aside = set_aside(dataset)
        self.held_out = bool(self.aside.rows.any())
        self.rows = lru_cache(maxsize=8)(self._rows)
        self.noisy = lru_cache(maxsize=6)(self._noisy)
        self.signals = lru_cache(maxsize=64)(self._signals)

    @cached_property
    def content(self) -> str:
        """Checksum of all that the values of its points depend on, besides their signals."""
        digest = Digest()
        self.dataset.add_content(digest)
        digest.add_values(self.aside.rows)
        # Of few observations both halves are the rule; one alone has another value.
        if self.held_out and not self.aside.swapped and self.dataset.n_samples < FEW:
            digest.add_text("one half")
        for _, signal in sorted(self.dataset.signals.items()):
            if signal.partners is not None:  # decides what is drawn together
                _add_signal(digest, signal)
        return digest.hexdigest()[:20]

    def checksums(self, noise: str = "downsample") -> dict[str, str]:
        """Return the checksum of each signal that a noise leaves."""
        if noises.NOISES[noise].signals is not None:
            return {noises.REPLICATE: noises.REPLICATE}
        return dict(self._sums)

    @cached_property
    def _sums(self) -> dict[str, str]:
        sums = {}
        for name, signal in self.dataset.signals.items():
            _add_signal(digest := Digest(), signal)
            sums[name] = digest.hexdigest()[:20]
        return sums

    def parts(self, size: int | None, seed: int) -> list[tuple[Part, Part]]:
        """Return what to learn from and what to measure on: one such pair, or two by halves."""
        if not self.held_out:
            return [(one := Part(0, True, size, seed), one)]
        folds = range(len(self.aside.folds))
        return [(Part(fold, True, size, seed), Part(fold)) for fold in folds]

    def _rows(self, part: Part) -> NDArray[np.intp]:
        pool, measured = self.aside.folds[part.fold]
        if not part.drawn:
            return measured
        if part.size is None or part.size >= len(pool):
            return pool
        if not self.held_out:  # signals are measured on these, so pairs stay together
            numbers = Dataset("", np.arange(self.dataset.n_samples)[:, None], self.dataset.signals)
            return np.asarray(subsample(numbers, part.size, part.seed).counts[:, 0])
        return np.sort(np.random.default_rng(part.seed).permutation(pool)[: part.size])

    def _noisy(self, noise: str, part: Part, quality: float, seed: int, learned: bool) -> Any:
        """Return observations of a quality, all models of a point the same ones.

        The quality is that of the whole data set: cells of a part are thinned as all cells are.
        """
        kind, some = noises.NOISES[noise], self.dataset.take(self.rows(part))
        apply = kind.learn if learned and kind.learn else kind.apply
        level = int(np.float64(quality).view(np.uint64))
        rng = np.random.default_rng([seed, level, part.fold, part.drawn])
        return apply(some.observations, kind.own_quality(some, self.dataset, quality), rng)

    def _signals(self, noise: str, part: Part) -> Mapping[str, Signal]:
        """Return the signals of some observations; what one row alone carries is no label."""
        rows, own = self.rows(part), noises.NOISES[noise].signals
        if own is not None:
            return own(len(rows))
        kept = {name: restrict(one, rows) for name, one in self.dataset.signals.items()}
        return {name: without_lone_labels(signal) for name, signal in kept.items()}


def _add_signal(digest: Digest, signal: Signal) -> None:
    sort = "partners" if signal.values is None else "labels" if signal.labelled else "numbers"
    digest.add_text(f"{sort} of {signal.of}")
    digest.add_values(signal.rows)
    digest.add_values(np.asarray(signal.values if signal.partners is None else signal.partners))


@lru_cache(maxsize=2)
def source_of(given: Recipe) -> Source:
    """Make a data set ready to measure on; the last two are kept in memory."""
    return Source(load_dataset(given))


def forget() -> None:
    """Forget the data sets and sources that are kept, so that they are read again."""
    source_of.cache_clear()
    settings_of.cache_clear()


def key_of(point: Point) -> str:
    """Return what a point is known by: a checksum of all that its value depends on."""
    source = source_of(point.dataset)
    most = source.aside.n_learned
    described = point.describe() | {
        "dataset": source.content,
        "size": min(point.size or most, most),
    }
    return of_json([described, settings_of(point.model)])


def check(sweep: Sweep, source: Source) -> None:
    """Refuse sizes, qualities and signals that a data set does not have.

    Raises
    ------
    ValueError
        With both numbers, or the names that there are.
    """
    dataset, most = source.dataset, source.aside.n_learned
    for size in sweep.sizes:
        if size is not None and size > most:
            n, left = dataset.n_samples, ""
            if source.held_out:
                left = f" to learn from ({n - most} of {n} are set aside to be measured on)"
            raise ValueError(
                f"size = {size} is more than the {most} {dataset.units} of {dataset.name}{left}; "
                f"give at most {most}"
            )
    for level in (*sweep.qualities, *sweep.fit_qualities):
        if level is not None:
            noises.check(sweep.noise, dataset, level)
    known = source.checksums(sweep.noise)
    for name in sweep.signals or ():
        choice(f"signal of {dataset.name}", name, known)
    if not known:
        raise ValueError(f"{dataset.name} has no signal; give one that has")


def measure(point: Point, signals: Iterable[str], key: str = "") -> list[Row]:
    """Fit one model and return a row of the tidy table for each signal, in bits.

    Whatever the model raises is told in the rows' status and message. So it is if the data or the
    model are others here than where the point had its key.

    Examples
    --------
    >>> from noisescaling import sweep
    >>> cells = sweep.recipe("simulated", n_cells=200, n_genes=50, umis_per_cell=100.0)
    >>> point = sweep.Point(cells, sweep.recipe("PCA"), size=None, quality=50.0, seed=0)
    >>> [(row["signal"], row["status"]) for row in sweep.measure(point, ["cell_type"])]
    [('cell_type', 'ok')]
    """
    signals = list(signals)
    try:
        if key and key_of(point) != key:  # this process may remember what has changed since
            forget()
        if key and key_of(point) != key:
            return failed(point, signals, _OTHER.format(label=point.dataset.label))
        source, factory = source_of(point.dataset), partial(build_model, point.model)
        return _measured(source, point, factory, signals, _origin(point, source))
    except BaseException as error:  # a failed point is a row, whatever was raised
        return failed(point, signals, error)


def failed(point: Point, signals: Iterable[str], error: BaseException | str) -> list[Row]:
    """Return the rows of a point that could not be measured, and why."""
    source = source_of(point.dataset)
    told, origin = _failure(error) | {"seconds": 0.0}, _origin(point, source)
    return [_row(source, point, name, origin) | told for name in signals]


def noise_curves(
    dataset: Dataset,
    factories: Mapping[str, ModelFactory] | Sequence[str],
    depths: Sequence[float],
    seeds: Sequence[int] = (0,),
    signals: Iterable[str] | None = None,
) -> pd.DataFrame:
    """Measure information, in bits, against depth, in UMIs per cell, for models and signals.

    A model learns from the cells that `datasets.set_aside` leaves, and is measured on those that it
    sets aside. Shows one progress bar. A point that fails is a row with its message, and the others
    go on.

    Parameters
    ----------
    dataset
        Counts and signals.
    factories
        Names of models that `models.build` knows; or, of models of your own, name to a function
        that makes an unfitted model from a seed.
    depths
        Mean depths to thin the counts to, in UMIs per cell.
    seeds
        One whole curve for each seed: thinning, model and metric take it.
    signals
        Names of signals to measure; all where None.

    Returns
    -------
    The tidy table, one row a point and signal, with the columns `COLUMNS`.

    Raises
    ------
    ValueError
        If a depth or a signal name is out of range; before anything is computed.

    Examples
    --------
    >>> from noisescaling import datasets, sweep
    >>> cells = datasets.simulate_cells(n_cells=200, n_genes=50, umis_per_cell=100)
    >>> points = sweep.noise_curves(cells, ["PCA"], [10, 30, 100], signals=["cell_type"])
    >>> list(points["quality"])
    [10.0, 30.0, 100.0]
    """
    refuse_other_data(dataset)
    factories = _by_name(factories)
    signals = [signals] if isinstance(signals, str) else signals
    source = Source(dataset)
    named = [recipe(name, label=name) for name in factories]
    chosen = list(source.dataset.signals if signals is None else signals)
    grid = Sweep([recipe(dataset.name)], named, depths=depths, seeds=seeds, signals=chosen)
    check(grid, source)
    rows: list[Row] = []
    for point in tqdm(list(grid.points()), desc=dataset.name, unit="model"):
        factory = factories[point.model.name]
        rows += _measured(source, point, factory, chosen, lambda signal: versions())
    return pd.DataFrame(rows, columns=list(COLUMNS))


def refuse_other_data(dataset: Any) -> None:
    """Refuse what is no data set, with the function that makes one of it."""
    if not isinstance(dataset, Dataset):
        made = "from_anndata(dataset, signal)" if hasattr(dataset, "obsm") else "Dataset(...)"
        raise ValueError(
            f"dataset is of type {type(dataset).__name__}; give a data set, such as datasets.{made}"
        )


def _by_name(factories: Any) -> dict[str, ModelFactory]:
    """Return functions that make a model from a seed, by name."""
    if isinstance(factories, str):
        raise ValueError(f"factories = {factories!r} is one text; give a list, [{factories!r}]")
    if not isinstance(factories, Mapping):
        texts = [one for one in factories if isinstance(one, str)]
        if len(texts) < len(list(factories)):
            raise ValueError(
                "factories holds models; give names, or a mapping from a name to a function that "
                'makes one from a seed, such as {"mine": lambda seed: MyModel(seed)}'
            )
        return {name: partial(build_model, recipe(name)) for name in texts}
    for name, factory in factories.items():
        if not callable(factory):
            raise ValueError(
                f"factories[{name!r}] is a {type(factory).__name__}; give a function that makes "
                "one from a seed, such as lambda seed: MyModel(seed)"
            )
    return dict(factories)


@threads(1)
def _measured(
    source: Source,
    point: Point,
    factory: ModelFactory,
    signals: Sequence[str],
    origin: Callable[[str], str],
) -> list[Row]:
    start, rows = time.perf_counter(), []
    made: list[tuple[Part, Outputs]] = []
    error: BaseException | None = None
    try:
        for learned, measured in source.parts(point.size, point.seed):
            level = point.fit_quality or point.quality
            seen = source.noisy(point.noise, learned, level, point.seed, True)
            asked = source.noisy(point.noise, measured, point.quality, point.seed, False)
            genes = getattr(source.dataset, "genes", None)
            model = fitted(factory(point.seed), seen, genes)
            made.append((measured, Outputs(model, asked, genes)))
    except KeyboardInterrupt:
        raise
    except BaseException as raised:
        error = raised

    def parts(name: str) -> Iterator[tuple[Signal, NDArray[Any]]]:
        for part, outputs in made:
            signal = outputs.carried(source.signals(point.noise, part)[name])
            yield signal, getattr(outputs, signal.of)

    n_dropped = sum(outputs.n_dropped for _, outputs in made)
    for name in signals:
        told = _failure(error) if error else estimate(parts(name), point.seed)
        if n_dropped and told["status"] == "ok":
            told["n_measured"] = sum(len(signal.rows) for signal, _ in parts(name))
            told["message"] = f"the model dropped {n_dropped} rows"
        seconds = round(time.perf_counter() - start, 3)
        rows.append(_row(source, point, name, origin) | told | {"seconds": seconds})
    return rows


def estimate(parts: Iterable[tuple[Signal, NDArray[Any]]], seed: int) -> Row:
    """Return the columns that tell of the information of a signal, in bits, or why there is none.

    Of several parts, measured on other rows by other models, the mean: their errors are independent
    as far as rows go, so that of two the mean's is half of the root of the sum of their squares.

    Parameters
    ----------
    parts
        The signal and the representation, (n, d), of each part.
    seed
        Of the metric.
    """
    bits, errors = [], []
    try:
        for signal, representation in parts:
            sides = signal.pair(representation)
            found = mutual_information(*sides, seed=seed, signal=signal.kind)
            bits.append(float(found.bits))
            errors.append(float(found.standard_error))
        mean, error = float(np.mean(bits)), float(np.linalg.norm(errors) / len(errors))
        if not np.isfinite([mean, error]).all():
            raise ValueError(f"the estimate is {mean} bits with a standard error of {error}")
    except Exception as raised:  # a signal that fails leaves the others
        return _failure(raised)
    return {
        "bits": round(mean, 6), "standard_error": round(error, 6), "status": "ok", "message": "",
    }  # fmt: skip


def _row(source: Source, point: Point, name: str, origin: Callable[[str], str]) -> dict[str, Any]:
    """Return the columns of the tidy table that the description of a point decides."""
    kind = noises.NOISES[point.noise]
    parts = source.parts(point.size, point.seed)
    rows = sum(len(source.signals(point.noise, measured)[name].rows) for _, measured in parts)
    return {
        "dataset": point.dataset.label, "modality": kind.modality, "signal": name,
        "model": point.model_label, "n_samples": min(len(source.rows(part)) for part, _ in parts),
        "n_measured": rows, "held_out": source.held_out, "quality": float(point.quality),
        "quality_unit": kind.unit, "seed": point.seed, "provenance": origin(name),
    }  # fmt: skip


def _origin(point: Point, source: Source) -> Callable[[str], str]:
    """Return the function that tells, as JSON, where the value of a signal comes from."""
    told = {
        "key": key_of(point), "point": point.describe(), "settings": settings_of(point.model),
        "date": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"), "versions": versions(),
    }  # fmt: skip
    sums = source.checksums(point.noise)
    return lambda name: json.dumps(told | {"checksum": sums[name]}, separators=(",", ":"))


def _failure(error: BaseException | str) -> dict[str, Any]:
    """Return the columns of the tidy table that tell of a failure, in text that any file takes."""
    try:
        message = error if isinstance(error, str) else f"{type(error).__name__}: {error}"
    except BaseException:  # an error that cannot even be told
        message = type(error).__name__
    message = _ODD.sub(lambda odd: ascii(odd[0])[1:-1], message[:_LONGEST])
    return {"bits": None, "standard_error": None, "status": "failed", "message": message}


@cache
def versions() -> str:
    """Return the versions of the packages that the values depend on."""
    found = []
    for name in _PACKAGES:
        with suppress(PackageNotFoundError):  # an extra that is not installed
            found.append(f"{name} {version(name)}")
    return "; ".join(found)
