"""Networks of ESM-2 (Lin et al. 2023): by name, from a folder, or untrained."""

from pathlib import Path
from typing import Any

from noisescaling.models._training import pretrained
from noisescaling.models.protein_tokens import ALPHABET, MASK, PAD

#: Published weights by their number of parameters.
PUBLISHED: dict[str, str] = {
    "8M": "facebook/esm2_t6_8M_UR50D",
    "35M": "facebook/esm2_t12_35M_UR50D",
    "150M": "facebook/esm2_t30_150M_UR50D",
}
#: No weights: the network starts from random numbers.
SCRATCH = "none"


def load_network(weights: str) -> Any:
    """Return a pretrained network, from the network's hub or from a folder on this machine.

    Parameters
    ----------
    weights
        "8M", "35M" or "150M", or a folder with `config.json` and `model.safetensors`.

    Raises
    ------
    ValueError
        If there is no such folder, a file is missing in it, or it holds another alphabet.
    ConnectionError
        If published weights are neither on this machine nor can be downloaded.
    """
    from transformers import EsmForMaskedLM

    if weights not in PUBLISHED:
        _check_folder(weights)
        network = pretrained(EsmForMaskedLM, weights, local_files_only=True)
    else:
        name = PUBLISHED[weights]
        try:
            network = pretrained(EsmForMaskedLM, name)
        except OSError as error:
            raise ConnectionError(
                f"{name} is not on this machine and cannot be downloaded ({type(error).__name__}). "
                "Download its config.json and model.safetensors elsewhere and give their folder as "
                f"weights, or train from scratch with weights = {SCRATCH!r}"
            ) from None
    if network.config.vocab_size != len(ALPHABET):
        raise ValueError(
            f"weights = {weights!r} has {network.config.vocab_size} tokens and ESM-2 has "
            f"{len(ALPHABET)}; give weights of ESM-2"
        )
    return network


def untrained_network(width: int, n_layers: int, n_heads: int) -> Any:
    """Return a network of the same architecture with random weights."""
    from transformers import EsmConfig, EsmForMaskedLM

    config = EsmConfig(
        vocab_size=len(ALPHABET),
        pad_token_id=PAD,
        mask_token_id=MASK,
        hidden_size=width,
        num_hidden_layers=n_layers,
        num_attention_heads=n_heads,
        intermediate_size=4 * width,
        hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0,
        max_position_embeddings=1026,
        position_embedding_type="rotary",
        token_dropout=True,
        emb_layer_norm_before=False,
    )
    network: Any = EsmForMaskedLM(config)
    return network


def _check_folder(weights: str) -> None:
    folder = Path(weights)
    if not folder.is_dir():
        raise ValueError(
            f"weights = {weights!r} is no folder; give {', '.join(PUBLISHED)}, {SCRATCH}, or a "
            "folder with config.json and model.safetensors"
        )
    for name in ("config.json", "model.safetensors"):
        if not (folder / name).is_file():
            raise ValueError(f"weights: {folder.name} has no {name}; weights come as safetensors")
    alphabet = folder / "vocab.txt"
    if alphabet.is_file() and tuple(alphabet.read_text().split()) != ALPHABET:
        raise ValueError(f"weights: vocab.txt of {folder.name} is not the alphabet of ESM-2")
