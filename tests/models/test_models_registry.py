import os
import subprocess
import sys

import numpy as np
import pytest
import scipy.sparse as sp

from noisescaling import models

ALL = ["RandomProjection", "PCA", "SCVI", "RankTransformer"]


def test_the_published_settings_are_the_defaults():
    scvi, bert = models.build("SCVI"), models.build("RankTransformer")
    assert (scvi.n_hidden, scvi.n_latent, scvi.n_layers) == (512, 16, 1)
    assert (scvi.gene_likelihood, scvi.dispersion) == ("zinb", "gene")
    assert (scvi.learning_rate, scvi.batch_size) == (1e-3, 512)
    assert (bert.n_layers, bert.width, bert.n_heads, bert.activation) == (3, 256, 4, "relu")
    assert (bert.max_tokens, bert.masked_fraction) == (512, 0.15)
    pca = models.build("PCA")
    assert (pca.target_sum, pca.n_top_genes, pca.n_components) == (1e4, 750, 16)
    assert models.build("RandomProjection").n_components == 16


def test_models_are_built_by_name_seed_size_and_settings():
    assert models.names() == ALL
    for name in ALL:
        model = models.build(name, 7, size="small")
        assert (type(model).__name__, model.seed) == (name, 7)
    small = models.build("SCVI", size="small", n_latent=3)
    assert small.n_latent == 3
    assert small.n_hidden < 512
    assert small.settings == models.SCVI(**models.SCVI.small | {"n_latent": 3}).settings
    bert = models.build("RankTransformer", 2, "small", width=32)
    assert (bert.width, bert.seed) == (32, 2)


def test_unknown_names_sizes_and_settings_are_refused_with_the_known_ones():
    with pytest.raises(ValueError, match=r"model = 'VAE' is unknown; give one of RandomProjection, "
                       r"PCA, SCVI, RankTransformer"):  # fmt: skip
        models.build("VAE")
    with pytest.raises(ValueError, match=r"size = 'tiny' is unknown; give one of published, small"):
        models.build("PCA", size="tiny")
    with pytest.raises(ValueError, match=r"setting of PCA = 'n_latent' is unknown; give one of "
                       r"n_components, n_top_genes, target_sum"):  # fmt: skip
        models.build("PCA", n_latent=3)


@pytest.mark.parametrize(
    ("name", "setting", "text"),
    [
        ("PCA", {"n_components": 0}, r"n_components = 0 must be a whole number of at least 1"),
        ("PCA", {"n_top_genes": 9}, r"n_top_genes = 9 must be a whole number of at least 16"),
        ("PCA", {"target_sum": 0}, r"target_sum holds 0; every value must be above 0"),
        ("SCVI", {"batch_size": 1}, r"batch_size = 1 must be a whole number of at least 2"),
        ("SCVI", {"gene_likelihood": "normal"}, r"give one of zinb, nb, poisson"),
        ("SCVI", {"validation_fraction": 1.5}, r"validation_fraction = 1.5 must lie between"),
        ("SCVI", {"device": "tpu"}, r"device = 'tpu' is unknown; give one of auto, cpu, cuda"),
        ("RankTransformer", {"width": 30}, r"width = 30 is no multiple of n_heads = 4"),
        ("RankTransformer", {"masked_fraction": 0}, r"masked_fraction = 0 must lie between 0 and"),
        ("RankTransformer", {"pooled_layer": 0}, r"pooled_layer = 0 must lie between -4"),
        ("RandomProjection", {"seed": -1}, r"seed = -1 must be a whole number of at least 0"),
    ],
)
def test_settings_out_of_range_are_refused(name, setting, text):
    with pytest.raises(ValueError, match=text):
        models.build(name, **setting)


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize(
    ("counts", "text"),
    [
        (np.zeros((30, 40), int), r"data has 30 cells, all with 0 molecules"),
        (sp.csr_matrix((30, 40), dtype=int), r"data has 30 cells, all with 0 molecules"),
        (np.ones((30, 1), int), r"data has 1 genes and \w+ needs \d+"),
        (np.ones((1, 40), int), r"data has 1 cells .*\w+ needs \d+"),
        (-np.ones((30, 40), int), r"data holds -1; counts are never below 0"),
        (np.full((30, 40), 0.5), r"data holds 1200 fractional values of 1200, such as 0.5"),
        (np.full((30, 40), np.nan), r"data holds 1200 NaN or infinite values of 1200"),
        (np.full((30, 40), np.inf), r"data holds 1200 NaN or infinite values of 1200"),
        (np.ones(30, int), r"data has shape \(30,\); give \(n_cells, n_genes\)"),
    ],
)
def test_bad_counts_are_refused(name, counts, text):
    with pytest.raises(ValueError, match=text):
        models.build(name, size="small").fit(counts)


