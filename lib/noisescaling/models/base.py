"""What a representation model is, and what all models of the library share."""

import math
from collections import ChainMap
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from functools import partial
from typing import (
    Any,
    ClassVar,
    Literal,
    Protocol,
    Self,
    TypeAlias,
    dataclass_transform,
    get_args,
    get_origin,
    get_type_hints,
)

import numpy as np
from numpy.typing import NDArray

from noisescaling._checks import between_0_and_1, choice, positive, whole
from noisescaling.modalities import CELLS, Modality

FloatArray = NDArray[np.float64]
#: Raises a ValueError for a setting, by its name, of a value out of range.
Check: TypeAlias = Callable[[str, Any], Any]


class RepresentationModel(Protocol):
    """What a noise-scaling study asks of a model: learn from data, then represent data.

    Examples
    --------
    >>> import numpy as np
    >>> from noisescaling import models
    >>> class Depth:
    ...     def fit(self, counts):
    ...         return self
    ...     def embed(self, counts):
    ...         return counts.sum(axis=1, keepdims=True)
    ...
    >>> own: models.RepresentationModel = Depth()
    >>> models.check_embedding(own, np.random.default_rng(0).poisson(3, (40, 20)))
    0.0
    """

    def fit(self, data: Any) -> Self:
        """Learn from observations, one a row, and return the model itself."""

    def embed(self, data: Any) -> NDArray[Any]:
        """Return the representation of observations: finite floats, (n, d)."""


def at_least(least: int) -> Check:
    """Return the check that a setting is a whole number of at least so much."""
    return partial(whole, at_least=least)


def fraction(name: str, value: float) -> None:
    """Check that a setting lies between 0 and 1, both left out."""
    between_0_and_1(**{name: value})


def share(name: str, value: float) -> None:
    """Check that a setting is at least 0 and below 1."""
    if not 0 <= value < 1:
        raise ValueError(f"{name} = {value:g} must be at least 0 and below 1")


def _truth(name: str, value: bool) -> None:
    if not isinstance(value, bool):
        raise ValueError(f"{name} = {value!r} must be True or False")


_BY_TYPE: dict[Any, Check] = {int: at_least(1), float: positive, bool: _truth}


