"""One row of the table of faults."""

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from noisescaling.sweep import ResultsStore


@dataclass(frozen=True)
class Result:
    """What came of a fault.

    Attributes
    ----------
    fault
        What was done.
    tries
        How often.
    seen
        What the user sees.
    lost
        Finished points that were lost or changed.
    recovered
        Whether all went on as it should: the same call ends well, or the error is one in words.
    """

    fault: str
    tries: int
    seen: str
    lost: int
    recovered: bool


def contents(store: ResultsStore) -> dict[str, Any]:
    """Return key and rows of each finished point."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return store.points()


def message_of(call: Callable[..., Any], *arguments: Any, **options: Any) -> str:
    """Return the message of the error that a call raises; empty where it raises none."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            call(*arguments, **options)
        except Exception as error:  # whatever comes is what the user sees
            return f"{type(error).__name__}: {error}"
    return ""
