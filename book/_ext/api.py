"""The API reference: a table of a module's public names, and links that find where they stand.

The library is documented under the names that a user imports (`noisescaling.fitting.LawFit`), and
annotations name the modules where things are defined (`noisescaling.fitting.result.LawFit`).
"""

import ast
import inspect
import sys
import textwrap
from importlib import import_module
from typing import Any

from docutils import nodes
from docutils.statemachine import StringList
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.ext.autosummary import Autosummary

#: The parts of the library that the reference shows, in the order of the data flow.
MODULES = (
    "datasets",
    "noise",
    "models",
    "metric",
    "sweep",
    "fitting",
    "planning",
    "plotting",
)


class PublicNames(Autosummary):
    """A table of the public names of a module, each with its first line."""

    required_arguments = 1
    option_spec = Autosummary.option_spec

    def run(self) -> list[nodes.Node]:
        """List the functions and classes that `__all__` holds."""
        module = self.arguments[0]
        public = import_module(module)
        self.options.setdefault("nosignatures", None)
        # Constants have no docstring of their own; the page tells of them below.
        names = [n for n in sorted(public.__all__, key=str.lower) if callable(getattr(public, n))]
        self.content = StringList(names, source=module)
        return list(super().run())


def public_name(target: str) -> str | None:
    """Return the name under which the reference shows a target, or None where it shows it not."""
    name = target.rpartition(".")[2]
    first = target.removeprefix("noisescaling.").partition(".")[0]
    for part in (first, *MODULES) if first in MODULES else MODULES:
        module = sys.modules.get(f"noisescaling.{part}")
        if module is not None and name in getattr(module, "__all__", ()):
            return f"noisescaling.{part}.{name}"
    return None


def resolve(
    app: Sphinx, env: BuildEnvironment, node: addnodes.pending_xref, text: nodes.Element
) -> nodes.Element | None:
    """Link a name of the library to where the reference shows it; leave other words as code."""
    if node.get("refdomain") != "py":
        return None
    found = public_name(node["reftarget"])
    if found is not None:
        domain: Any = env.get_domain("py")
        link: nodes.Element | None = domain.resolve_xref(
            env, node["refdoc"], app.builder, "obj", found, node, text
        )
        if link is not None:
            return link
    # Foreign types have no page here, and single backticks also set parameters and columns.
    return None if node["reftarget"].startswith("noisescaling") else text


def as_written(
    app: Sphinx, what: str, name: str, made: Any, options: Any, signature: str, returned: str
) -> tuple[str, str] | None:
    """Return a signature with its types as the source spells them: `ArrayLike`, not its union."""
    if what not in ("function", "method", "class", "exception"):
        return None
    if inspect.isclass(made) and "__dataclass_fields__" in made.__dict__:
        return _of_fields(made), ""
    node = _source(made.__init__ if inspect.isclass(made) else inspect.unwrap(made))
    if not isinstance(node, ast.FunctionDef):
        return None
    arguments = node.args
    listed = arguments.posonlyargs or arguments.args
    if listed and listed[0].arg in ("self", "cls"):
        del listed[0]
    return f"({ast.unparse(arguments)})", ast.unparse(node.returns) if node.returns else ""


def _of_fields(made: Any) -> str:
    """Return the signature of a dataclass from its fields as they are spelled."""
    spelled: dict[str, str] = {}
    for part in reversed(made.__mro__):
        node = _source(part)
        for one in node.body if isinstance(node, ast.ClassDef) else ():
            if isinstance(one, ast.AnnAssign):
                name = ast.unparse(one.target)
                spelled[name] = f"{name}: {ast.unparse(one.annotation)}{_default(one.value)}"
    return f"({', '.join(spelled[name] for name in inspect.signature(made).parameters)})"


def _default(value: ast.expr | None) -> str:
    """Return a field's default, with " = " before it; empty where it has none."""
    if isinstance(value, ast.Call) and ast.unparse(value.func) == "field":
        given = {keyword.arg: keyword.value for keyword in value.keywords}
        value = given.get("default")
        if "default_factory" in given:
            return " = ..."
    return "" if value is None else f" = {ast.unparse(value)}"


def _source(made: Any) -> ast.stmt | None:
    """Return the definition of a function or class; None of what has no source."""
    try:
        (node,) = ast.parse(textwrap.dedent(inspect.getsource(made))).body
    except (OSError, TypeError):
        return None
    return node


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the table and the links."""
    app.add_directive("public-names", PublicNames)
    app.connect("autodoc-process-signature", as_written)
    app.connect("missing-reference", resolve)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
