"""Public files by address and checksum: from a mirror folder, from the cache, from the network."""

import os
from pathlib import Path

import pooch

from noisescaling._checks import choice
from noisescaling.datasets.public_files import FILES, PublicFile

#: Environment variable with a folder that is looked in first, by the files' own relative paths.
MIRROR = "NOISESCALING_MIRROR"
#: Environment variable with the folder that downloads are kept in.
CACHE = "NOISESCALING_CACHE"


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
    for known in (file, file.stand_in):
        mirrored = _in_mirror(known) if known else None
        if known and mirrored is not None:
            return _verified(mirrored, known)
    if not file.url:
        raise ConnectionError(
            f"{file.path} is not on this machine, and it is published nowhere as it is: save it "
            f"under a folder that the environment variable {MIRROR} names; {file.build}"
        )
    return _from_cache_or_network(file)


def at_hand(path: str) -> bool:
    """Tell whether `fetch` finds the file without a network."""
    file = FILES[choice("file", path, FILES)]
    if any(_in_mirror(known) is not None for known in (file, file.stand_in) if known):
        return True
    return bool(file.url) and (_cache() / file.path).exists()


def _verified(path: Path, file: PublicFile) -> Path:
    algorithm, wanted = file.checksum.split(":")
    found = pooch.file_hash(str(path), alg=algorithm)
    if found != wanted:
        name = {"sha256": "SHA-256", "md5": "MD5 sum"}[algorithm]
        raise ValueError(
            f"{path} has the {name} {found}, and {file.url or file.path} had {wanted}; replace the "
            f"file in the mirror, or unset {MIRROR} to download it"
        )
    return path


def _in_mirror(file: PublicFile) -> Path | None:
    folder = os.environ.get(MIRROR)
    path = Path(folder) / file.path if folder else None
    return path if path is not None and path.exists() else None


def _cache() -> Path:
    return Path(os.environ.get(CACHE) or pooch.os_cache("noisescaling"))


def _from_cache_or_network(file: PublicFile) -> Path:
    pooch.get_logger().setLevel("WARNING")
    store = pooch.create(
        _cache(), base_url="", registry={file.path: file.checksum},
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
