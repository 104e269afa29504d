"""The settings of ``veille serve``; declared as all others (see the declaration beside)."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from veille.settings.section import Section


class Serve(Section, frozen=True, forbid_unknown_fields=True):
    """The server for reader apps, `veille serve` (docs/reader-apps.md)."""

    listen: Annotated[
        str,
        Meta(
            description="Where it listens, HOST:PORT; anything but loopback belongs behind a proxy with TLS."
        ),
    ] = "127.0.0.1:8085"
    trusted_proxy: Annotated[
        str | None,
        Meta(
            description="The address of the reverse proxy, whose X-Forwarded-For is then believed.",
            examples=["127.0.0.1"],
        ),
    ] = None
    read_only: Annotated[
        bool, Meta(description="Apps may look, and change nothing, whatever their tokens allow.")
    ] = False
    rate: Annotated[
        int,
        Meta(
            ge=10,
            le=100_000,
            description="Requests a minute of one token; newsboat makes one a source.",
        ),
    ] = 3_000
