import hashlib
import io
import re
import threading
import types
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest

from noisescaling import datasets
from noisescaling.datasets import registry
from noisescaling.datasets.registry import PublicFile

CONTENT = b"gene,cell\nActb,7\n"
SUM = hashlib.sha256(CONTENT).hexdigest()


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@pytest.fixture
def address(tmp_path):
    """Serve a folder over HTTP from this machine; return its address."""
    folder = tmp_path / "public"
    folder.mkdir()
    (folder / "table.csv").write_bytes(CONTENT)
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/table.csv"
    server.shutdown()
    server.server_close()


@pytest.fixture
def known(tmp_path, monkeypatch):
    """Make one file known to the registry, with an empty mirror and cache of the test's own."""
    mirror, cache = tmp_path / "mirror", tmp_path / "cache"
    (mirror / "sc").mkdir(parents=True)
    monkeypatch.setenv(registry.MIRROR, str(mirror))
    monkeypatch.setenv(registry.CACHE, str(cache))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")

    def add(url="http://127.0.0.1:9/table.csv", sha256=SUM, **details):
        file = PublicFile("sc/t.csv", f"sha256:{sha256}", url, **details)
        monkeypatch.setitem(registry.FILES, "sc/t.csv", file)
        return mirror / "sc" / "t.csv", cache / "sc" / "t.csv"

    return add


def test_the_mirror_is_looked_in_first(known):
    mirrored, _ = known()
    assert not registry.at_hand("sc/t.csv")
    mirrored.write_bytes(CONTENT)
    assert registry.at_hand("sc/t.csv")
    assert registry.fetch("sc/t.csv") == mirrored


def test_a_mirrored_file_of_other_content_is_refused_with_both_sums(known):
    mirrored, _ = known()
    mirrored.write_bytes(b"other")
    other = hashlib.sha256(b"other").hexdigest()
    with pytest.raises(ValueError, match=f"has the SHA-256 {other}, and .* had {SUM}; replace"):
        registry.fetch("sc/t.csv")


def test_a_file_is_downloaded_once_and_kept(known, address):
    _, cached = known(address)
    assert registry.fetch("sc/t.csv") == cached
    assert cached.read_bytes() == CONTENT
    assert registry.at_hand("sc/t.csv")
    known("http://127.0.0.1:9/gone.csv")
    assert registry.fetch("sc/t.csv") == cached


def test_a_downloaded_file_of_other_content_is_refused_with_both_sums(known, address):
    _, cached = known(address, "0" * 64)
    with pytest.raises(ValueError, match=f"is not the file it was.*{'0' * 64}.*{SUM}"):
        registry.fetch("sc/t.csv")
    assert not cached.exists()


def test_without_a_network_the_error_names_address_file_and_mirror(known):
    known()
    told = (
        r"sc/t.csv is not on this machine, and http://127.0.0.1:9/table.csv cannot be reached .*"
        "save it as sc/t.csv .* environment variable NOISESCALING_MIRROR"
    )
    with pytest.raises(ConnectionError, match=told):
        registry.fetch("sc/t.csv")


def test_a_missing_page_is_told_like_a_missing_network(known, address):
    known(address + ".gone")
    with pytest.raises(ConnectionError, match=r"table.csv.gone cannot be reached \(HTTPError\)"):
        registry.fetch("sc/t.csv")


@pytest.mark.parametrize("last", ["http://127.0.0.1:9/t.csv", "ftp://127.0.0.1/t.csv"])
@pytest.mark.parametrize("passing", [True, False])
def test_an_encrypted_address_that_leads_to_another_is_refused(known, monkeypatch, last, passing):
    class Answer(io.BytesIO):
        url = "https://127.0.0.1:9/t.csv" if passing else last
        history = (types.SimpleNamespace(url=last),)
        raise_for_status = iter_content = lambda *_: [CONTENT]

    monkeypatch.setattr(registry.requests, "get", lambda *_, **__: Answer())
    _, cached = known("https://127.0.0.1:9/t.csv")
    with pytest.raises(ConnectionError, match=r"cannot be reached \(ConnectionRefusedError\)"):
        registry.fetch("sc/t.csv")
    assert not cached.exists()


def test_a_download_ends_in_limited_time(known, address, monkeypatch):
    _, cached = known(address)
    monkeypatch.setattr(registry, "LONGEST", -1.0)
    with pytest.raises(ConnectionError, match=r"cannot be reached \(TimeoutError\)"):
        registry.fetch("sc/t.csv")
    assert not cached.exists()


def test_an_unknown_file_is_refused():
    with pytest.raises(ValueError, match=r"file = 'sc/x' is unknown; give one of img/bccd"):
        registry.fetch("sc/x")


def test_every_file_has_a_checksum_and_an_address_at_a_fixed_commit():
    fixed = (
        r"https://raw\.githubusercontent\.com/\w+/[\w-]+/[0-9a-f]{40}/",
        r"https://zenodo\.org/records/\d+/files/",
    )
    for path, file in registry.FILES.items():
        assert path == file.path
        assert re.fullmatch(r"sha256:[0-9a-f]{64}|md5:[0-9a-f]{32}", file.checksum)
        assert not file.stand_in or file.stand_in in registry.FILES
        assert file.build if not file.url else any(re.match(start, file.url) for start in fixed)
    published = [file.url for file in registry.FILES.values() if file.url]
    assert len(set(published)) == len(published) > 16


def test_a_file_that_is_only_ever_built_says_how(known):
    known("", build="make it so")
    assert not registry.at_hand("sc/t.csv")
    with pytest.raises(ConnectionError, match=r"published nowhere as it is: .*; make it so"):
        registry.fetch("sc/t.csv")


def test_a_mirror_may_hold_the_same_content_built_again(known, monkeypatch):
    mirrored, _ = known()
    url = "http://127.0.0.1:9/t.csv"
    official = PublicFile("sc/t.csv", "md5:" + "0" * 32, url, stand_in="sc/again.csv")
    monkeypatch.setitem(registry.FILES, "sc/t.csv", official)
    other = PublicFile("sc/again.csv", f"sha256:{SUM}")
    monkeypatch.setitem(registry.FILES, "sc/again.csv", other)
    again = mirrored.with_name("again.csv")
    again.write_bytes(CONTENT)
    assert registry.at_hand("sc/t.csv")
    assert registry.fetch("sc/t.csv") == again
    mirrored.write_bytes(CONTENT)
    with pytest.raises(ValueError, match=f"has the MD5 sum {hashlib.md5(CONTENT).hexdigest()}, an"):
        registry.fetch("sc/t.csv")


def test_what_needs_no_download_is_at_hand(monkeypatch, tmp_path):
    monkeypatch.setenv(registry.MIRROR, str(tmp_path))
    monkeypatch.setenv(registry.CACHE, str(tmp_path))
    assert datasets.at_hand() == ["pbmc68k_reduced", "digits", "simulated"]
    assert set(datasets.at_hand()) < set(datasets.names())