@pytest.mark.parametrize(
    ("name", "setting"),
    [("RandomProjection", "n_components"), ("PCA", "n_components"), ("SCVI", "n_latent")],
)
def test_fewer_genes_than_components_are_refused(name, setting):
    text = (
        rf"data has 12 genes and {name} needs 17 for {setting} = 17; give more genes or a smaller"
    )
    with pytest.raises(ValueError, match=text):
        models.build(name, **{setting: 17}).fit(np.ones((30, 12), int))


@pytest.mark.parametrize("name", ALL)
def test_embedding_before_the_fit_is_refused(name):
    with pytest.raises(ValueError, match=rf"{name} is not fitted; call fit before embed"):
        models.build(name).embed(np.ones((30, 40), int))


def test_embedding_other_genes_is_refused():
    model = models.RandomProjection().fit(np.ones((30, 40), int))
    with pytest.raises(
        ValueError, match=r"data has 41 genes and RandomProjection was fitted on 40"
    ):
        model.embed(np.ones((30, 41), int))
    with pytest.raises(ValueError, match=r"data holds -1"):
        model.embed(-np.ones((30, 40), int))


def told_by(script):
    command, env = [sys.executable, "-c", script], {**os.environ, "OMP_NUM_THREADS": "2"}
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=True)
    return done.stdout


def test_importing_models_and_sweeps_leaves_the_training_libraries_alone():
    told_by(
        "import sys, noisescaling.models, noisescaling.sweep\n"
        "assert not {'torch', 'scvi', 'transformers', 'lightning'} & set(sys.modules)"
    )


def test_without_torch_linear_models_work_and_networks_say_what_to_install():
    told = told_by(
        "import sys, numpy as np\n"
        "class Blocked:\n"
        "    def find_spec(self, name, *_):\n"
        "        if name.split('.')[0] == 'torch': raise ImportError(name)\n"
        "sys.meta_path.insert(0, Blocked())\n"
        "from noisescaling import models\n"
        "counts = np.random.default_rng(0).poisson(3, (40, 30))\n"
        "print(models.build('PCA').fit(counts).embed(counts).shape)\n"
        "try: models.build('SCVI').fit(counts)\n"
        "except ImportError as error: print(error)"
    )
    assert told.splitlines()[0] == "(40, 16)"
    assert "networks need torch, scvi-tools and transformers" in told
    assert "pip install 'noisescaling[models]'" in told


def test_what_is_loaded_within_takes_no_more_threads_than_were_asked_for():
    told = told_by(
        "import numpy as np\n"
        "from noisescaling import models\n"
        "from noisescaling._compute import threads\n"
        "model = models.build('RankTransformer', size='small', n_threads=0, untrained=True)\n"
        "start = type(model)._untrained\n"
        "def counted(self):\n"
        "    import torch; print(torch.get_num_threads()); return start(self)\n"
        "type(model)._untrained = counted\n"
        "counts = np.random.default_rng(0).poisson(3, (40, 30))\n"
        "with threads(1): model.fit(counts)\n"
        "model.fit(counts)"
    )
    assert told.split() == ["1", "2"]
