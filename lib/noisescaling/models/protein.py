"""A protein language model, ESM-2 (Lin et al. 2023), fine-tuned on the data at hand."""

from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from noisescaling._sequences import AMINO_ACIDS, Sequences, as_letters
from noisescaling.modalities import SEQUENCES
from noisescaling.models.masked import Course, MaskedLanguageModel, Tokens
from noisescaling.models.training import alone, pretrained

#: The tokens of ESM-2 in their order.
ALPHABET: tuple[str, ...] = (
    "<cls>", "<pad>", "<eos>", "<unk>", *"LAGVSERTIDPKQNFYMHWCXBUZO.-", "<null_1>", "<mask>",
)  # fmt: skip
CLS, PAD, EOS, UNKNOWN, MASK = map(ALPHABET.index, ("<cls>", "<pad>", "<eos>", "<unk>", "<mask>"))

_TOKEN = np.full(128, UNKNOWN)
_TOKEN[[ord(token) for token in ALPHABET if len(token) == 1]] = [
    number for number, token in enumerate(ALPHABET) if len(token) == 1
]
#: Tokens of the 20 amino acids.
ACIDS = _TOKEN[[ord(letter) for letter in AMINO_ACIDS]]


#: Published weights by their number of parameters.
PUBLISHED: dict[str, str] = {
    "8M": "facebook/esm2_t6_8M_UR50D",
    "35M": "facebook/esm2_t12_35M_UR50D",
    "150M": "facebook/esm2_t30_150M_UR50D",
}
#: No weights: the network starts from random numbers.
SCRATCH = "none"


