"""As many workers as cores, and only as many answers in flight as they will soon get to."""

from __future__ import annotations

import os
import queue
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar

from veille.errors import ParseError
from veille.feeds.workers.process import Limits, Worker

if TYPE_CHECKING:
    from veille.feeds.workers.jobs import Job
    from veille.model.fetched import Fetched

__all__ = ["Limits", "Workers"]

T = TypeVar("T")
_AHEAD = 20  # tasks for each worker: the writer may be busy for half a second
_WORTH_ONE = 8  # tasks that wait: starting a worker costs as much as reading a dozen feeds
_HELD = 32 * 2**20  # bytes of bodies that wait


@dataclass(frozen=True, slots=True)
class _Task(Generic[T]):
    ticket: T
    job: Job
    page: Fetched
    option: bytes


class Workers(Generic[T]):
    """Does jobs in worker processes, in any order. Each task has a ``ticket``, given back with
    its result.

    Used by one thread: :meth:`submit` while it is not :attr:`full`, :meth:`take` what is done. The
    first worker starts with the first task, another one when several tasks wait for each. Use it as
    a context manager, or call :meth:`close`: no process stays behind.
    """

    def __init__(self, count: int | None = None, limits: Limits | None = None) -> None:
        self._count = count or _cores()
        self._limits = limits or Limits()
        self._tasks: queue.SimpleQueue[_Task[T] | None] = queue.SimpleQueue()
        self._done: queue.SimpleQueue[tuple[_Task[T], Any]] = queue.SimpleQueue()
        self._workers: list[tuple[threading.Thread, Worker]] = []
        self._busy: set[Worker] = set()
        self._held = 0
        self._closing = False
        self.pending = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def full(self) -> bool:
        """Whether results should be taken before anything more is submitted."""
        return self.pending >= _AHEAD * self._count or self._held > _HELD

    @property
    def pids(self) -> list[int]:
        """The processes there are now."""
        return [worker.pid for _, worker in self._workers if worker.pid is not None]

    def warm_up(self) -> None:
        """Start one worker, so that it is ready when the first answer comes."""
        if not self._workers:
            self._add()

    def submit(self, ticket: T, job: Job, page: Fetched, option: bytes = b"") -> None:
        """Have a job done; never waits. An ``option`` is handed to its function beside the page."""
        self.pending += 1
        self._held += len(page.body)
        if self.pending > _WORTH_ONE * len(self._workers) and len(self._workers) < self._count:
            self._add()
        self._tasks.put(_Task(ticket, job, page, option))

    def take(self, *, wait: bool = True) -> tuple[T, Fetched, Any] | None:
        """A ticket and its answer, with the result or its ParseError; None when there is none
        (yet).
        """
        if not self.pending:
            return None
        try:
            task, outcome = self._done.get(block=wait)
        except queue.Empty:
            return None
        self.pending -= 1
        self._held -= len(task.page.body)
        return task.ticket, task.page, outcome

    def close(self) -> None:
        """Drop what is not done, and end all processes."""
        self._closing = True
        busy = frozenset(self._busy)
        for _, worker in self._workers:
            self._tasks.put(None)
            if worker not in busy:
                worker.dismiss()
        for _, worker in self._workers:
            worker.close(at_once=worker in busy)
        for thread, _ in self._workers:
            thread.join()
        self._workers.clear()

    def _add(self) -> None:
        worker = Worker(self._limits)
        worker.start()
        thread = threading.Thread(
            target=self._work, args=(worker,), name="veille-worker", daemon=True
        )
        self._workers.append((thread, worker))
        thread.start()

    def _work(self, worker: Worker) -> None:
        while (task := self._tasks.get()) is not None and not self._closing:
            self._busy.add(worker)
            try:
                outcome = worker.do(task.job, task.page, task.option)
            except Exception as error:  # whoever waits for this result must get one
                outcome = ParseError(f"no worker process could be started: {error}")
            self._busy.discard(worker)
            self._done.put((task, outcome))


def _cores() -> int:
    """The cores this process may use, where the system says so."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
