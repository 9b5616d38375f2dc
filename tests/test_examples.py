"""Every public function and class shows how it is used, and its example gives what it says."""

import doctest
from functools import cached_property
from importlib import import_module
from types import FunctionType

import matplotlib.pyplot as plt
import pytest

import noisescaling
from study import paths

METHODS = (FunctionType, property, cached_property, classmethod, staticmethod)
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


def public():
    """Return all functions, classes and laws that the library exports, by their full names."""
    modules = [import_module(f"noisescaling.{part}") for part in noisescaling.__all__]
    return {
        f"{module.__name__}.{name}": getattr(module, name)
        for module in modules
        for name in module.__all__
        if callable(getattr(module, name))
    }


def examples(name, thing):
    """Return the examples of a docstring, and of a class's methods."""
    parser = doctest.DocTestParser()
    found = [parser.get_doctest(thing.__doc__ or "", {}, name, None, None)]
    for key, value in vars(thing).items() if isinstance(thing, type) else ():
        if not key.startswith("_") and isinstance(value, METHODS):
            found.append(parser.get_doctest(value.__doc__ or "", {}, f"{name}.{key}", None, None))
    return [one for one in found if one.examples]


PUBLIC = public()


def test_every_part_of_the_reference_is_looked_through():
    pages = {page.stem for page in (paths.ROOT / "book" / "api").glob("*.md")} - {"index"}
    assert pages == {name.split(".")[1] for name in PUBLIC}


@pytest.mark.parametrize("name", sorted(PUBLIC))
def test_it_has_an_example_that_gives_what_it_says(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # examples may write files
    found = examples(name, PUBLIC[name])
    assert [one.name for one in found[:1]] == [name], f"{name} has no example in its docstring"
    told: list[str] = []
    with plt.rc_context():
        for one in found:
            doctest.DocTestRunner(optionflags=FLAGS).run(one, out=told.append)
    plt.close("all")
    assert not told, "".join(told)
