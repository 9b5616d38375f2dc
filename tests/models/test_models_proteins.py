"""Protein models: closed forms, planted truth, seeds, silence, weights from a folder."""

import numpy as np
import pytest
import torch

from noisescaling import datasets, models, noise
from noisescaling._sequences import AMINO_ACIDS
from noisescaling.models import protein as tokens
from noisescaling.models.linear import one_hot
from noisescaling.models.masked import hide, padded
from noisescaling.models.protein import untrained_network

ALL = ["OneHotPCA", "ProteinLanguageModel"]
QUICK = {"width": 16, "n_heads": 2, "n_steps": 40, "window": 40, "batch_size": 16}


def language_model(seed=0, **settings):
    return models.build("ProteinLanguageModel", seed, "small", **QUICK | settings)


@pytest.fixture(scope="module")
def proteins():
    """Proteins of two families, which differ in ten of sixty residues, and their family."""
    rng = np.random.default_rng(0)
    first = rng.choice(list(AMINO_ACIDS), 60)
    second = first.copy()
    second[rng.permutation(60)[:10]] = "W"
    family = rng.integers(0, 2, 120)
    clean = np.array(["".join((first, second)[k]) for k in family])
    return noise.substitute(clean, 0.05, rng), family


def separation(embedding, family):
    """Squared distance of the family means over the variance within, along that line."""
    a, b = embedding[family == 0], embedding[family == 1]
    line = a.mean(axis=0) - b.mean(axis=0)
    return (line @ line) ** 2 / (np.var(a @ line) + np.var(b @ line))


def test_models_are_built_by_name_and_tell_their_weights():
    assert models.names("protein sequences") == ALL
    assert models.build("ProteinLanguageModel", 3).label == "ESM-2 8M"
    small = models.build("ProteinLanguageModel", 3, size="small")
    assert small.label == "ESM-2 architecture from scratch (64 wide)"
    assert (small.seed, small.n_steps, small.weights) == (3, 200, "none")
    default = models.build("ProteinLanguageModel")
    assert (default.masked_fraction, default.learning_rate) == (0.15, 1e-4)


def test_principal_components_are_those_of_the_one_hot_columns(proteins):
    sequences, _ = proteins
    columns = one_hot(sequences)
    assert columns.shape == (120, 60 * 21)
    assert (columns.sum(axis=1) == 60).all()
    centred = columns - columns.mean(axis=0)
    _, values, axes = np.linalg.svd(centred, full_matrices=False)
    model = models.OneHotPCA().fit(sequences)
    embedding = model.embed(sequences)
    assert embedding.std(axis=0) * np.sqrt(120) == pytest.approx(values[:16], rel=1e-4)
    assert np.abs(embedding) == pytest.approx(np.abs(centred @ axes[:16].T), abs=1e-3)
    assert model.components.T @ model.components == pytest.approx(np.eye(16), abs=1e-4)
    assert model.embed(sequences[:5]) == pytest.approx(embedding[:5])


def test_components_beyond_the_rank_are_zero():
    model = models.build("OneHotPCA", n_components=4).fit(["MKV", "MKV", "MAV", "MAV", "MKV"])
    embedding = model.embed(["MKV", "MAV", "M-*"])
    assert (embedding[:, 1:] == 0).all()
    assert embedding[0, 0] - embedding[1, 0] == pytest.approx(np.sqrt(2) * np.sign(embedding[0, 0]))


def test_stops_and_ambiguous_letters_are_no_letter():
    assert one_hot(np.array(["AX*-"])).sum() == 2


def test_planted_families_are_told_apart_by_both_models(proteins):
    sequences, family = proteins
    for model in (models.OneHotPCA(), language_model()):
        embedding = model.fit(sequences[:80]).embed(sequences)
        assert separation(embedding[80:], family[80:]) > 4


def test_training_lowers_the_loss(proteins):
    model = language_model(n_steps=150).fit(proteins[0])
    assert np.mean(model.losses[-20:]) < np.mean(model.losses[:5]) - 0.2
    assert len(model.losses) == 150


def test_the_same_seed_gives_the_same_bits_and_another_seed_others(proteins):
    one, same, other = (
        language_model(seed, n_steps=3).fit(proteins[0]).embed(proteins[0]) for seed in (1, 1, 2)
    )
    assert (one == same).all()
    assert (one != other).any()


