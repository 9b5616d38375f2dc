"""Public files by address and checksum: from a mirror folder, from the cache, from the network."""

import csv
import os
import time
from dataclasses import dataclass
from pathlib import Path

import pooch
import requests

from noisescaling._checks import choice

#: Environment variable with a folder that is looked in first, by the files' own relative paths.
MIRROR = "NOISESCALING_MIRROR"
#: Environment variable with the folder that downloads are kept in.
CACHE = "NOISESCALING_CACHE"
#: Seconds that a download may take.
LONGEST = 7200.0


@dataclass(frozen=True)
class PublicFile:
    """A file that stands at a public address; a line of `public_files.csv`.

    Parameters
    ----------
    path
        Its path relative to a mirror or the cache.
    checksum
        The name of an algorithm, "sha256" or "md5", a colon, and the sum in hexadecimal digits.
    url
        Its public address, at a fixed commit or record; empty where it is only ever built.
    stand_in
        Path of a file of the same content, built anew, that a mirror may hold instead.
    build
        How a file without an address is made.
    """

    path: str
    checksum: str
    url: str = ""
    stand_in: str = ""
    build: str = ""


def _known_files() -> dict[str, PublicFile]:
    with Path(__file__).with_name("public_files.csv").open(encoding="utf-8", newline="") as table:
        return {row["path"]: PublicFile(**row) for row in csv.DictReader(table)}


#: The known files by their relative path.
FILES = _known_files()


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
    if mirrored := _in_mirror(file):
        return _verified(*mirrored)
    if not file.url:
        raise ConnectionError(
            f"{file.path} is not on this machine, and it is published nowhere as it is: save it "
            f"under a folder that the environment variable {MIRROR} names; {file.build}"
        )
    return _from_cache_or_network(file)


def at_hand(path: str) -> bool:
    """Tell whether `fetch` finds the file without a network."""
    file = FILES[choice("file", path, FILES)]
    in_cache = bool(file.url) and (_cache() / file.path).exists()
    return in_cache or _in_mirror(file) is not None


def _in_mirror(file: PublicFile) -> tuple[Path, PublicFile] | None:
    """Return where the mirror holds a file or what stands in for it, and which of the two."""
    folder = os.environ.get(MIRROR)
    for known in (file, FILES.get(file.stand_in)):
        if folder and known and (Path(folder) / known.path).exists():
            return Path(folder) / known.path, known
    return None


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


def _cache() -> Path:
    return Path(os.environ.get(CACHE) or pooch.os_cache("noisescaling"))


def _from_cache_or_network(file: PublicFile) -> Path:
    pooch.get_logger().setLevel("WARNING")
    place = _cache() / file.path
    try:
        found = pooch.retrieve(
            file.url, file.checksum, place.name, place.parent, downloader=_download
        )
    except ValueError as error:
        raise ValueError(f"{file.url} is not the file it was: {error}") from error
    except OSError as error:
        raise ConnectionError(
            f"{file.path} is not on this machine, and {file.url} cannot be reached "
            f"({type(error).__name__}). Download it elsewhere, save it as {file.path} under a "
            f"folder of your choice, and name that folder in the environment variable {MIRROR}"
        ) from None
    return Path(found)


def _download(url: str, target: str, _: object) -> None:
    """Download a file, by encrypted connections alone where its address is one, in limited time."""
    end = time.monotonic() + LONGEST
    with requests.get(url, stream=True, timeout=60) as answer, Path(target).open("wb") as file:
        answer.raise_for_status()
        hops = [url, *(hop.url for hop in answer.history), answer.url]
        if url.startswith("https:") and not all(hop.startswith("https:") for hop in hops):
            raise ConnectionRefusedError(f"{url} leads to {hops[-1]}, which is not encrypted")
        for block in answer.iter_content(2**18):
            if time.monotonic() > end:
                raise TimeoutError(f"{url} took more than {LONGEST:g} seconds")
            file.write(block)
