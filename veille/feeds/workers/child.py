"""The worker's side: ``python -m veille.feeds.workers.child CHANNEL SECONDS BYTES``.

It takes tasks from a socket until that is closed, each within limits of the kernel: so many seconds
of processor time, so many bytes above what it holds before its first task of that sort.
"""

from __future__ import annotations

import contextlib
import gc
import os
import resource
import signal
import socket
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from veille.errors import ParseError
from veille.feeds.workers import frames
from veille.feeds.workers.jobs import Job, Task, function, pack_result, unpack_task
from veille.model.fetched import Fetched

if TYPE_CHECKING:
    from collections.abc import Callable

BEHIND = 10  # who waits at a screen goes first; nobody waits for one feed of many
_ANYTHING = 2**40
# Ctrl-C and a service manager speak to every process of a group: the master decides for us.
_DEAF_TO = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
OUT_OF_MEMORY = b"memory"  # in place of a result


def serve(channel: socket.socket, seconds: int, memory: int) -> None:
    """Do tasks until the channel is closed, or memory runs out once."""
    functions: dict[Job, Callable[..., Any]] = {}
    _prepare(Job.PARSE, functions, memory)
    while True:
        try:
            task = unpack_task(frames.receive(channel, limit=_ANYTHING))
            body = bytes(frames.receive(channel, limit=_ANYTHING))
        except (EOFError, OSError):
            return
        try:
            if task.job not in functions:
                _prepare(task.job, functions, memory)
            _limit_time(seconds)
            answer = _answer(functions[task.job], task, body)
        except MemoryError:
            with contextlib.suppress(OSError):
                frames.send(channel, OUT_OF_MEMORY)
            return
        with contextlib.suppress(OSError):  # the next read tells that the master is gone
            frames.send(channel, answer)


def _prepare(job: Job, functions: dict[Job, Callable[..., Any]], memory: int) -> None:
    """Import what a job needs; what it weighs does not count for the limit of memory."""
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    with contextlib.suppress(ValueError, OSError):  # macOS has the limit, and refuses to set it
        resource.setrlimit(resource.RLIMIT_AS, (hard, hard))
        functions[job] = function(job)
        held = _held()
        if held:
            resource.setrlimit(resource.RLIMIT_AS, (held + memory, hard))


def _held() -> int:
    """Bytes of address space in use; 0 where the system does not say."""
    with contextlib.suppress(OSError):
        return int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    return 0


def _limit_time(seconds: int) -> None:
    """Let the kernel end us (SIGXCPU) when the next task takes more than ``seconds``."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    until = int(used.ru_utime + used.ru_stime) + 1 + seconds
    resource.setrlimit(
        resource.RLIMIT_CPU, (until if hard == resource.RLIM_INFINITY else min(until, hard), hard)
    )


def _answer(work: Callable[..., Any], task: Task, body: bytes) -> bytes:
    page = Fetched(url=task.url, status=task.status, headers=task.headers, body=body)
    try:
        return pack_result(work(page, task.option) if task.option else work(page))
    except ParseError as error:
        return pack_result(error)


def main() -> None:
    """Become a worker."""
    for number in _DEAF_TO:
        signal.signal(number, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.nice(BEHIND)
    descriptor, seconds, memory = map(int, sys.argv[1:])
    with socket.socket(fileno=descriptor) as channel:
        serve(channel, seconds, memory)
    gc.freeze()  # the process gives everything back at once: nothing is worth collecting


if __name__ == "__main__":
    main()
