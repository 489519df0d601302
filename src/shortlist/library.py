"""Index: what `import shortlist` offers. It joins the rooms: read, chunk, index, retrieve, rerank, pack."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, groupby
from pathlib import Path
from types import TracebackType
from typing import Literal, TypeAlias, cast, overload

from shortlist.chunk import Chunker
from shortlist.config import Method, Settings, load_settings, pack_of, ranking_of
from shortlist.errors import UsageError
from shortlist.index import AddReport, Directory, Status
from shortlist.index.report import OnProgress
from shortlist.models import Encoder, ModelTokenizer, load_encoder
from shortlist.pack import Pack
from shortlist.read import ReadOptions, Skipped, place_of, read_paths
from shortlist.records import Chunk, Context, Document, Ranking
from shortlist.rerank import Rerank
from shortlist.retrieve import Bm25, Dense, Fusion, Hybrid, ZSum
from shortlist.stage import CrossEncoder, Pipeline, Retriever

Many: TypeAlias = Iterable[Document]
What: TypeAlias = str | Path | Document | Many
OnRead: TypeAlias = Callable[[Document | Skipped], None]


@dataclass(frozen=True, slots=True)
class Added:
    """What `Index.add` and `Index.sync` did: the documents of the index, and the files that gave none."""

    report: AddReport
    skipped: tuple[Skipped, ...]


@dataclass(frozen=True, slots=True)
class Cutter:
    """Cuts documents with a chunker and the encoder's tokens. Its `repr` tells an index when to cut anew."""

    chunker: Chunker
    encoder: str
    tokenizer: ModelTokenizer = field(repr=False)

    def __call__(self, document: Document) -> list[Chunk]:
        """The chunks of a document."""
        return self.chunker.chunk(document, self.tokenizer)


