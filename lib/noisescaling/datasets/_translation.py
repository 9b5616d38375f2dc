"""From coding nucleotides to the protein, by the standard genetic code."""

from collections.abc import Iterable
from itertools import product

#: The standard code's amino acids with the bases in the order T, C, A, G, the third fastest.
_CODE = "FFLLSSSSYY**CC*WLLLLPPPPHHQQRRRRIIIMTTTTNNKKSSRRVVVVAAAADDEEGGGG"
_CODONS = {"".join(bases): acid for bases, acid in zip(product("TCAG", repeat=3), _CODE,
                                                        strict=True)}  # fmt: skip
_NUCLEOTIDES = frozenset("ACGTUN-")


def translate(nucleotides: str) -> str:
    """Return the protein that coding nucleotides stand for, from the first on.

    A codon of three gaps is a gap; one that is ambiguous is X; a rest of one or two bases is left
    out, and so is a stop at the end.
    """
    bases = nucleotides.upper().replace("U", "T")
    codons = (bases[i : i + 3] for i in range(0, len(bases) - 2, 3))
    protein = "".join("-" if codon == "---" else _CODONS.get(codon, "X") for codon in codons)
    return protein.removesuffix("*")


def looks_like_nucleotides(texts: Iterable[str]) -> bool:
    """Tell whether all letters could be bases, which of proteins is next to impossible."""
    return all(_NUCLEOTIDES.issuperset(text) for text in texts)
