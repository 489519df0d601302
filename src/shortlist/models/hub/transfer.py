"""What goes over the network: the list of a model's files, and the files, each completed where a stop left it."""

from __future__ import annotations

import hashlib
import importlib
import os
import re
import time
from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, TypeAlias
from urllib.parse import urlsplit

from shortlist.errors import FetchFailed, ModelNotFound, ShortlistError, UsageError
from shortlist.models.hub.cache import COMMIT, HubName

Progress: TypeAlias = Callable[[int, int, str], None]

PUBLIC = "https://huggingface.co"
LOOPBACK = re.compile(r"localhost|127(\.\d+){3}|::1")
SHA256 = re.compile(r"[0-9a-f]{64}")
PIECE = 1 << 18  # bytes; what a broken connection can lose
PATIENCE = 5  # attempts one after the other that bring nothing


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """A file of a model at one commit."""

    name: str  # with "/" between folders
    url: str
    key: str  # of its content: its SHA-256 where it is large, else whatever the hub chose
    bytes: int | None  # None where the hub does not say before it sends it


class Tally:
    """Counts the bytes that are here, of those wanted, and tells."""

    def __init__(self, on_progress: Progress | None) -> None:
        self._on_progress = on_progress
        self.here = 0
        self.all = 0
        self.file = ""

    def update(self, count: int) -> None:
        """Count these bytes; fewer than none where a server begins a file anew."""
        self.here += count
        if self._on_progress is not None:
            self._on_progress(self.here, self.all, self.file)


