"""Figures, added up by the database: nothing is read row by row, so that a large pool costs no more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Select,
    Text,
    case,
    distinct,
    extract,
    func,
    literal,
    select,
    type_coerce,
)
from sqlalchemy import cast as sql_cast

from veille.model.event import Action
from veille.model.figures import CuratorFigures, EditionFigures, Flow, SourceFigures, TagFigures
from veille.model.states import DeliveryState, ItemState
from veille.model.text import fold
from veille.store.tables.marks import endorsement, event, item_tag, tag
from veille.store.tables.pool import item, sighting, source
from veille.store.tables.publishing import PUBLIC, digest, edition, pick
from veille.store.tables.readers import delivery

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from veille.model.figures import Period

# Most rules only tag; what they did is written as the log writes it.
_PUT_ASIDE = type_coerce(event.c.after, Text).contains(f'"state":"{ItemState.SKIPPED}"')
_MICROSECONDS = 1_000_000
_DAY = 86_400


def flow(conn: Connection, period: Period, *, waiting: bool = False) -> Flow:
    """What went through in a period; what is ``waiting`` now, when that is of interest."""
    decided = select(func.count(distinct(event.c.item_id))).join_from(event, item)
    skipped = decided.where(item.c.state == ItemState.SKIPPED, _during(event.c.at, period))
    kept = select(func.count(distinct(endorsement.c.item_id)))
    out = select(func.count()).join_from(pick, edition)
    inbox = select(func.count()).select_from(item).where(item.c.state == ItemState.INBOX)
    return Flow(
        received=_one(
            conn, select(func.count()).select_from(item).where(_during(item.c.collected, period))
        ),
        kept=_one(conn, kept.where(_during(endorsement.c.at, period))),
        skipped=_one(conn, skipped.where(event.c.action == Action.SKIP, event.c.by.is_not(None))),
        by_rules=_one(conn, skipped.where(event.c.action == Action.RULE, _PUT_ASIDE)),
        published=_one(
            conn,
            out.where(edition.c.state.in_(PUBLIC), _during(edition.c.published_at, period)),
        ),
        waiting=_one(conn, inbox) if waiting else None,
        delay=_median_until_kept(conn, period),
    )


def by_day(
    conn: Connection, period: Period, shift: timedelta
) -> tuple[dict[int, int], dict[int, int]]:
    """How many items were received, and kept, on each day (counted from 1970, in a zone that is
    ``shift`` ahead of UTC).
    """
    received = _day(conn, item.c.collected, shift)
    kept = _day(conn, endorsement.c.at, shift)
    counted = select(received, func.count()).where(_during(item.c.collected, period))
    endorsed = select(kept, func.count(distinct(endorsement.c.item_id)))
    return (
        dict(conn.execute(counted.group_by(received)).all()),
        dict(conn.execute(endorsed.where(_during(endorsement.c.at, period)).group_by(kept)).all()),
    )


def curators(conn: Connection, period: Period, shift: timedelta) -> list[CuratorFigures]:
    """What each curator did, by handle; taken back or not."""

    def items_of(action: Action) -> ColumnElement[int]:
        return func.count(distinct(case((event.c.action == action, event.c.item_id))))

    rows = conn.execute(
        select(
            event.c.by,
            items_of(Action.KEEP),
            items_of(Action.SKIP),
            items_of(Action.TAG),
            items_of(Action.COMMENT),
            func.count(distinct(_day(conn, event.c.at, shift))),
        )
        .where(event.c.by.is_not(None), event.c.item_id.is_not(None), _during(event.c.at, period))
        .group_by(event.c.by)
    )
    names = ("handle", "kept", "skipped", "tagged", "commented", "days")
    found = [CuratorFigures(**dict(zip(names, row, strict=True))) for row in rows]
    return sorted(found, key=lambda one: (fold(one.handle), one.handle))


def tags(conn: Connection, period: Period, limit: int) -> list[TagFigures]:
    """The tags of what was kept, the most frequent first, with the period before."""
    earlier = period.before

    def kept_in(one: Period) -> ColumnElement[int]:
        return func.count(distinct(case((_during(endorsement.c.at, one), endorsement.c.item_id))))

    now = kept_in(period).label("now")
    rows = conn.execute(
        select(tag.c.name, now, kept_in(earlier))
        .join_from(endorsement, item_tag, item_tag.c.item_id == endorsement.c.item_id)
        .join(tag)
        .where(endorsement.c.at >= earlier.start, endorsement.c.at < period.end)
        .group_by(tag.c.id, tag.c.name, tag.c.key)
        .order_by(now.desc(), tag.c.key)
        .limit(limit)
    )
    return [TagFigures(name=name, kept=kept, before=before) for name, kept, before in rows]


def editions(conn: Connection, period: Period) -> list[EditionFigures]:
    """The editions that came out, oldest first."""
    links = select(func.count()).where(pick.c.edition_id == edition.c.id).scalar_subquery()
    readers = (
        select(func.count())
        .where(delivery.c.edition_id == edition.c.id, delivery.c.state == DeliveryState.ACCEPTED)
        .scalar_subquery()
    )
    rows = conn.execute(
        select(
            digest.c.slug,
            edition.c.number,
            func.coalesce(edition.c.title, digest.c.title),
            edition.c.published_at,
            links,
            readers,
        )
        .join_from(edition, digest)
        .where(edition.c.state.in_(PUBLIC), _during(edition.c.published_at, period))
        .order_by(edition.c.published_at, edition.c.id)
    )
    return [
        EditionFigures(
            ref=f"{slug}/{number}", title=title, published_at=at, links=picked, readers=read
        )
        for slug, number, title, at, picked, read in rows
    ]


def sources(conn: Connection, period: Period) -> list[SourceFigures]:
    """What each source gave, the most kept first; those that gave nothing too."""
    shown = _shown(period)
    delays: dict[int, float] = dict(conn.execute(_median_delays(conn, period)).all())
    rows = conn.execute(
        select(
            source.c.id,
            func.coalesce(source.c.title, source.c.url).label("name"),
            *(func.coalesce(column, 0) for column in shown.c[1:]),
        )
        .outerjoin(shown, shown.c.source_id == source.c.id)
        .order_by(func.coalesce(shown.c.kept, 0).desc(), source.c.name_key, source.c.id)
    )
    return [
        SourceFigures(
            id=key,
            name=name,
            received=received,
            kept=kept,
            published=published,
            repeats=repeats,
            delay=None if key not in delays else float(delays[key]),
        )
        for key, name, received, kept, published, repeats in rows
    ]


def _shown(period: Period) -> Any:
    """By source: what was received, and of these kept, published, and shown first by others."""
    out = (
        select(pick.c.item_id)
        .join_from(pick, edition)
        .where(edition.c.state.in_(PUBLIC))
        .distinct()
        .subquery()
    )
    return (
        select(
            sighting.c.source_id,
            func.count(distinct(sighting.c.item_id)).label("received"),
            _items_where(sighting.c.kept.is_(True)).label("kept"),
            func.count(distinct(out.c.item_id)).label("published"),
            _items_where(sighting.c.primary.is_(False)).label("repeats"),
        )
        .outerjoin_from(sighting, out, out.c.item_id == sighting.c.item_id)
        .where(_during(sighting.c.seen, period))
        .group_by(sighting.c.source_id)
        .subquery()
    )


def _items_where(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.count(distinct(case((condition, sighting.c.item_id))))


def _median_delays(conn: Connection, period: Period) -> Select[Any]:
    """By source: the median from publication to collection.

    What a first visit brought is left out: it tells how old a feed is, not how late we are.
    """
    began = (
        select(sighting.c.source_id, func.min(sighting.c.seen).label("first"))
        .group_by(sighting.c.source_id)
        .subquery()
    )
    delay = _seconds(conn, sighting.c.seen) - _seconds(conn, item.c.published)
    measured = (
        select(sighting.c.source_id.label("of"), delay.label("delay"))
        .join_from(sighting, item)
        .join(began, began.c.source_id == sighting.c.source_id)
        .where(
            _during(sighting.c.seen, period),
            sighting.c.seen > began.c.first,
            item.c.published.is_not(None),
            item.c.published <= sighting.c.seen,
        )
    )
    return _medians(measured)


def _median_until_kept(conn: Connection, period: Period) -> float | None:
    delay = _seconds(conn, endorsement.c.at) - _seconds(conn, item.c.collected)
    measured = (
        select(literal(1).label("of"), delay.label("delay"))
        .join_from(endorsement, item)
        .where(_during(endorsement.c.at, period))
    )
    row = conn.execute(_medians(measured)).one_or_none()
    return None if row is None else float(row[1])


def _medians(measured: Select[Any]) -> Select[Any]:
    """The median of ``delay`` for each ``of``: neither database has one that the other knows."""
    lines = measured.subquery()
    ranked = select(
        lines.c.of,
        lines.c.delay,
        func.row_number().over(partition_by=lines.c.of, order_by=lines.c.delay).label("place"),
        func.count().over(partition_by=lines.c.of).label("number"),
    ).subquery()
    middle = ranked.c.place.in_([(ranked.c.number + 1) // 2, (ranked.c.number + 2) // 2])
    return select(ranked.c.of, func.avg(ranked.c.delay)).where(middle).group_by(ranked.c.of)


def _during(column: ColumnElement[Any], period: Period) -> ColumnElement[bool]:
    start: datetime = period.start
    return (column >= start) & (column < period.end)


def _seconds(conn: Connection, column: ColumnElement[Any]) -> ColumnElement[Any]:
    """An instant as seconds since 1970."""
    if conn.dialect.name == "sqlite":
        return type_coerce(column, BigInteger) // _MICROSECONDS
    return sql_cast(func.floor(extract("epoch", column)), BigInteger)


def _day(conn: Connection, column: ColumnElement[Any], shift: timedelta) -> ColumnElement[Any]:
    """The day of an instant, counted from 1970."""
    return (_seconds(conn, column) + int(shift.total_seconds())) // _DAY


def _one(conn: Connection, query: Select[Any]) -> int:
    return int(conn.execute(query).scalar_one())
