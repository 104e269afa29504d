"""The master's side of one worker: start it, give it a task, notice its death."""

from __future__ import annotations

import contextlib
import signal
import socket
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

from veille.errors import WorkerDied
from veille.feeds.workers import frames
from veille.feeds.workers.child import OUT_OF_MEMORY
from veille.feeds.workers.jobs import MAX_RESULT, Job, pack_task, unpack_result

if TYPE_CHECKING:
    from veille.model.fetched import Fetched

_START = 30.0  # seconds an overloaded machine may take to start Python
_PATIENCE = 6  # times the limit of processor time: other programs want the processor too
_LEAVE = 1.0  # seconds an idle worker has to end by itself


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one task may take: ``seconds`` of processor time, ``memory`` in bytes."""

    seconds: int = 10
    memory: int = 256 * 2**20


class Worker:
    """One worker process, started when it is first needed and again after each death."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._guard = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._channel: socket.socket | None = None
        self._closed = False

    @property
    def pid(self) -> int | None:
        """The process, None while there is none."""
        process = self._process
        return process.pid if process else None

    def start(self) -> None:
        """Start the process when there is none, without waiting for it."""
        with self._guard:
            if self._closed or self._process is not None:
                return
            ours, theirs = socket.socketpair()
            try:
                self._process = self._launch(theirs.fileno())
                self._channel = ours
            finally:
                theirs.close()
                if self._process is None:
                    ours.close()

    def _launch(self, descriptor: int) -> subprocess.Popen[bytes]:
        numbers = (descriptor, self._limits.seconds, self._limits.memory)
        return subprocess.Popen(  # noqa: S603  this interpreter, and numbers
            [sys.executable, "-m", "veille.feeds.workers.child", *map(str, numbers)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            pass_fds=[descriptor],
        )

    def do(self, job: Job, page: Fetched, option: bytes = b"") -> Any:
        """The result of a job, its ParseError, or a WorkerDied when the worker died of it."""
        self.start()
        try:
            answer = self._ask(job, page, option)
            if answer != OUT_OF_MEMORY:
                return unpack_result(job, answer)
            self.kill()
            memory = self._limits.memory >> 20
            return WorkerDied(f"reading it takes more than {memory} MB of memory")
        except TimeoutError:
            self.kill()
            return WorkerDied("reading it does not end")
        except (EOFError, OSError, ValueError, msgspec.MsgspecError):
            return WorkerDied(self._cause(self.kill()))

    def _ask(self, job: Job, page: Fetched, option: bytes) -> bytearray:
        deadline = time.monotonic() + _START + _PATIENCE * self._limits.seconds
        channel = self._channel
        if channel is None:
            raise EOFError("closed meanwhile")
        channel.settimeout(deadline - time.monotonic())
        frames.send(channel, pack_task(job, page, option))
        frames.send(channel, page.body)
        return frames.receive(channel, limit=MAX_RESULT, deadline=deadline)

    def kill(self) -> int | None:
        """End the process now, whatever it does, and give its exit code."""
        with self._guard:
            process, self._process = self._process, None
            channel, self._channel = self._channel, None
        if channel is not None:
            with contextlib.suppress(OSError):
                channel.shutdown(socket.SHUT_RDWR)  # wakes up who waits for an answer
            channel.close()
        if process is None:
            return None
        with contextlib.suppress(subprocess.TimeoutExpired):
            return process.wait(0.2)  # it died by itself, or leaves as its channel is closed
        process.kill()
        process.wait()
        return None

    def dismiss(self) -> None:
        """Let the process leave by itself once it is idle; it gets nothing more to do."""
        self._closed = True
        if (channel := self._channel) is not None:
            with contextlib.suppress(OSError):
                channel.shutdown(socket.SHUT_RDWR)

    def close(self, *, at_once: bool) -> None:
        """End the process for good; one that is idle may leave by itself."""
        self.dismiss()
        if not at_once and (process := self._process) is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(_LEAVE)
        self.kill()

    def _cause(self, code: int | None) -> str:
        if code == -signal.SIGXCPU:
            return f"reading it takes more than {self._limits.seconds} seconds of processor time"
        if code is not None and code < 0:
            return f"the process that read it died ({signal.Signals(-code).name})"
        return "the process that read it died"