def test_a_protein_embeds_the_same_whatever_its_company_and_length():
    sequences = np.array(["MKVLAWY" * k for k in (1, 3, 9, 14)])
    model = language_model(n_steps=2).fit(sequences)
    together = model.embed(sequences)
    assert together.shape == (4, 16)
    for row, sequence in enumerate(sequences):
        assert model.embed([sequence])[0] == pytest.approx(together[row], abs=1e-5)


def test_states_of_residues_have_the_embedding_as_their_mean_whatever_the_window():
    sequences = np.array(["MKVLAWY" * k for k in (1, 3, 9, 14)])
    model = language_model(n_steps=2).fit(sequences)
    states = model.residue_states(sequences)
    assert states.shape == (4, 98, 16)
    there = np.arange(98) < np.strings.str_len(sequences)[:, None]
    assert (np.isfinite(states) == there[..., None]).all()
    assert np.nanmean(states, axis=1) == pytest.approx(model.embed(sequences), abs=1e-5)
    window = model.residue_states([sequences[3][40:80]])  # the second of three windows
    assert states[3, 40:80] == pytest.approx(window[0], abs=1e-5)


def test_losses_of_residues_are_the_cross_entropy_of_what_is_read(proteins):
    sequences = np.array([proteins[0][0][:40], "MKV"])
    model = language_model(n_steps=5).fit(proteins[0])
    losses = model.residue_losses(sequences, model.residue_states(sequences))
    ids = torch.as_tensor(padded(tokens.windows(sequences, 40)[0], tokens.PAD))
    with torch.no_grad():
        scores = model._network(ids, attention_mask=(ids != tokens.PAD).long()).logits
    right = -scores.log_softmax(dim=2).gather(2, ids[..., None])[..., 0].numpy()
    assert losses[0] == pytest.approx(right[0, 1:41], abs=1e-4)
    assert losses[1, :3] == pytest.approx(right[1, 1:4], abs=1e-4)
    assert np.isnan(losses[1, 3:]).all()


def test_residues_are_read_after_the_fit_alone():
    with pytest.raises(ValueError, match="is not fitted; call fit before embed"):
        language_model().residue_states(["MKV"])


def test_windows_hold_all_residues_once_with_their_ends():
    cut, owners = tokens.windows(np.array(["MKVLA", "MK*J"]), 3)
    assert owners.tolist() == [0, 0, 1, 1]
    read = [[tokens.ALPHABET[k] for k in window] for window in cut]
    assert read[0] == ["<cls>", "M", "K", "V", "<eos>"]
    assert read[1] == ["<cls>", "L", "A", "<eos>"]
    assert read[2:] == [["<cls>", "M", "K", "<unk>", "<eos>"], ["<cls>", "<unk>", "<eos>"]]


def test_hidden_are_residues_alone_in_the_shares_that_esm_was_trained_with():
    cut, _ = tokens.windows(np.array(["M" * 5000, "MK"]), 5000)
    table = padded(cut, tokens.PAD)
    residues = ~np.isin(table, [tokens.CLS, tokens.EOS, tokens.PAD])
    batch = hide(table, residues, tokens.ACIDS, tokens.MASK, 0.15, np.random.default_rng(0))
    shown, hidden = batch.shown, batch.hidden
    assert (batch.right == table).all()
    assert not hidden[~residues].any()
    assert hidden[1].any(), "each window has a residue to guess"
    assert hidden[0].mean() == pytest.approx(0.15, abs=0.02)
    assert (shown[0][hidden[0]] == tokens.MASK).mean() == pytest.approx(0.8, abs=0.05)
    assert (shown[~hidden] == table[~hidden]).all()


@pytest.fixture
def folder(tmp_path):
    """Save an untrained network with the alphabet of ESM-2, as its publishers do."""
    network = untrained_network(16, 1, 2)
    network.save_pretrained(tmp_path / "tiny")
    (tmp_path / "tiny" / "vocab.txt").write_text("\n".join(tokens.ALPHABET))
    return tmp_path / "tiny", network


def test_weights_come_from_a_folder_and_are_what_the_model_starts_from(folder, proteins, capfd):
    path, network = folder
    capfd.readouterr()
    settings = {"weights": str(path), "n_steps": 1, "learning_rate": 1e-12, "window": 100}
    model = language_model(**settings).fit(proteins[0])
    assert model.label == "ESM-2 tiny"
    assert capfd.readouterr() == ("", ""), "loading weights is not silent"
    ids = torch.as_tensor(padded(tokens.windows(proteins[0][:2], 100)[0], tokens.PAD))
    states = network.eval().esm(ids, attention_mask=torch.ones_like(ids)).last_hidden_state
    mean = states[:, 1:-1].mean(dim=1).detach().numpy()
    assert model.embed(proteins[0][:2]) == pytest.approx(mean, abs=1e-4)