class ProteinLanguageModel(MaskedLanguageModel):
    """Mean last hidden state of ESM-2 over residues, after masked language modelling on the data.

    The network guesses hidden residues from the others. Sequences need no alignment: positions are
    rotary, relative to one another.

    `weights` is "8M", "35M" or "150M" for the published ones, a folder with `config.json` and
    `model.safetensors`, or "none": then `n_layers`, `width` and `n_heads` make a network of the
    same architecture that starts from random weights, and `label` says so. `untrained` keeps the
    weights that it starts from, published ones too. Sequences are cut into windows of `window`
    residues; 1,022 is what ESM-2 was trained with. Training takes `n_steps` steps of `batch_size`
    windows, its step size falling linearly; `losses` are the mean cross-entropy of hidden residues
    at each.

    Examples
    --------
    >>> from noisescaling import datasets, models
    >>> proteins = datasets.simulate_proteins(n_sequences=20).sequences
    >>> tiny = {"n_layers": 1, "width": 8, "n_heads": 2, "n_steps": 1}
    >>> model = models.ProteinLanguageModel(weights="none", **tiny)
    >>> model.fit(proteins).embed(proteins).shape
    (20, 8)
    """

    weights: str = "8M"
    window: int = 1022
    n_steps: int = 500
    learning_rate: float = 1e-4

    small: ClassVar = dict(
        weights=SCRATCH, window=160, learning_rate=3e-3, n_steps=200, batch_size=32, n_threads=1
    )
    modality = SEQUENCES
    _pad, _mask, _never_hidden, _head = PAD, MASK, (CLS, EOS, PAD), "lm_head"

    def _check_settings(self) -> None:
        super()._check_settings()
        if self.width % (2 * self.n_heads):
            raise ValueError(
                f"width = {self.width} is no multiple of 2 n_heads = {2 * self.n_heads}, which "
                "rotary positions need; give one that is"
            )

    @property
    def label(self) -> str:
        """What figures call the model: with its weights, or that it has none."""
        never = ", untrained" * self.untrained
        if self.weights == SCRATCH:
            return f"ESM-2 architecture from scratch ({self.width} wide){never}"
        return f"ESM-2 {Path(self.weights).name}{never}"

    def residue_states(self, data: Any) -> NDArray[np.float32]:
        """Return the last hidden state of each residue, (n_sequences, n_places, width).

        `embed` is their mean over a sequence's residues. Places beyond the end of a sequence are
        NaN.

        Raises
        ------
        ValueError
            As `embed`.

        Examples
        --------
        >>> from noisescaling import models
        >>> tiny = {"n_layers": 1, "width": 8, "n_heads": 2, "untrained": True}
        >>> model = models.ProteinLanguageModel(weights="none", **tiny).fit(["MKV", "MK"])
        >>> model.residue_states(["MKV", "MK"]).shape
        (2, 3, 8)
        """
        sequences = self._checked(data)
        cut, owners = self._sentences(sequences)
        starts = self.window * (np.arange(len(owners)) - np.searchsorted(owners, owners))
        shape = (*as_letters(sequences).shape, self._network.config.hidden_size)
        found = np.full(shape, np.nan, dtype=np.float32)
        with alone(self.seed, self.n_threads):
            for rows, _, states in self._read(cut):
                for row, values in zip(rows, np.asarray(states.cpu()), strict=True):
                    residues = values[1 : len(cut[row]) - 1]  # between the start and the end token
                    found[owners[row], starts[row] : starts[row] + len(residues)] = residues
        return found

    def residue_losses(self, data: Any, states: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return how much each residue surprises the network, in nats, (n_sequences, n_places).

        It is minus the log probability of the residue at its place. Nothing is hidden: the network
        has read the whole sequence. Places beyond the end of a sequence are NaN.

        Parameters
        ----------
        data
            Sequences.
        states
            Their `residue_states`.

        Raises
        ------
        ValueError
            As `embed`.

        Examples
        --------
        >>> from noisescaling import models
        >>> tiny = {"n_layers": 1, "width": 8, "n_heads": 2, "untrained": True}
        >>> model = models.ProteinLanguageModel(weights="none", **tiny).fit(["MKV", "MK"])
        >>> model.residue_losses(["MKV"], model.residue_states(["MKV"])).shape
        (1, 3)
        """
        import torch

        tokens = _TOKEN[as_letters(self._checked(data))]
        found = np.empty(tokens.shape, dtype=np.float32)
        head, device = getattr(self._network, self._head), self._network.device
        with alone(self.seed, self.n_threads), torch.no_grad():
            for row, (right, own) in enumerate(zip(tokens, states, strict=True)):
                scores = head(torch.as_tensor(own, device=device))
                right = torch.as_tensor(right, device=device)
                found[row] = torch.nn.functional.cross_entropy(
                    scores, right, reduction="none"
                ).cpu()
        return found

    def _untrained(self) -> Any:
        if self.weights == SCRATCH:
            return untrained_network(self.width, self.n_layers, self.n_heads)
        return load_network(self.weights)

    def _sentences(self, sequences: Sequences) -> tuple[list[Tokens], NDArray[np.intp]]:
        return windows(sequences, self.window)

    def _words(self) -> Tokens:
        return ACIDS

    def _course(self, lengths: Tokens, rng: np.random.Generator) -> Course:
        """Take each window before any comes again."""
        n_windows, warmup = len(lengths), max(1, self.warmup_steps)
        size = min(self.batch_size, n_windows)
        rounds = -(-self.n_steps * size // n_windows)
        order = np.concatenate([rng.permutation(n_windows) for _ in range(rounds)])
        return Course(
            [order[: self.n_steps * size].reshape(self.n_steps, size)],
            lambda made: min((made + 1) / warmup, 1 - made / self.n_steps),
        )


def windows(sequences: Sequences, length: int) -> tuple[list[NDArray[np.int64]], NDArray[np.intp]]:
    """Cut sequences into consecutive windows of tokens.

    Parameters
    ----------
    sequences
        One text a protein, (n_sequences,).
    length
        Residues a window at most.

    Returns
    -------
    The windows, each with a start and an end token around its residues, and the number of the
    sequence that each comes from, (n_windows,).
    """
    ends = np.strings.str_len(sequences)
    tokens = _TOKEN[as_letters(sequences)]
    cut, owners = [], []
    for row, end in enumerate(ends.tolist()):
        for start in range(0, end, length):
            residues = tokens[row, start : min(start + length, end)]
            cut.append(np.concatenate([[CLS], residues, [EOS]]))
            owners.append(row)
    return cut, np.array(owners, dtype=np.intp)


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
    return EsmForMaskedLM(config)


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
