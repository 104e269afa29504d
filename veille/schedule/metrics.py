"""Figures for Prometheus, as text that node-exporter's textfile collector reads.

https://prometheus.io/docs/instrumenting/exposition_formats/ (text format 0.0.4)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from veille.delivery import atomic
from veille.errors import OutputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime
    from pathlib import Path

    from veille.model.errand import QueueState
    from veille.model.plan import JobRecord


class Figure(NamedTuple):
    """A metric: its name, what it means, and a value for each set of labels."""

    name: str
    help: str
    values: Mapping[tuple[tuple[str, str], ...], float]


def figures(
    jobs: Iterable[JobRecord],
    counts: Mapping[str, Mapping[str, int]],
    *,
    now: datetime,
    version: str,
    queue: QueueState | None = None,
) -> list[Figure]:
    """The metrics of a workspace; ``counts`` are those of sources, items and mails, by state, and
    ``queue`` is that of workers, where there is one."""
    jobs = list(jobs)
    started = {_label("job", one.name): one.started.timestamp() for one in jobs}
    failures = {_label("job", one.name): float(one.failures) for one in jobs}
    found = [
        Figure("veille_info", "The version of veille", {_label("version", version): 1}),
        Figure(
            "veille_heartbeat_timestamp_seconds", "When the loop last lived", {(): now.timestamp()}
        ),
        Figure("veille_job_started_timestamp_seconds", "When a job last began", started),
        Figure("veille_job_failures", "How many times in a row a job failed", failures),
    ]
    found += _of_queue(queue) if queue else []
    return found + [
        Figure(
            f"veille_{what}",
            f"How many {what} there are, by state",
            {_label("state", state): float(count) for state, count in by_state.items()},
        )
        for what, by_state in counts.items()
    ]


def _of_queue(queue: QueueState) -> list[Figure]:
    states = {"waiting": queue.waiting, "in-hand": queue.in_hand, "stalled": queue.stalled}
    return [
        Figure("veille_workers", "How many workers are alive", {(): float(queue.workers)}),
        Figure(
            "veille_errands",
            "How many errands there are in the queue, by state",
            {_label("state", state): float(count) for state, count in states.items()},
        ),
        Figure(
            "veille_errand_wait_seconds", "How long the oldest errand waits", {(): queue.longest}
        ),
    ]


def exposition(found: Iterable[Figure]) -> str:
    """The metrics as text."""
    lines: list[str] = []
    for figure in found:
        lines += [f"# HELP {figure.name} {figure.help}", f"# TYPE {figure.name} gauge"]
        lines += [
            f"{figure.name}{_labels(labels)} {value:.17g}"
            for labels, value in sorted(figure.values.items())
        ]
    return "\n".join(lines) + "\n"


def write(path: Path, found: Iterable[Figure]) -> None:
    """Put them into a file at once, readable by the collector. Raises OutputError."""
    try:
        atomic.prepare(path, exposition(found).encode(), 0o644).replace(path)
    except OSError as error:
        raise OutputError(f"the figures cannot be written: {path}: {error.strerror}") from error


def _label(name: str, value: str) -> tuple[tuple[str, str], ...]:
    return ((name, value),)


def _labels(labels: tuple[tuple[str, str], ...]) -> str:
    if not labels:
        return ""
    escaped = (
        (name, value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n"))
        for name, value in labels
    )
    return "{" + ",".join(f'{name}="{value}"' for name, value in escaped) + "}"
