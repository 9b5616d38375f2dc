"""Molecules that are kept or lost by random bits of their own: where thinning spends its time."""

from typing import Any

import numba
import numpy as np

#: Count above which a binomial number takes numpy less time than its molecules take here.
LARGE = 1024


def compiled(function: Any) -> Any:
    """Return a function compiled; for the next process too, where there is a place to keep it."""
    try:
        return numba.njit(function, cache=True)
    except RuntimeError:
        return numba.njit(function)


@compiled
def ones(word: Any) -> Any:
    """Return the number of ones of a word of 64 bits."""
    n = np.uint64(0)
    while word:
        word &= word - np.uint64(1)
        n += np.uint64(1)
    return n


@compiled
def keep(
    counts: Any, starts: Any, seeds: Any, digits: Any, rare: Any, large: Any,
    places: Any, kept: Any, ends: Any,
) -> bool:  # fmt: skip
    """Write where molecules are kept, how many there, and where each cell ends in that list.

    A word's 64 bits are 64 molecules, ones those that are kept: where a uniform number is below the
    probability, with whose binary `digits` (64 ones or zeros each) it is compared one by one. The
    random bits are those of SplitMix64 (Steele, Lea and Flood 2014), from a seed of each cell. With
    `rare`, counts without a kept molecule are passed over. Counts above `LARGE` take their numbers
    from `large`; False if those are too few. All is unsigned: half the time of signed numbers.
    """
    one, none = np.uint64(1), np.uint64(0)
    n_kept = n_large = none
    for cell in range(len(seeds)):
        state, word, end, clear = seeds[cell], none, np.uint64(64), none
        for place in range(np.uint64(starts[cell]), np.uint64(starts[cell + 1])):
            count, total = np.uint64(counts[place]), none
            if count > LARGE:
                if n_large == len(large):
                    return False
                total = large[n_large]
                n_large += one
            else:
                end += count
                if rare is not None and end <= clear:
                    continue
                while end >= 64:
                    total += ones(word)
                    end -= np.uint64(64)
                    word, undecided, digit = none, ~none, none
                    while undecided and digit < len(digits):
                        state += np.uint64(0x9E3779B97F4A7C15)
                        bits = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
                        bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
                        bits ^= bits >> np.uint64(31)
                        word |= undecided & digits[digit] & ~bits
                        undecided &= ~(bits ^ digits[digit])
                        digit += one
                below = (one << end) - one
                total += ones(word & below)
                word &= ~below
                if rare is not None:
                    clear = ones(~word & (word - one))
            places[n_kept], kept[n_kept] = place, total
            n_kept += np.uint64(total != none)
        ends[cell + 1] = n_kept
    return True
