"""Measurement noise scaling laws: information in a representation against measurement quality."""

import warnings
from importlib import import_module
from importlib.metadata import version
from typing import Any

__version__ = version("noisescaling")
#: The parts, in the order in which they import each other; each is loaded when it is first named.
__all__ = [
    "datasets",
    "fitting",
    "metric",
    "models",
    "noise",
    "planning",
    "plotting",
    "sweep",
]  # fmt: skip

# Without widgets, tqdm warns in every notebook that loads a library with progress bars.
warnings.filterwarnings("ignore", message="IProgress not found")
# On a busy machine numpy may claim that rounding overflows, of numbers of any size.
warnings.filterwarnings("ignore", "overflow .* multiply", module="numpy._core.fromnumeric")


def __getattr__(name: str) -> Any:
    """Load a part of the library when it is first named."""
    if name in __all__:
        return import_module(f"noisescaling.{name}")
    raise AttributeError(f"module 'noisescaling' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
