"""Public files by address and checksum: from a mirror folder, from the cache, from the network."""

import os
from dataclasses import dataclass
from pathlib import Path

import pooch

from noisescaling._checks import choice

#: Environment variable with a folder that is looked in first, by the files' own relative paths.
MIRROR = "NOISESCALING_MIRROR"
#: Environment variable with the folder that downloads are kept in.
CACHE = "NOISESCALING_CACHE"

_RAW = "https://raw.githubusercontent.com"
_TOTALVI = f"{_RAW}/YosefLab/totalVI_reproducibility/27d65a9c49182f39df0c4325249bc7dc8e663dd0"
_MIXOLOGY = f"{_RAW}/LuyiTian/sc_mixology/7d00ffb0bd043467f365a9358d7312f294f13c9f"
_COSPAR = f"{_RAW}/AllonKleinLab/cospar/ca54cad8a9db9a72152ba8a8b6d67d57eace4acb"
_SCVI_DATA = f"{_RAW}/YosefLab/scVI-data/9a647afc8893604fa11024ddcd5fc5bb22b8e50e"

#: Counts of cells of known line, and what is known of the cells, as `sha256sum` would print them.
_MIXOLOGY_SUMS = """
a82aa89b8995aed412f4260c0adb343967e33a801af6f2e0aa647c1d897a5a21  sc_celseq2.count
78429916bac394d92d8c972059a8f195c5479ce578da04f1eb3ba599585ef3d9  sc_celseq2.metadata
577324d2fd427685144420536489202c68ae98cb22f5825c40c8cf41c5fe0a07  sc_celseq2_5cl_p1.count
a6f5b206f891113162d2c9af27860c187a04ccd8848f9bc29be97dfa95eeadc4  sc_celseq2_5cl_p1.metadata
c6ef3df82d9fa44598ee15d8a07113c44a830ee3d2e3205c93590d594240bab5  sc_celseq2_5cl_p2.count
06d2f3b9fd646b4a3c1e6d1af7205c7eec1017bfab9a4c68853f9a3fc97be836  sc_celseq2_5cl_p2.metadata
e535abac653a5a3ee44eff88345db2315693732f679156ab20ee924b21bced9a  sc_celseq2_5cl_p3.count
c373869c9d3bbca9dc7773a8b8ef65e6035c939d45b18cb410fede526770eadb  sc_celseq2_5cl_p3.metadata
98c0bb6a9fbf4b93967ef82cef9985d7691cf59a31dc5b0b3699f70ed1a0fd08  sc_dropseq.count
4c48f3e13778e89192d9861095bc102cc0deb9eba1a7f47a093f5a058ce1aa6a  sc_dropseq.metadata
3bc1323f10f74779e69f068cbfd052633049745f69107bba4133368a01ec24b9  RNAmix_celseq2.count
b4dfd97335bb24691d22b16748410d42ea08c7dee634d2d9d2584ef2d9e60956  RNAmix_celseq2.metadata
"""


@dataclass(frozen=True)
class PublicFile:
    """A file that stands at a public address.

    Parameters
    ----------
    path
        Its path relative to a mirror or the cache.
    url
        Its public address, at a fixed commit.
    sha256
        Its SHA-256, hexadecimal.
    """

    path: str
    url: str
    sha256: str


_FILES = (
    PublicFile(
        "sc/totalvi_pbmc10k_harmo_rna.csv.gz",
        f"{_TOTALVI}/data/raw_data/pbmc10k_harmo_rna.csv.gz",
        "77cacfec0e17dce2a9b00c479a07a162e29dc9263ff5dc4cb5235df4679baba9",
    ),
    PublicFile(
        "sc/totalvi_pbmc10k_harmo_pro.csv.gz",
        f"{_TOTALVI}/data/raw_data/pbmc10k_harmo_pro.csv.gz",
        "184afe670d264b598e24cca73ccfd4f07c7bde696b8fb4cb53ba62d89b13f048",
    ),
    PublicFile(
        "sc/cospar_test_larry.h5ad",
        f"{_COSPAR}/tests/data/test_adata_preprocessed.h5ad",
        "3c9a5d728f402ff2b87cfecb3cd6639a7fa342fe3a7d44ad57ac526a5ef674af",
    ),
    PublicFile(
        "sc/smfish.h5ad",
        f"{_SCVI_DATA}/smfish.h5ad",
        "49c6e5e0e00d963f6510b795d06d78752d24f8c8127c80c8563c73d7fa107ac6",
    ),
    *(
        PublicFile(f"sc/mixology_{name}.csv.gz", f"{_MIXOLOGY}/data/csv/{name}.csv.gz", sha256)
        for sha256, name in map(str.split, _MIXOLOGY_SUMS.strip().splitlines())
    ),
)

#: The known files by their relative path.
FILES: dict[str, PublicFile] = {file.path: file for file in _FILES}


def fetch(path: str) -> Path:
    """Return where a known file lies on this machine, downloading it if need be.

    The folder named by the environment variable `NOISESCALING_MIRROR` is looked in first, then the
    cache (`NOISESCALING_CACHE`, or the user's cache folder). The checksum is verified each time.

    Parameters
    ----------
    path
        A key of `FILES`.

    Raises
    ------
    ValueError
        If the path is unknown or the file's checksum is another.
    ConnectionError
        If the file is not on this machine and cannot be downloaded.
    """
    file = FILES[choice("file", path, FILES)]
    mirrored = _in_mirror(file)
    if mirrored is None:
        return _from_cache_or_network(file)
    found = pooch.file_hash(str(mirrored))
    if found != file.sha256:
        raise ValueError(
            f"{mirrored} has the SHA-256 {found}, and {file.url} had {file.sha256}; replace the "
            f"file in the mirror, or unset {MIRROR} to download it"
        )
    return mirrored


def at_hand(path: str) -> bool:
    """Tell whether `fetch` finds the file without a network."""
    file = FILES[choice("file", path, FILES)]
    return _in_mirror(file) is not None or (_cache() / file.path).exists()


def _in_mirror(file: PublicFile) -> Path | None:
    folder = os.environ.get(MIRROR)
    path = Path(folder) / file.path if folder else None
    return path if path is not None and path.exists() else None


def _cache() -> Path:
    return Path(os.environ.get(CACHE) or pooch.os_cache("noisescaling"))


def _from_cache_or_network(file: PublicFile) -> Path:
    pooch.get_logger().setLevel("WARNING")
    store = pooch.create(
        _cache(), base_url="", registry={file.path: f"sha256:{file.sha256}"},
        urls={file.path: file.url},
    )  # fmt: skip
    try:
        return Path(store.fetch(file.path))
    except ValueError as error:
        raise ValueError(f"{file.url} is not the file it was: {error}") from error
    except OSError as error:
        raise ConnectionError(
            f"{file.path} is not on this machine, and {file.url} cannot be reached "
            f"({type(error).__name__}). Download it elsewhere, save it as {file.path} under a "
            f"folder of your choice, and name that folder in the environment variable {MIRROR}"
        ) from None
