"""How much of the information with time rests on near copies: clades held out, in bits.

python benchmarks/sequences/relatedness.py

The date of each sequence is guessed as the mean date of its five nearest neighbours on the
principal components of residues, among sequences of other folds. Folds are random, or whole clades:
then no near copy of a sequence is among those that its date is guessed from. Gaps are filled, or
kept. Writes notebooks/results/sequence_relatedness.csv.
"""

from itertools import product

import numpy as np
import pandas as pd
from sklearn.model_selection import GroupKFold
from sklearn.neighbors import KNeighborsRegressor

from noisescaling import noise
from noisescaling.datasets import viruses
from noisescaling.datasets.aside import clades_of
from noisescaling.metric import mutual_information
from noisescaling.models import OneHotPCA
from study.paths import RESULTS

QUALITIES = (1e-3, 1.0, 10.0, 1e6)
SEEDS = (0, 1)
N_FOLDS = 10


def main() -> None:
    rows = []
    for load, gaps in product((viruses.spike, viruses.influenza_n2), ("fill", "keep")):
        data = load(gaps=gaps)
        clades = clades_of(data.sequences)
        for quality, seed in product(QUALITIES, SEEDS):
            for folds, bits in guessed(data, quality, seed, clades).items():
                row = {
                    "dataset": data.name,
                    "gaps": gaps,
                    "quality": quality,
                    "seed": seed,
                    "folds": folds,
                }
                rows.append(row | {"n_clades": len(np.unique(clades)), "bits": round(bits, 4)})
    pd.DataFrame(rows).to_csv(RESULTS / "sequence_relatedness.csv", index=False)


def guessed(data, quality, seed, clades):
    """Return the information of the guessed with the true date, in bits, by kind of folds."""
    months = data.signal("time").values
    rng = np.random.default_rng(seed)
    read = noise.substitute(data.sequences, noise.error_rate_of(quality), rng)
    embedding = OneHotPCA().fit(read).embed(read)
    groups = {"random": rng.permutation(len(months)), "clades": clades}
    bits = {}
    for folds, group in groups.items():
        guess = np.empty(len(months))
        for train, test in GroupKFold(N_FOLDS).split(embedding, groups=group):
            nearest = KNeighborsRegressor(5).fit(embedding[train], months[train])
            guess[test] = nearest.predict(embedding[test])
        bits[folds] = mutual_information(guess[:, None], months, seed=seed).bits
    return bits


if __name__ == "__main__":
    main()
