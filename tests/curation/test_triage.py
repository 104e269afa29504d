"""What actions make of marks, and that undoing them gives the first marks back."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from veille.curation import triage
from veille.curation.languages import parse_language
from veille.curation.tags import TagChanges
from veille.curation.undo import revert
from veille.errors import Refused, UsageError
from veille.model.event import Action, Event
from veille.model.item import Endorsement, Marks
from veille.model.states import ItemState
from veille.model.text import tag_key

NOW = datetime(2026, 11, 3, 9, 30, 0, 123_456, tzinfo=UTC)
INBOX = Marks()
CAMILLE = Endorsement(by="camille", at=NOW)
KEPT = Marks(state=ItemState.KEPT, kept=(CAMILLE,))


def event(before: Marks, after: Marks, action: Action = Action.KEEP) -> Event:
    """The event of a change, as it comes back from the database: through JSON."""
    old, new = json.loads(json.dumps(triage.difference(before, after)))
    return Event(
        id=1,
        at=NOW,
        by="camille",
        login="camille",
        action=action,
        batch="b",
        item=12,
        subject=None,
        before=old,
        after=new,
        note=None,
        undoes=None,
        undone=False,
    )


def test_keeping_endorses_and_says_nothing_twice() -> None:
    kept = triage.keep(INBOX, "camille", NOW)
    assert kept == KEPT
    assert triage.keep(kept, "camille", NOW + timedelta(hours=1)) is kept


def test_several_curators_keep_the_same_item() -> None:
    both = triage.keep(KEPT, "noor", NOW)
    assert [each.by for each in both.kept] == ["camille", "noor"]


@pytest.mark.parametrize("put_aside", [triage.skip, triage.reset])
def test_the_last_word_wins(put_aside) -> None:
    """U3: skip and reset withdraw all endorsements, keep takes an item back out."""
    aside = put_aside(triage.keep(KEPT, "noor", NOW))
    assert aside.kept == ()
    assert aside.state is not ItemState.KEPT
    assert put_aside(aside) is aside
    assert triage.keep(aside, "camille", NOW) == KEPT


def test_tags_keep_their_first_spelling_and_place() -> None:
    tagged = triage.retag(INBOX, TagChanges(add=("Été", "iiif")))
    assert tagged.tags == ("Été", "iiif")
    assert triage.retag(tagged, TagChanges(add=("ete",))) is tagged
    assert triage.retag(tagged, TagChanges(remove=("ocr",))) is tagged
    assert triage.retag(tagged, TagChanges(add=("ocr",), remove=("ETE",))).tags == ("iiif", "ocr")


def test_an_event_keeps_only_what_changed_in_plain_json() -> None:
    assert triage.difference(INBOX, KEPT) == (
        {"state": "inbox", "kept": []},
        {"state": "kept", "kept": [["camille", NOW.isoformat()]]},
    )
    assert triage.difference(KEPT, KEPT) == ({}, {})


def test_undo_leaves_alone_what_others_did_elsewhere_on_the_item() -> None:
    """U3: only what the event changed is compared and written back."""
    done = event(INBOX, KEPT)
    since = triage.with_comment(triage.retag(KEPT, TagChanges(add=("iiif",))), 7)
    assert revert(done, since) == Marks(tags=("iiif",), comments=(7,))


@pytest.mark.parametrize(
    "since",
    [
        triage.skip(KEPT),
        triage.reset(KEPT),
        triage.keep(triage.reset(KEPT), "camille", NOW + timedelta(days=1)),
    ],
)
def test_undo_refuses_when_triage_changed_since(since: Marks) -> None:
    """U3: a colleague's decision is never overwritten by an undo."""
    with pytest.raises(Refused, match=r"triage of item 12 changed since this keep.*veille log 12"):
        revert(event(INBOX, KEPT), since)


def test_undo_of_a_keep_spares_the_endorsements_of_others() -> None:
    """U3: only one's own is withdrawn; the item stays kept as long as somebody keeps it."""
    both = triage.keep(KEPT, "noor", NOW)
    left = revert(event(INBOX, KEPT), both)
    assert (left.state, [endorsement.by for endorsement in left.kept]) == (ItemState.KEPT, ["noor"])


def test_undo_of_a_comment_spares_the_comments_of_others() -> None:
    first = Marks(comments=(1,))
    done = event(first, triage.with_comment(first, 2), Action.COMMENT)
    assert revert(done, Marks(comments=(1, 2, 3))).comments == (1, 3)
    assert revert(done, Marks(comments=(2,))).comments == ()
    with pytest.raises(Refused):
        revert(done, Marks(comments=(1, 3)))