class Index:
    """A directory of documents, chunks and vectors, and the stages that search it.

    Made by `Index.open`. Any number of threads and processes may read while one writes; readers see new documents
    at once. A context manager: leaving it closes the directory.
    """

    def __init__(self, directory: Directory, encoder: Encoder, chunker: Chunker) -> None:
        self.directory = directory
        self.encoder = encoder
        self.chunker = chunker

    @classmethod
    def open(
        cls,
        path: str | Path,
        *,
        encoder: str = "default",
        chunk_size: int | None = None,
        create: bool = True,
        read_only: bool = False,
        wait_s: float = 10.0,
    ) -> Index:
        """Open the index at `path`, or make one there.

        Args:
            path: a directory; new or empty, or an index.
            encoder: "default", or the directory or ONNX file of an encoder; the same one each time.
            chunk_size: tokens that a chunk of documents added from now on may have; `Chunker.size` if not given.
            create: whether to make an index where there is none.
            read_only: never write, not even to catch up caches.
            wait_s: seconds that a write waits for another process's write.

        Raises:
            NotAnIndex: the directory holds something else, or nothing and `create` is False.
            IndexTooNew: a newer version of Shortlist made it.
            IndexDamaged: it fails its own checks.
            EncoderMismatch: it was made with another encoder.
        """
        loaded = load_encoder(encoder)
        directory = Directory.open(path, encoder=loaded, create=create, read_only=read_only, wait_s=wait_s)
        return cls(directory, loaded, Chunker() if chunk_size is None else Chunker(size=chunk_size))

    def add(
        self,
        *what: What,
        options: ReadOptions | None = None,
        on_read: OnRead | None = None,
        on_progress: OnProgress | None = None,
    ) -> Added:
        """Add documents; those that are there already and unchanged cost nothing, changed ones are replaced.

        Args:
            what: files, folders, globs ("notes/*.md"), "-" for standard input, documents, or iterables of documents.
                A file's document is called by its path below the folder that holds the index, or by its whole path
                where it stands elsewhere: the same from every working directory.
            options: how files are read; with a `root`, names are paths below that instead.
            on_read: called with each document, and each file that gave none, as it is read.
            on_progress: called after each commit: what it reports is on disk.

        Raises:
            ReadError: a path does not exist. A file that cannot be read is no error: it is in `skipped`.
            IndexBusy: another process writes.
        """
        skipped: list[Skipped] = []
        documents = _documents(what, self.read_options(options), skipped, on_read)
        report = self.directory.add(documents, self._cutter, on_progress)
        return Added(report, tuple(skipped))

    def sync(
        self,
        *paths: str | Path,
        options: ReadOptions | None = None,
        on_read: OnRead | None = None,
        on_progress: OnProgress | None = None,
    ) -> Added:
        """Make the index hold what these folders hold now: new and changed files are added, gone ones deleted.

        Args and errors: as `add`. Documents from elsewhere stay.
        """
        skipped: list[Skipped] = []
        unread: list[str] = []  # grows while documents are read: a file that failed this time is not gone

        def watch(read: Document | Skipped) -> None:
            if isinstance(read, Skipped) and read.failed:
                unread.append(read.path)
            if on_read is not None:
                on_read(read)

        options = self.read_options(options)
        documents = _documents(paths, options, skipped, watch)
        roots = [place_of(path, options.root or Path()) for path in paths]
        report = self.directory.sync(documents, self._cutter, roots, keep=unread, on_progress=on_progress)
        return Added(report, tuple(skipped))

    def read_options(self, options: ReadOptions | None = None) -> ReadOptions:
        """The options with which `add` reads files: these, with names below the folder that holds the index."""
        options = options or ReadOptions()
        return replace(options, root=self.directory.root) if options.root is None else options

    def delete(self, *doc_ids: str, where: str | None = None) -> int:
        """Delete documents by id, or those whose metadata match; returns how many there were.

        Raises:
            UsageError: neither ids nor `where` was given.
            FilterError: `where` does not parse.
            IndexBusy: another process writes.
        """
        if where is not None:
            return self.directory.delete_where(where) + (self.directory.delete(doc_ids) if doc_ids else 0)
        if not doc_ids:
            raise UsageError("Nothing to delete was named. Give document ids, or where=…")
        return self.directory.delete(doc_ids)

    def rebuild(self) -> None:
        """Make the term index and the vector index anew from the records. Nothing is encoded again."""
        self.directory.rebuild()

    def status(self) -> Status:
        """What the index holds, and whether its caches are fresh."""
        return self.directory.status()

    def retrieve(self, depth: int = 100, *, method: Method = "hybrid", fusion: Fusion | None = None) -> Retriever:
        """The first stage of a pipeline.

        Args:
            depth: candidates of the longlist, at least 1.
            method: "hybrid" fuses BM25 and vectors; "bm25" and "dense" ask one of them alone.
            fusion: of hybrid: `ZSum(dense=1, bm25=.4)` if not given, or `Rrf()`; weights can be set on both.

        Raises:
            UsageError: an unknown method, or a depth below 1.
        """
        if depth < 1:
            raise UsageError(f"depth counts candidates: at least 1, not {depth}.")
        if method == "bm25":
            return Bm25(self.directory, depth)
        if method == "dense":
            return Dense(self.directory, self.encoder, depth)
        if method == "hybrid":
            return Hybrid(self.directory, self.encoder, depth, fusion or ZSum())
        raise UsageError(f'There is no method "{method}". Say "hybrid", "bm25" or "dense".')

    @overload
    def pipeline(self, settings: Settings | str | Path | None = None, *, pack: Literal[False]) -> Pipeline[Ranking]: ...
    @overload
    def pipeline(
        self, settings: Settings | str | Path | None = None, *, pack: bool = True
    ) -> Pipeline[Ranking] | Pipeline[Context]: ...
    def pipeline(
        self, settings: Settings | str | Path | None = None, *, pack: bool = True
    ) -> Pipeline[Ranking] | Pipeline[Context]:
        """The pipeline that the settings describe: retrieve, Rerank and Pack, as far as they are not left out.

        Args:
            settings: from `load_settings`; or a `shortlist.toml`; or None for what is in force here: the environment
                over the `shortlist.toml` of this folder or the nearest above it over defaults.
            pack: False ends before packing, whatever the settings say.

        Raises:
            UsageError: a setting that nothing knows, or a value that it cannot have.
        """
        found = settings if isinstance(settings, Settings) else load_settings(file=settings)
        ranking = ranking_of(found, lambda it: self.retrieve(it.depth, method=it.method, fusion=it.fused()))
        return ranking >> pack_of(found) if pack and found["pipeline.pack"] else ranking

    def search(
        self,
        query: str,
        *,
        depth: int = 100,
        where: str | None = None,
        method: Method = "hybrid",
        rerank: str | CrossEncoder | None = "default",
    ) -> Ranking:
        """Both stages in one call: `retrieve(depth) >> Rerank(rerank)`; with `rerank=None` the first alone."""
        longlist = self.retrieve(depth, method=method)(query, where=where)
        return longlist if rerank is None else Rerank(rerank)(longlist)

    def context(
        self,
        query: str,
        *,
        budget: int = 4000,
        depth: int = 100,
        where: str | None = None,
        rerank: str | CrossEncoder | None = "default",
    ) -> Context:
        """All three stages in one call: `retrieve(depth) >> Rerank(rerank) >> Pack(budget)`."""
        return Pack(budget)(self.search(query, depth=depth, where=where, rerank=rerank))

    def document(self, doc_id: str) -> Document | None:
        """The document as it was added, or None."""
        return self.directory.document(doc_id)

    def __len__(self) -> int:
        """Number of documents."""
        return self.status().documents

    def __enter__(self) -> Index:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Release the directory. What was added is on disk already."""
        self.directory.close()

    def __repr__(self) -> str:
        return f"Index({str(self.directory.path)!r})"

    @property
    def _cutter(self) -> Cutter:
        return Cutter(self.chunker, self.encoder.name, self.encoder.tokenizer)


def _documents(
    what: Sequence[What],
    options: ReadOptions,
    skipped: list[Skipped],
    on_read: OnRead | None,
) -> Iterator[Document]:
    """The documents of paths, documents and iterables, in the order given; what was not read goes into `skipped`."""
    for are_paths, group in groupby(what, lambda item: isinstance(item, str | Path)):
        if are_paths:
            found: Iterable[Document | Skipped] = read_paths([cast(Path, path) for path in group], options)
        else:
            found = chain.from_iterable([item] if isinstance(item, Document) else cast(Many, item) for item in group)
        for read in found:
            if on_read is not None:
                on_read(read)
            if isinstance(read, Document):
                yield read
            else:
                skipped.append(read)
