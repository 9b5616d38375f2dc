"""What readers call data sets, models and signals, published or measured here."""

#: Names for readers; what is not here is shown as it is.
LABELS: dict[str, str] = {
    "RandomProjection": "random projection",
    "SCVI": "scVI",
    "RankTransformer": "rank transformer",
    # the published data sets and signals
    "PBMC": "PBMC, CITE-seq",
    "merfish": "MERFISH, spatial",
    "shendure": "mouse embryos, time course",
    "celltype.l3": "cell type",
    "protein_counts": "surface proteins",
    "ng_idx": "spatial neighbour",
    "author_day": "day of development",
    # those of this project
    "simulated": "simulated cells",
    "pbmc68k_reduced": "blood cells, 68k",
    "citeseq": "blood cells, CITE-seq",
    "larry": "LARRY, blood progenitors",
    "osmfish": "osmFISH, mouse cortex",
    "mixology_celseq2": "three cell lines",
    "mixology_celseq2_5cl_p3": "five cell lines",
    "rna_mixture": "RNA mixtures",
    "cell_type": "cell type",
    "protein": "surface proteins",
    "clone": "clone (sister cells)",
    "neighbour": "spatial neighbour",
    "day": "day, as a number",
    "mixture": "mixture, as a label",
    "amount": "amount of RNA",
}
#: What stands between a model's name and the quality that it was fitted at, where that is another
#: than the quality of the observations that it embeds.
FITTED_AT = ", fitted at "
#: The order of the models in every figure, and so their colours.
MODELS: tuple[str, ...] = ("RandomProjection", "PCA", "SCVI", "RankTransformer")


def named(name: str) -> str:
    """Return what readers call a data set, signal or model; the name itself where none is known."""
    return LABELS.get(name, name)