def test_undo_of_tags_spares_the_tags_of_others() -> None:
    before = Marks(tags=("a", "b"))
    done = event(before, Marks(tags=("a", "c")), Action.TAG)
    assert revert(done, Marks(tags=("a", "c"))).tags == ("a", "b")
    assert revert(done, Marks(tags=("C", "d"))).tags == ("d", "b")
    for since in (("a", "d"), ("a", "c", "B")):
        with pytest.raises(Refused, match="the tags of item 12"):
            revert(done, Marks(tags=since))


def test_undo_of_a_language_gives_way_to_what_was_said_since() -> None:
    done = event(INBOX, triage.written_in(INBOX, "fr"), Action.LANGUAGE)
    assert revert(done, Marks(language="fr", tags=("a",))) == Marks(tags=("a",))
    with pytest.raises(Refused, match="the language of item 12 changed since"):
        revert(done, Marks(language="en"))


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("fr", "fr"), (" EN ", "en"), ("pt-BR", "pt-BR"), ("ZH-Hant-TW", "zh-Hant-TW"), (" ", None)],
)
def test_languages_have_codes(typed: str, meant: str | None) -> None:
    assert parse_language(typed) == meant


@pytest.mark.parametrize("typed", ["anglais", "f", "fr_FR", "fr-", '"', "fr en"])
def test_what_is_no_code_of_a_language_is_refused(typed: str) -> None:
    with pytest.raises(UsageError, match="is no code of a language: write it as fr, en"):
        parse_language(typed)


def test_undo_of_an_event_without_marks_changes_nothing() -> None:
    done = event(INBOX, INBOX, Action.ADD)
    assert revert(done, KEPT) == KEPT


CURATORS = st.sampled_from(["camille", "noor", "zoé"])
TAGS = st.sampled_from(["Été", "ete", "iiif", "livre numérique", "Livre-Numérique", "ocr"])


class SeveralCurators(RuleBasedStateMachine):
    """Any sequence of actions by several curators, undone one by one in reverse."""

    @initialize(state=st.sampled_from(ItemState), tags=st.lists(TAGS, unique_by=tag_key))
    def begin(self, state: ItemState, tags: list[str]) -> None:
        self.now = NOW
        kept = (CAMILLE,) if state is ItemState.KEPT else ()
        self.marks = Marks(state=state, kept=kept, tags=tuple(tags), comments=(1,))
        self.past: list[tuple[Marks, Event]] = []
        self.comments = 1

    def _do(self, after: Marks, action: Action) -> None:
        self.now += timedelta(microseconds=1)
        if after != self.marks:
            self.past.append((self.marks, event(self.marks, after, action)))
            self.marks = after

    @rule(by=CURATORS)
    def keep(self, by: str) -> None:
        self._do(triage.keep(self.marks, by, self.now), Action.KEEP)

    @rule()
    def skip(self) -> None:
        self._do(triage.skip(self.marks), Action.SKIP)

    @rule()
    def reset(self) -> None:
        self._do(triage.reset(self.marks), Action.RESET)

    @rule(add=st.lists(TAGS, unique_by=tag_key), remove=st.lists(TAGS, unique_by=tag_key))
    def tag(self, add: list[str], remove: list[str]) -> None:
        gone = {tag_key(tag) for tag in remove}
        chosen = tuple(tag for tag in add if tag_key(tag) not in gone)
        self._do(triage.retag(self.marks, TagChanges(chosen, tuple(remove))), Action.TAG)

    @rule(language=st.sampled_from([None, "fr", "pt-BR"]))
    def say_the_language(self, language: str | None) -> None:
        self._do(triage.written_in(self.marks, language), Action.LANGUAGE)

    @rule()
    def comment(self) -> None:
        self.comments += 1
        self._do(triage.with_comment(self.marks, self.comments), Action.COMMENT)

    @precondition(lambda self: self.past)
    @rule()
    def undo_the_last(self) -> None:
        before, done = self.past.pop()
        self.marks = revert(done, self.marks)
        assert self.marks == before

    @invariant()
    def undoing_everything_gives_the_first_marks(self) -> None:
        marks = self.marks
        for before, done in reversed(getattr(self, "past", [])):
            marks = revert(done, marks)
            assert marks == before

    @invariant()
    def marks_make_sense(self) -> None:
        marks = getattr(self, "marks", INBOX)
        assert (marks.state is ItemState.KEPT) == bool(marks.kept)
        assert len({each.by for each in marks.kept}) == len(marks.kept)
        assert len({tag_key(tag) for tag in marks.tags}) == len(marks.tags)


TestSeveralCurators = SeveralCurators.TestCase
