"""One rule for what a signal is, labels or numbers, for the metric and for readers of files."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from noisescaling._checks import as_array

#: Whole numbers are labels where they are at most so many different ones, and so many rows hold
#: each on average. Nobody can tell cluster 3 from 3 molecules by the numbers; as labels they only
#: lose their order, which so many rows a number show again, while numbers would give clusters an
#: order that they lack.
MAX_CLASSES, ROWS_A_CLASS = 50, 10
#: What programs write for a label that is missing; "none" and "na" may be names of classes.
MISSING, MISSING_EXACTLY = ("", "nan", "nat", "n/a", "null", "<na>"), ("NA", "None")


def are_labels(values: Any) -> bool:
    """Tell whether values (n,) or (n, k) are labels: text, booleans, few different whole numbers.

    Missing numbers are passed over. Rows of several numbers, as a class in one-hot form, count as
    one value. A constant float is a number, whose information is exactly 0.
    """
    array = np.asarray(values)
    if array.dtype.kind not in "iuf":
        return array.dtype.kind in "bUSO" and (array.ndim == 1 or array.shape[1:] == (1,))
    rows = array.reshape(len(array), -1)
    if array.dtype.kind == "f":
        rows = rows[~np.isnan(rows).any(axis=1)]
        if not np.isfinite(rows).all() or (rows != np.round(rows)).any():
            return False
    most = min(MAX_CLASSES, len(rows) // ROWS_A_CLASS)
    # Most numbers differ soon: the first rows tell, before all are sorted.
    if not rows.size or len(np.unique(rows[: 20 * MAX_CLASSES], axis=0)) > most:
        return False
    different = len(np.unique(rows, axis=0))
    return different <= most and (different > 1 or array.dtype.kind != "f")


def are_missing(values: Any) -> NDArray[np.bool_]:
    """Tell of each label (n,) whether it is missing, also where that is written as text."""
    labels = pd.Series(np.asarray(values))
    missing = labels.isna().to_numpy()
    if labels.dtype.kind in "OUS" or pd.api.types.is_string_dtype(labels):
        text = labels.astype(str).str.strip()
        missing = missing | (text.str.lower().isin(MISSING) | text.isin(MISSING_EXACTLY)).to_numpy()
    return np.asarray(missing, dtype=bool)


def plain(name: str, values: Any) -> NDArray[Any]:
    """Return an array of any library's values; masked and missing numbers are refused."""
    if isinstance(values, np.ma.MaskedArray):
        hidden = int(np.ma.getmaskarray(values).sum())
        if hidden:
            raise ValueError(f"{name} holds {hidden} masked values of {values.size}; remove them")
        return np.asarray(values.data)
    if isinstance(values, pd.DataFrame):
        columns = [plain(name, values[column]) for column in values]
        return np.column_stack(columns) if columns else np.empty(values.shape)
    dtype = getattr(values, "dtype", None)
    if isinstance(dtype, pd.api.extensions.ExtensionDtype) and dtype.kind in "biuf":
        missing = int(pd.isna(values).sum())
        if missing:
            raise ValueError(
                f"{name} holds {missing} missing values of {len(values)}; remove those rows"
            )
        return np.asarray(values.to_numpy(dtype=getattr(dtype, "numpy_dtype", None)))
    return as_array(name, values)