def test_the_seed_decides_what_is_hidden_where_the_weights_are_given(folder, proteins):
    settings = {"weights": str(folder[0]), "n_steps": 3, "window": 100}
    one, same, other = (
        language_model(seed, **settings).fit(proteins[0]).embed(proteins[0]) for seed in (1, 1, 2)
    )
    assert (one == same).all()
    assert np.abs(one - other).max() > 1e-3
    untrained = [language_model(seed, untrained=True, **settings) for seed in (1, 2)]
    one, other = (model.fit(proteins[0]).embed(proteins[0]) for model in untrained)
    assert (one == other).all()


def test_the_published_alphabet_reads_as_the_tokenizer_of_transformers_does(folder):
    from transformers import EsmTokenizer

    tokenizer = EsmTokenizer(vocab_file=str(folder[0] / "vocab.txt"))
    text = AMINO_ACIDS + "XBUZO-"
    ((window,), _) = tokens.windows(np.array([text]), 100)
    assert tokenizer(text)["input_ids"] == window.tolist()


def test_folders_without_weights_or_with_others_are_refused(folder, proteins, tmp_path):
    path, _ = folder

    def told(weights, text):
        with pytest.raises(ValueError, match=text):
            language_model(weights=str(weights)).fit(proteins[0])

    told(tmp_path / "no", r"is no folder; give 8M, 35M, 150M, none, or a folder")
    (path / "vocab.txt").write_text("A B C")
    told(path, "vocab.txt of tiny is not the alphabet of ESM-2")
    (path / "model.safetensors").rename(path / "pytorch_model.bin")
    told(path, "tiny has no model.safetensors; weights come as safetensors")


def test_weights_out_of_reach_are_told_with_what_to_do(proteins, monkeypatch, tmp_path):
    import transformers

    def unreachable(*_, **__):
        raise OSError("no network")

    monkeypatch.setattr(transformers.EsmForMaskedLM, "from_pretrained", unreachable)
    told = r"facebook/esm2_t6_8M_UR50D is not on this machine .* weights = 'none'"
    with pytest.raises(ConnectionError, match=told):
        language_model(weights="8M").fit(proteins[0])


@pytest.mark.parametrize("name", ALL)
def test_what_is_no_protein_is_refused(name):
    model = models.build(name, size="small")
    with pytest.raises(ValueError, match=rf"{name} is not fitted; call fit before embed"):
        model.embed(["MKV"])
    with pytest.raises(ValueError, match=r"data has 1 sequences and \w+ needs \d+; give more"):
        model.fit(["MKV"])
    with pytest.raises(ValueError, match=r"data holds 1 letters that are no residues, such as '1'"):
        model.fit(["MK1", *["MKV"] * 19])
    with pytest.raises(ValueError, match=r"data holds 1 empty sequences of 20"):
        model.fit(["", *["MKV"] * 19])


def test_components_need_an_alignment():
    with pytest.raises(ValueError, match="data has lengths from 2 to 3 residues; align them"):
        models.OneHotPCA().fit(["MK", *["MKV"] * 19])
    model = models.OneHotPCA().fit(["MKV", "MAV"] * 10)
    with pytest.raises(ValueError, match="data has 4 residues and OneHotPCA was fitted on 3"):
        model.embed(["MKVA"])


@pytest.mark.parametrize(
    ("setting", "told"),
    [
        ({"width": 20}, r"width = 20 is no multiple of 2 n_heads = 8"),
        ({"masked_fraction": 0.0}, "masked_fraction = 0 must lie between 0 and 1"),
        ({"n_steps": 0}, "n_steps = 0 must be a whole number of at least 1"),
        ({"device": "tpu"}, "device = 'tpu' is unknown"),
        ({"depth": 3}, "setting of ProteinLanguageModel = 'depth' is unknown"),
    ],
)
def test_settings_out_of_range_are_refused(setting, told):
    with pytest.raises(ValueError, match=told):
        models.build("ProteinLanguageModel", **setting)


def test_clean_residues_tell_the_date_and_noisy_ones_less():
    data = datasets.simulate_proteins(200, seed=1)
    dates = data.signal("time").values

    def correlation(error_rate):
        read = noise.substitute(data.sequences, error_rate, np.random.default_rng(0))
        first = models.OneHotPCA().fit(read).embed(read)[:, 0]
        return abs(np.corrcoef(first, dates)[0, 1])

    assert correlation(0.0) > 0.9 > correlation(0.8)
