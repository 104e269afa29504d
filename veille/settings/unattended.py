"""The settings of what runs by itself; declared as all others (see the declaration beside)."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from veille.settings.section import Section


class Run(Section, frozen=True, forbid_unknown_fields=True):
    """The unattended loop, `veille run` (docs/operating.md)."""

    collect_every: Annotated[
        int,
        Meta(
            ge=1,
            le=1_440,
            description="Minutes between two looks at what is due; each source has a rhythm of its own.",
        ),
    ] = 5
    operator: Annotated[
        str | None,
        Meta(
            description="Who is told by mail when something is wrong, once a day and cause.",
            examples=["admin@example.org"],
        ),
    ] = None
    backup_at: Annotated[
        str,
        Meta(
            description="When a backup is made each day, in the workspace's time zone; never: by hand only."
        ),
    ] = "02:30"
    backup_folder: Annotated[
        str, Meta(min_length=1, description="Where, relative to the workspace.")
    ] = "backups"
    backup_keep: Annotated[
        int,
        Meta(ge=1, le=3_650, description="How many of these backups are kept; older ones go."),
    ] = 14
    workers: Annotated[
        bool,
        Meta(
            description="Leave collecting, full texts and sending to `veille worker` processes, on any number of machines (docs/workers.md); needs PostgreSQL and veille[workers]."
        ),
    ] = False
    worker_timeout: Annotated[
        int,
        Meta(
            ge=3,
            le=3_600,
            description="Seconds after which a worker that is not heard of counts as dead, and others take what it held.",
        ),
    ] = 30
    log: Annotated[
        Literal["text", "json"],
        Meta(description="How the loop writes its log: text, or json (one object a line)."),
    ] = "text"
    metrics: Annotated[
        str | None,
        Meta(
            description="Write figures for Prometheus into this file (node-exporter's textfile collector).",
            examples=["/var/lib/prometheus/node-exporter/veille.prom"],
        ),
    ] = None


class Retention(Section, frozen=True, forbid_unknown_fields=True):
    """What the pool forgets (docs/operating.md). Unless something is set here, nothing."""

    untouched: Annotated[
        str | None,
        Meta(
            description="After how long items go that nobody kept, tagged, commented, chose or decided: 90 days at least.",
            examples=["2 years"],
        ),
    ] = None