@dataclass_transform(kw_only_default=True, eq_default=False)
@dataclass(kw_only=True, repr=False, eq=False)
class Model:
    """A representation model: a class with settings, `_fit` and `_embed`.

    Its settings are what its body annotates with a default, as in a dataclass; they are arguments
    of the constructor, and scikit-learn's `get_params`, `set_params` and `clone` know them. Whole
    numbers must be at least 1, floats above 0, and literals one of theirs, where `ranges` says
    nothing else. `fit` and `embed` check the data by the modality, then call `_fit` and `_embed`.

    Parameters
    ----------
    seed
        Seed of all randomness. The same seed, data, machine and number of threads give the same
        embedding; other users of random numbers in the process notice nothing.

    Examples
    --------
    >>> import numpy as np
    >>> from noisescaling import models
    >>> class Depth(models.Model):
    ...     power: float = 1.0
    ...     def _fit(self, counts):
    ...         pass
    ...     def _embed(self, counts):
    ...         return np.power(counts.sum(axis=1), self.power)
    ...
    >>> Depth(power=2.0).fit([[1, 2], [0, 5]]).embed([[1, 2]])
    array([[9.]])
    """

    seed: int = 0

    #: What the model represents.
    #:
    #: :meta private:
    modality: ClassVar[Modality] = CELLS
    #: Settings that fit two processor cores, of models that have others than the default for it.
    #:
    #: :meta private:
    small: ClassVar[Mapping[str, Any]] = {}
    #: Checks of settings, besides those of the classes above.
    #:
    #: :meta private:
    ranges: ClassVar[Mapping[str, Check]] = {"seed": at_least(0)}
    #: Fewest observations to learn from, of cells those with molecules.
    #:
    #: :meta private:
    min_rows: ClassVar[int] = 2
    #: Name of the setting that is at most the number of features.
    #:
    #: :meta private:
    up_to_features: ClassVar[str] = ""
    #: Whether its default gives way to fewer features.
    #:
    #: :meta private:
    shrinks: ClassVar[bool] = False
    #: Name of the setting that is at most the number of observations.
    #:
    #: :meta private:
    up_to_rows: ClassVar[str] = ""

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        dataclass(kw_only=True, repr=False, eq=False)(cls)

    def __post_init__(self) -> None:
        self._check_settings()
        self.seed = int(self.seed)

    def __repr__(self) -> str:
        told = ", ".join(f"{name}={value!r}" for name, value in self.get_params().items())
        return f"{type(self).__name__}({told})"

    @property
    def settings(self) -> dict[str, Any]:
        """All settings by name, without the seed."""
        return {name: value for name, value in self.get_params().items() if name != "seed"}

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the seed and all settings by name, for scikit-learn; there is nothing `deep`."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    def set_params(self, **settings: Any) -> Self:
        """Change settings and return the model.

        Raises
        ------
        ValueError
            If a name is unknown or a value out of range.
        """
        known = self.get_params()
        for name, value in settings.items():
            setattr(self, choice(f"setting of {type(self).__name__}", name, known), value)
        self._check_settings()
        return self

    def _check_settings(self) -> None:
        """Raise a ValueError if a setting is out of range."""
        kinds = get_type_hints(type(self))
        ranges = ChainMap(*(dict(vars(one).get("ranges", {})) for one in type(self).__mro__))
        for name, value in self.get_params().items():
            kind = kinds[name]
            check = ranges.get(name) or _BY_TYPE.get(kind)
            if get_origin(kind) is Literal:
                choice(name, value, get_args(kind))
            elif check:
                check(name, value)

    def fit(self, data: Any) -> Self:
        """Learn from observations and return the model itself.

        Parameters
        ----------
        data
            Counts of cells (n_cells, n_genes), in molecules; sequences (n_sequences,); or images
            with the classes of those to learn from, `LabelledImages`.

        Raises
        ------
        ValueError
            If these are no such data, hold nothing, or too few observations or features.
        """
        self._check_settings()
        modality = self.modality
        learned = modality.learn(data) if modality.learn else (modality.check(data),)
        rows, shape = learned[0], modality.shape(learned[0])
        self._check_size(rows.shape[0], modality.n_filled(rows), math.prod(shape))
        self._fit(*learned)
        #: Number of genes, of places of an alignment, or height, width and channels of images.
        self.shape = shape
        return self

    def embed(self, data: Any) -> FloatArray:
        """Return the embedding of observations: finite floats, (n, d).

        They need not be those of the fit; genes, alignment and shape of images must be the same.

        Raises
        ------
        ValueError
            If the model is not fitted, or `data` are no such data or of another shape.
        """
        return np.asarray(self._embed(self._checked(data)), dtype=np.float64)

    def _checked(self, data: Any) -> Any:
        name, modality = type(self).__name__, self.modality
        if not hasattr(self, "shape"):
            raise ValueError(f"{name} is not fitted; call fit before embed")
        seen = modality.check(data)
        here, there = (" x ".join(map(str, shape)) for shape in (modality.shape(seen), self.shape))
        if here != there:
            raise ValueError(
                f"data has {here} {modality.features} and {name} was fitted on {there}; "
                f"give {modality.same}"
            )
        return seen

    def _check_size(self, n_rows: int, n_filled: int, n_features: int) -> None:
        """Refuse too few features, observations, or observations that hold anything."""
        kind, name = self.modality, type(self).__name__
        if n_filled == 0:
            raise ValueError(
                f"data has {n_rows} {kind.units}, all with 0 molecules; measure deeper or leave "
                "them out"
            )
        setting = self.up_to_features
        shrunk = self.shrinks and getattr(self, setting) == getattr(type(self), setting)
        filled = f"{kind.units} with molecules" if kind is CELLS else kind.units
        for number, what, least, setting in (
            (n_features, kind.features, kind.least, "" if shrunk else self.up_to_features),
            (n_filled, filled, self.min_rows, ""),
            (n_rows, kind.units, 1, self.up_to_rows),
        ):
            needed = max(least, getattr(self, setting, 0))
            why = f" for {setting} = {needed}" if setting else ""
            way = f" or a smaller {setting}" if setting else ""
            if number < needed:
                raise ValueError(
                    f"data has {number} {what} and {name} needs {needed}{why}; give more "
                    f"{what}{way}"
                )

    def _fit(self, *data: Any) -> None:
        """Learn from checked data; of images, from the pixels and the number of each's class."""
        raise NotImplementedError

    def _embed(self, data: Any) -> NDArray[Any]:
        """Return the representation of checked data, one row for each observation."""
        raise NotImplementedError
