"""One small family of exceptions. Each message says what happened, what was expected, and what to do.

ShortlistError
├── UsageError (ValueError)          an argument that cannot be right
│   ├── FilterError                  a `where` expression that does not parse or names an unknown thing
│   └── PipelineError (TypeError)    stages joined in an order that has no meaning
├── MissingExtra (ImportError)       an optional package that is not installed
├── ReadError                        a file that could not be read
├── IndexProblem                     something about an index directory
│   ├── NotAnIndex                   a directory that holds something else
│   ├── IndexTooNew                  made by a newer version
│   ├── IndexDamaged                 fails its own checks
│   ├── EncoderMismatch              made with other models than it was opened with
│   ├── ReadOnlyIndex (PermissionError)  may be read, not written
│   ├── DiskFull (OSError)           no room left where it lies
│   └── IndexBusy (TimeoutError)     another writer holds it
├── TrainingProblem                  a training that cannot begin or go on
│   ├── NoRoomToTrain (OSError)      no room left on the disk
│   └── ParityFailed                 an exported model that is not the one that was learnt
└── ModelError                       a model that cannot be loaded or used
    ├── ModelNotFound (FileNotFoundError)
    ├── FetchFailed (ConnectionError)  a model that could not be fetched
    ├── ModelDamaged                 a missing or cut file, wrong shapes
    ├── UnknownArchitecture          nothing here runs it
    ├── DeviceUnavailable            a GPU that is not here, or that nothing installed can use
    ├── NotCalibrated                a threshold without a fitted probability
    ├── QueryTooLong                 a query that leaves no room for a passage
    └── ServiceError                 a remote service that gave no answer to use
        ├── KeyRefused (PermissionError)         it wants a key, or another one
        └── ServiceUnavailable (ConnectionError) not reached, too slow, or failing again and again
"""

from __future__ import annotations

import importlib
from typing import Any


class ShortlistError(Exception):
    """The root of the family. Values behind the message are in `data`."""

    def __init__(self, message: str, **data: Any) -> None:
        super().__init__(message)
        self.message = message
        self.data = data


class UsageError(ShortlistError, ValueError):
    """An argument that cannot be right."""


class FilterError(UsageError):
    """A `where` expression that does not parse, or asks for what a filter cannot do."""


class PipelineError(UsageError, TypeError):
    """Stages joined in an order that has no meaning."""


class MissingExtra(ShortlistError, ImportError):
    """An optional package that is not installed."""


class ReadError(ShortlistError):
    """A file that could not be read."""


class IndexProblem(ShortlistError):
    """Something about an index directory; its children say what."""


class NotAnIndex(IndexProblem):
    """A path that holds something else than an index."""


class IndexTooNew(IndexProblem):
    """An index made by a newer version of Shortlist."""


class IndexDamaged(IndexProblem):
    """An index that fails its own checks."""


class EncoderMismatch(IndexProblem):
    """An index made with other models than those it was opened with."""


class ReadOnlyIndex(IndexProblem, PermissionError):
    """An index that may be read here but not written."""


class DiskFull(IndexProblem, OSError):
    """No room is left where the index lies."""


class IndexBusy(IndexProblem, TimeoutError):
    """Another process writes to the index."""


class TrainingProblem(ShortlistError):
    """A training that cannot begin or go on; its children say why."""


class NoRoomToTrain(TrainingProblem, OSError):
    """No room is left on the disk where a training keeps its state."""


class ParityFailed(TrainingProblem):
    """An exported model that is not the one that was learnt."""


class ModelError(ShortlistError):
    """A model that cannot be loaded or used; its children say why."""


class ModelNotFound(ModelError, FileNotFoundError):
    """There is no model of this name or at this path."""


class FetchFailed(ModelError, ConnectionError):
    """A model that could not be fetched: the hub, the way to it, or what came over it."""


class ModelDamaged(ModelError):
    """A model whose files are missing, cut or of the wrong shape."""


class UnknownArchitecture(ModelError):
    """A model that nothing here can run."""


class DeviceUnavailable(ModelError):
    """A device that is not here, or that nothing installed can use."""


class NotCalibrated(ModelError):
    """A threshold of relevance was asked for, and no probability was fitted for the model."""


class QueryTooLong(ModelError, ValueError):
    """A query that leaves no room for a passage in the model's window."""


class ServiceError(ModelError):
    """A remote service that gave no answer to use: it refused the request, or answered something else."""


class KeyRefused(ServiceError, PermissionError):
    """A remote service that wants a key, or another one."""


class ServiceUnavailable(ServiceError, ConnectionError):
    """A remote service that could not be reached, was too slow, or failed again and again."""


def need(module: str, *, extra: str) -> Any:
    """Import an optional module.

    Raises:
        MissingExtra: it is not installed; the message names the extra that brings it. An import that fails for
            any other reason is a broken install and raises as it is.
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as missing:
        package = module.partition(".")[0]
        if missing.name is None or missing.name.partition(".")[0] != package:
            raise
        raise MissingExtra(
            f"This needs the package {package}, which is not installed. Type: pip install 'shortlist[{extra}]'",
            module=module,
            extra=extra,
        ) from missing