class Hub:
    """The hub's side of one model, through huggingface_hub, which is imported when it is used."""

    def __init__(self, name: HubName) -> None:
        stated = os.environ.get("HF_HUB_OFFLINE", "")
        if stated.upper() in ("1", "ON", "YES", "TRUE"):
            raise FetchFailed(f"HF_HUB_OFFLINE={stated} forbids to fetch {name}. Unset it and try again.")
        self.name = name
        self.endpoint = (os.environ.get("HF_ENDPOINT") or PUBLIC).rstrip("/")
        self._library: Any = importlib.import_module("huggingface_hub")
        self._utils: Any = importlib.import_module("huggingface_hub.utils")
        self._errors: Any = importlib.import_module("huggingface_hub.errors")
        constants: Any = importlib.import_module("huggingface_hub.constants")
        self._refuse_readable_token()
        self._timeout_s, self._download_timeout_s = constants.HF_HUB_ETAG_TIMEOUT, constants.HF_HUB_DOWNLOAD_TIMEOUT

    def _refuse_readable_token(self) -> None:
        """A token opens private models to whoever reads it on its way."""
        parts = urlsplit(self.endpoint)
        if parts.scheme != "http" or LOOPBACK.fullmatch(parts.hostname or ""):
            return
        if "authorization" in self._utils.build_hf_headers():
            raise UsageError(
                f"Your token would go to {self.endpoint} unencrypted, for anyone on its way to read. Name the hub by "
                "https (HF_ENDPOINT), or fetch without the token: HF_HUB_DISABLE_IMPLICIT_TOKEN=1"
            )

    def listing(self) -> tuple[str, list[str]]:
        """The commit that the name stands for now, and the names of its files."""
        what = "the list of its files"
        with self._telling(what):
            api = self._library.HfApi(endpoint=self.endpoint, library_name="shortlist")
            try:
                info = api.model_info(self.name.repo, revision=self.name.revision, timeout=self._timeout_s)
            except (ValueError, TypeError, KeyError) as problem:  # no JSON, or not the hub's
                raise self._no_hub(what) from problem
        if not COMMIT.fullmatch(str(info.sha)):
            raise self._no_hub(what)
        return str(info.sha), [str(file.rfilename) for file in info.siblings or ()]

    def download(self, names: Iterable[str], commit: str, tally: Tally) -> None:
        """Bring these files into the snapshot of `commit`, those that it lacks."""
        snapshot = self.name.folder / "snapshots" / commit
        files = [self._head(name, commit) for name in names if not (snapshot / name).is_file()]
        tally.all += sum(file.bytes or 0 for file in files)
        for file in files:
            tally.file = file.name
            with self._telling(file.name):
                self._bring(file, snapshot / file.name, tally)

    def _head(self, name: str, commit: str) -> RemoteFile:
        url = self._library.hf_hub_url(self.name.repo, name, revision=commit, endpoint=self.endpoint)
        with self._telling(name):
            found = self._library.get_hf_file_metadata(url, timeout=self._timeout_s)
        if not found.etag or re.search(r"[^\w.-]", found.etag):
            raise self._no_hub(name)
        return RemoteFile(name, url, str(found.etag), found.size)

    def _bring(self, file: RemoteFile, place: Path, tally: Tally) -> None:
        """One file: into the cache under its key, then into the snapshot under its name."""
        folder = self.name.folder
        blob, lock = folder / "blobs" / file.key, folder.parent / ".locks" / folder.name / f"{file.key}.lock"
        for path in (blob, lock, place):
            path.parent.mkdir(parents=True, exist_ok=True)
        with self._utils.WeakFileLock(lock):  # the hub's other tools wait for the same one
            if blob.is_file():
                tally.update(file.bytes or 0)
            else:
                self._receive(file, blob, tally)
            _link(blob, place)

    def _receive(self, file: RemoteFile, blob: Path, tally: Tally) -> None:
        """Complete what a stop left: the library's own downloads begin anew, and some models have gigabytes."""
        part = blob.with_name(f"{file.key}.incomplete")
        if part.is_file() and (file.bytes is None or part.stat().st_size > file.bytes):
            part.unlink()
        with part.open("ab") as out:
            tally.update(out.tell())
            patience = PATIENCE
            while file.bytes is None or out.tell() < file.bytes:
                held = out.tell()
                try:
                    self._stream(file, out, tally)
                except self._errors.HfHubHTTPError:  # an answer, if a bad one
                    raise
                except self._errors.HTTPError:
                    patience = PATIENCE if out.tell() > held else patience - 1
                    if not patience:
                        raise
                    time.sleep(1)
                else:
                    break
        if not _is_whole(part, file):
            part.unlink()
            raise FetchFailed(
                f"{file.name} of {self.name} arrived damaged: it is not what {self.endpoint} announced. It was "
                "deleted; try again.",
                name=str(self.name),
            )
        part.replace(blob)

    def _stream(self, file: RemoteFile, out: BinaryIO, tally: Tally) -> None:
        """Append what `out` lacks of the file, piece by piece, until all is there or the connection breaks."""
        headers = self._utils.build_hf_headers(library_name="shortlist")
        headers["Accept-Encoding"] = "identity"  # lengths and ranges are those of the file itself
        if out.tell():
            headers["Range"] = f"bytes={out.tell()}-"
        request = self._utils.get_session().stream(
            "GET", file.url, headers=headers, timeout=self._download_timeout_s, follow_redirects=True
        )
        with request as response:
            self._utils.hf_raise_for_status(response)
            if response.status_code != 206:  # the server knows no ranges and sends all
                tally.update(-out.tell())
                out.seek(0)
                out.truncate()
            for piece in response.iter_bytes(PIECE):
                out.write(piece)
                tally.update(len(piece))

    @contextmanager
    def _telling(self, what: str) -> Generator[None]:
        """Turns what the library raises into one of our errors."""
        name, errors = str(self.name), self._errors
        try:
            yield
        except ShortlistError:
            raise
        except errors.GatedRepoError as problem:
            raise FetchFailed(
                f"{name} is open only to those who accepted its terms. Accept them at {PUBLIC}/{self.name.repo}, then "
                "give your token: HF_TOKEN=… (or type: hf auth login)",
                name=name,
            ) from problem
        except errors.RevisionNotFoundError as problem:
            raise ModelNotFound(
                f"{self.name.repo} has no revision {self.name.revision}. Give one of its branches, tags or commits.",
                name=name,
            ) from problem
        except errors.RepositoryNotFoundError as problem:
            raise ModelNotFound(
                f"{self.endpoint} has no model {self.name.repo}, or it is private. Check the name; for a private one "
                "give your token: HF_TOKEN=…",
                name=name,
            ) from problem
        except (OSError, errors.HTTPError) as problem:
            raise FetchFailed(self._failure(what, problem), name=name) from problem

    def _no_hub(self, what: str) -> FetchFailed:
        return FetchFailed(
            f"{self.endpoint} does not answer for {what} of {self.name} as a hub does: it is none, or something on the "
            "way changed the answer. Check HF_ENDPOINT and your proxy.",
            name=str(self.name),
        )

    def _failure(self, what: str, problem: Exception) -> str:
        status = getattr(getattr(problem, "response", None), "status_code", None)
        if status in (401, 403):
            return (
                f"{self.endpoint} refuses {what} of {self.name} ({status}). Give a token that may read it: HF_TOKEN=…"
            )
        if status is not None:
            return (
                f"{self.endpoint} answered {status} for {what} of {self.name}. What is here is kept: try again later."
            )
        if isinstance(problem, OSError) and problem.errno is not None and not isinstance(problem, ConnectionError):
            return (
                f"{what} of {self.name} cannot be written below {self.name.folder.parent}: {problem}. Make room there, "
                "or choose another place: HF_HUB_CACHE=…"
            )
        reason = " ".join(str(problem).split()) or type(problem).__name__
        return (
            f"{self.endpoint} did not answer for {what} of {self.name}: {reason}. What is here is kept: try again. "
            "Where it cannot be reached, name a mirror, such as HF_ENDPOINT=https://hf-mirror.com"
        )


def _is_whole(part: Path, file: RemoteFile) -> bool:
    """Whether what arrived has the announced length and, where the key is a SHA-256, that one."""
    if file.bytes is not None and part.stat().st_size != file.bytes:
        return False
    if not SHA256.fullmatch(file.key):
        return True
    with part.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest() == file.key


def _link(blob: Path, place: Path) -> None:
    """The file under its name; where links are not allowed (Windows), moved there."""
    if place.is_file():
        return
    place.unlink(missing_ok=True)  # a link to nothing
    try:
        place.symlink_to(os.path.relpath(blob, place.parent))
    except OSError:
        blob.replace(place)
