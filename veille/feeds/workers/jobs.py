"""What workers can be asked to do: these functions, by name, and no others."""

from __future__ import annotations

from enum import StrEnum
from importlib import import_module
from typing import TYPE_CHECKING, Any

import msgspec

from veille.errors import FailureKind, ParseError
from veille.model.fetched import Article, Fetched, Parsed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

MAX_RESULT = 64 * 2**20  # bytes: a document of the largest allowed size stays far below


class Job(StrEnum):
    """A function from an answer to a value; it raises ParseError, and nothing else on purpose."""

    PARSE = "parse"
    READ_ARTICLE = "read_article"
    READ_SOURCE = "read_source"  # of the kind that ``option`` says


_WHERE = {
    Job.PARSE: ("veille.feeds.parse", "parse"),
    Job.READ_ARTICLE: ("veille.feeds.article", "read_article"),
    Job.READ_SOURCE: ("veille.feeds.reading", "read_option"),
}
_RESULTS: Mapping[Job, type[Parsed | Article]] = {
    Job.PARSE: Parsed,
    Job.READ_ARTICLE: Article,
    Job.READ_SOURCE: Parsed,
}


class Task(msgspec.Struct, frozen=True):
    """A job and the answer to do it on; its body travels beside it."""

    job: Job
    url: str
    status: int
    headers: dict[str, str]
    option: bytes = b""  # handed to the function beside the answer, when there is one


class _Failed(msgspec.Struct, frozen=True, tag="failed"):
    kind: FailureKind
    message: str


class _Done(msgspec.Struct, frozen=True, tag="done"):
    result: msgspec.Raw


def function(job: Job) -> Callable[..., Any]:
    """The function behind a job, imported now."""
    module, name = _WHERE[job]
    found: Callable[..., Any] = getattr(import_module(module), name)
    return found


def pack_task(job: Job, page: Fetched, option: bytes = b"") -> bytes:
    """A task as bytes. Bytes of headers that are no text are replaced."""
    headers = {_plain(name): _plain(value) for name, value in page.headers.items()}
    return msgspec.msgpack.encode(Task(job, page.url, page.status, headers, option))


def unpack_task(data: bytes | bytearray) -> Task:
    """The task in a message."""
    return msgspec.msgpack.decode(data, type=Task)


def pack_result(result: Any) -> bytes:
    """A value, or the ParseError that took its place, as bytes."""
    if not isinstance(result, ParseError):
        packed = msgspec.msgpack.encode(_Done(msgspec.Raw(msgspec.msgpack.encode(result))))
        if len(packed) <= MAX_RESULT:
            return packed
        result = ParseError("what was read is too large to be kept", FailureKind.TOO_LARGE)
    return msgspec.msgpack.encode(_Failed(FailureKind(result.kind), _plain(str(result))))


def unpack_result(job: Job, data: bytes | bytearray) -> Any:
    """The value or the ParseError in a message; raises msgspec.DecodeError when it is neither."""
    reply = msgspec.msgpack.decode(data, type=_Done | _Failed)
    if isinstance(reply, _Failed):
        return ParseError(reply.message, reply.kind)
    return msgspec.msgpack.decode(reply.result, type=_RESULTS[job])


def _plain(text: str) -> str:
    return text.encode("utf-8", "replace").decode("utf-8")
