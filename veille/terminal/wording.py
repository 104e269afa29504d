"""How things are said on a terminal: marks, ages, counts, and what happened to an item."""

from __future__ import annotations

from datetime import datetime, timedelta, tzinfo
from typing import TYPE_CHECKING, Any

from veille.model.event import Action, Event
from veille.model.item import Sameness
from veille.model.states import ItemState
from veille.model.text import one_line
from veille.terminal.counting import plural

if TYPE_CHECKING:
    from collections.abc import Callable

    from veille.curation.relevance import Score
    from veille.model.item import Item

# For each state a sign, and what stands for it where only ASCII is shown.
_SIGNS = {ItemState.INBOX: ("○", "."), ItemState.KEPT: ("●", "*"), ItemState.SKIPPED: ("×", "x")}
_PUBLISHED = ("★", "P")
_STORY_OUT = ("☆", "p")
_REVIEW = ("◎", "?")
_BLURB = ("✎", "b")


def mark(item: Item, *, unicode: bool) -> str:
    """Two cells: the state (○ inbox, ◎ to review, ● kept, × skipped, ★ published, ☆ its story was),
    and ✎ when it has a blurb.
    """
    at = 0 if unicode else 1
    return _state(item)[at] + (_BLURB[at] if item.blurb else "")


def _state(item: Item) -> tuple[str, str]:
    if item.shown:
        return _PUBLISHED if item.editions else _STORY_OUT
    return _REVIEW if item.review else _SIGNS[item.state]


def seen_already(item: Item) -> list[str]:
    """A line for each way in which colleagues saw it, its work or its story before."""
    told: list[str] = []
    if item.editions:
        told.append(f"published in {', '.join(item.editions)}")
    others = {each.item: each.how for each in item.shown if each.how is not Sameness.LINK}
    for other, how in others.items():
        refs = [each.edition for each in item.shown if each.item == other]
        told.append(f"the same {how} came out in {', '.join(refs)} ({other})")
    return told


def also_in(item: Item) -> list[str]:
    """A line that says where else the item's story is told, none when it is told here only."""
    others = [source.title for source in item.sources[1:]]
    told = [f"{other.source or other.title} ({other.id})" for other in item.also]
    return [f"also in {' · '.join(told + others)}"] if told + others else []


def because(score: Score | None) -> list[str]:
    """A line that says why an item is where it is, none when there is no reason."""
    return [f"because {' · '.join(score.because)}"] if score and score.because else []


def age(instant: datetime, now: datetime) -> str:
    """How long ago: minutes, hours, days, weeks; a date once it is over a year."""
    past = max(now - instant, timedelta(0))
    if past < timedelta(hours=1):
        return f"{past // timedelta(minutes=1)} min"
    if past < timedelta(days=2):
        return f"{past // timedelta(hours=1)} h"
    if past < timedelta(weeks=8):
        return f"{past.days} d"
    if past < timedelta(days=365):
        return f"{past.days // 7} w"
    return instant.date().isoformat()


def moment(instant: datetime, zone: tzinfo) -> str:
    """A day and time in the house's zone."""
    return instant.astimezone(zone).strftime("%Y-%m-%d %H:%M")


def what_happened(event: Event) -> str:
    """What an event did, in a few words: ``tag +iiif``, ``keep "pour les collections"``."""
    tell = _TELLING.get(event.action)
    words = [event.action.value]
    if tell is not None:
        words.append(tell(event))
    elif event.subject:
        words.append(event.subject)
    if event.note:
        words.append(f"“{one_line(event.note, 200)}”")
    if event.undone:
        words.append("(undone)")
    return " ".join(word for word in words if word)


def by_rule(event: Event) -> str:
    """What a rule did to an item, and why: ``Emplois: skip, since title “poste”``."""
    done = [_changed_tags(event)]
    done += ["skip"] if event.after.get("state") == ItemState.SKIPPED else []
    done += ["keep for review"] if event.after.get("review") else []
    because = ", ".join(f"{field} “{value}”" for field, value in event.after.get("because", ()))
    name = str(event.subject).removeprefix("rule ")
    said = f"{name}: {', '.join(filter(None, done))}"
    return f"{said}, since {because}" if because else said


def _changed_tags(event: Event) -> str:
    before, after = event.before.get("tags", []), event.after.get("tags", [])
    put = [f"+{tag}" for tag in after if tag not in before]
    taken = [f"-{tag}" for tag in before if tag not in after]
    return " ".join(put + taken)


def _taken_back(event: Event) -> str:
    words = [f"back to {event.after['state']}"] if "state" in event.after else []
    words += [f"thesaurus {event.subject}"] if "terms" in event.after else []
    words.append(_changed_tags(event))
    if "language" in event.after:
        words.append(f"language {_language(event)}")
    if len(event.after.get("comments", [])) < len(event.before.get("comments", [])):
        words.append("comment withdrawn")
    return " ".join(word for word in words if word)


def _comment(event: Event) -> str:
    kind = "(blurb) " if event.after.get("blurb") else ""
    return f"{kind}“{one_line(str(event.after.get('text', '')), 80)}”"


def _language(event: Event) -> str:
    return str(event.after.get("language") or "as its source says")


def _old_title(event: Event) -> str:
    return f"was “{one_line(str(event.before.get('title', '')), 120)}”"


def _renamed(event: Event) -> str:
    return f"{_tag(event.before)} → {_tag(event.after)}"


def _tag(side: Any) -> str:
    return str(side.get("tag", ""))


def _seen(event: Event) -> str:
    return f"{event.subject}, {plural(event.after['items'], 'item')}"


_TELLING: dict[Action, Callable[[Event], str]] = {
    Action.SEEN: _seen,
    Action.TAG: _changed_tags,
    Action.LANGUAGE: _language,
    Action.COMMENT: _comment,
    Action.UNDO: _taken_back,
    Action.UPDATE: _old_title,
    Action.RULE: by_rule,
    Action.TAG_RENAME: _renamed,
    Action.TAG_MERGE: _renamed,
}
