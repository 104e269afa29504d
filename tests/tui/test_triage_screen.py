"""The screen of triage: what its keys do, what it shows, what becomes of it when things go wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.cli.conftest import NOW, published, rename_item, url_of
from veille.curation import relevance
from veille.curation.tags import TagChanges
from veille.model.event import Actor
from veille.model.query import EVERYTHING, Sort
from veille.model.states import ItemState
from veille.model.thesaurus import Term
from veille.settings.keys import TriageKeys
from veille.store import items
from veille.store.database import Database
from veille.workflows import curate, stories, thesaurus
from veille.workflows.acting import Act

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.tui.conftest import Desk, Sitting

__all__ = ["published", "rename_item"]


def test_a_list_and_the_text_of_the_item_one_is_at(desk: Desk) -> None:
    """On the smallest terminal there is, with the keys at its foot."""

    async def scene(at: Sitting) -> None:
        await at.see("Texte 1.")
        title, first = at.lines[0], at.lines[1]
        assert title.startswith(" inbox")
        assert title.endswith("1 of 5")
        assert first.startswith(" ○   24 h  Une bibliothèque ouvre la nuit")
        assert "https://example.org/1" in at.text
        foot = "y:keep d:skip t:tag c:comment b:blurb o:open u:undo /:filter ?:help q:quit"
        assert at.lines[-1] == f" {foot}"
        assert max(map(len, at.lines)) <= 80

    desk.run(scene)


def test_keep_and_skip_act_at_once_and_go_on(desk: Desk) -> None:
    """Each is one event, and the next item is there."""

    async def scene(at: Sitting) -> None:
        await at.press("y", "d")
        await at.see("Texte 3.")
        await at.settled()
        assert at.item(1).state is ItemState.KEPT
        assert at.item(1).kept_by == ("camille",)
        assert at.item(2).state is ItemState.SKIPPED
        assert at.log() == ["keep", "skip"]
        assert at.lines[1].startswith(" ●")
        assert at.lines[2].startswith(" ×")
        await at.see("skipped: IIIF pour les manuscrits")
        assert "1 kept · 1 skipped   3 of 5" in at.lines[0]

    assert desk.run(scene).work.counts == {"kept": 1, "skipped": 1}


def test_undo_takes_back_the_last_thing_done_here_and_goes_to_it(desk: Desk) -> None:
    """As often as something was done in this sitting; what was done before it is not touched."""

    async def scene(at: Sitting) -> None:
        curate.skip(at.db, [5], act=desk.act())
        await at.press("y", "d", "u", "u")
        await at.see("no longer kept: Une bibliothèque ouvre la nuit")
        await at.settled()
        assert at.item(1).state is at.item(2).state is ItemState.INBOX
        assert at.screen.rows.cursor == 0
        assert at.log() == ["skip", "keep", "skip", "undo", "undo"]
        await at.press("u")
        await at.see("nothing to take back here")
        assert at.item(5).state is ItemState.SKIPPED

    assert not +desk.run(scene).work.counts


def test_what_changed_nothing_cannot_be_taken_back(desk: Desk) -> None:
    """Keeping twice is one event, and one undo."""

    async def scene(at: Sitting) -> None:
        await at.press("y", "k", "y")
        await at.see("kept already: Une bibliothèque ouvre la nuit")
        await at.press("u")
        await at.settled()
        assert at.log() == ["keep", "undo"]

    desk.run(scene)


def test_reset_puts_back_in_the_inbox(desk: Desk) -> None:
    async def scene(at: Sitting) -> None:
        await at.press("d", "k", "i")
        await at.see("back in the inbox: Une bibliothèque")
        assert at.item(1).state is ItemState.INBOX
        assert at.log() == ["skip", "reset"]

    desk.run(scene)


def test_tags_are_completed_the_usual_ones_of_the_source_first(desk: Desk) -> None:
    """Enter is one event for all tags; a tag nobody used is said to be new."""

    async def scene(at: Sitting) -> None:
        for number, tags in ((3, ("nuit", "horaires")), (4, ("nuit",)), (5, ("patrimoine",))):
            curate.tag(at.db, [number], TagChanges(add=tags), act=desk.act())
        await at.press("t")
        await at.see("#nuit  #horaires  #patrimoine")
        await at.press("ho", "tab")
        await at.see("tags: horaires,")
        await at.press("Pat", "down", "up", "enter")
        await at.see("tagged: Une bibliothèque ouvre la nuit")
        assert at.item(1).tags == ("horaires", "patrimoine")
        assert at.log() == ["tag"] * 4
        await at.press("t")
        await at.press("zèbre")
        await at.see("new: zèbre")
        await at.press(", -hor", "tab", "enter")
        await at.until(lambda: at.item(1).tags == ("patrimoine", "zèbre"), "the tags are changed")

    desk.run(scene)


def test_tags_are_completed_from_the_thesaurus(desk: Desk) -> None:
    """After the source's usual tags and those in use; a synonym becomes the term it means."""

    async def scene(at: Sitting) -> None:
        act = desk.act()
        ebook = Term(name="livre numérique", synonyms=("e-book", "livrel"), en="electronic book")
        for term in (Term(name="bibliothéconomie"), Term(name="bibliothèque"), ebook):
            thesaurus.add(at.db, term, act=act)
        curate.tag(at.db, [3], TagChanges(add=("vie des bibliothèques",)), act=act)
        await at.press("t")
        await at.see("#vie des bibliothèques")
        await at.press("bib")
        await at.see("#vie des bibliothèques  #bibliothéconomie  #bibliothèque")
        await at.press("lio", "down", "tab")
        await at.see("tags: bibliothéconomie,")
        await at.press("E Bo")
        await at.see("#livre numérique  Tab takes it")
        await at.press("tab")
        await at.see("tags: bibliothéconomie, livre numérique,")
        await at.press("livrel, electronic book, livre d'artiste")
        await at.see("new: livre d'artiste")
        await at.press("enter")
        wanted = ("bibliothéconomie", "livre numérique", "livre d'artiste")
        await at.until(lambda: at.item(1).tags == wanted, "the preferred forms are stored")

    desk.run(scene)


def test_a_usual_tag_that_became_a_synonym_is_offered_as_its_term(desk: Desk) -> None:
    async def scene(at: Sitting) -> None:
        curate.tag(at.db, [3], TagChanges(add=("ebooks",)), act=desk.act())
        term = Term(name="livre numérique", synonyms=("ebooks",))
        thesaurus.add(at.db, term, act=desk.act())
        await at.press("t")
        await at.see("#livre numérique  Tab takes it")

    desk.run(scene)


def test_the_tag_that_is_marked_is_in_sight(desk: Desk) -> None:
    """However many are offered; what may be taken off is offered once."""

    async def scene(at: Sitting) -> None:
        names = tuple(f"archive numérique {number:02}" for number in range(12))
        curate.tag(at.db, [3], TagChanges(add=names), act=desk.act())
        await at.press("t", "arch")
        await at.see(
            " #archive numérique 00  #archive numérique 01  #archive numérique 02  › Tab ↓"
        )
        await at.press(*["down"] * 7)
        await at.see(
            "‹ #archive numérique 05  #archive numérique 06  #archive numérique 07  › Tab ↓"
        )
        await at.press("up", *["up"] * 7)
        await at.see("#archive numérique 11  Tab ↓")
        await at.press("tab", "enter", "t", "-")
        await at.see(" #archive numérique 11  Tab takes it")
        assert at.text.count("#archive numérique 11") == 2  # above the text, and once offered

    desk.run(scene)


def test_a_tag_that_is_none_is_refused_where_it_is_typed(desk: Desk) -> None:
    """Nothing is stored, nothing typed is lost."""

    async def scene(at: Sitting) -> None:
        await at.press("t", "a#b", "enter")
        await at.see("the tag 'a#b' holds '#'")
        await at.press("backspace", "backspace", "enter")
        await at.until(lambda: at.item(1).tags == ("a",), "the tag is there")
        await at.press("t", "enter")
        await at.until(lambda: at.screen.prompt is None, "the prompt is closed")
        assert at.log() == ["tag"]

    desk.run(scene)


def test_comments_and_blurbs(desk: Desk) -> None:
    """A comment of several lines, and the text readers see, which opens as it is."""

    async def scene(at: Sitting) -> None:
        await at.press("c", "À voir", "ctrl+j", "jeudi", "enter")
        await at.see("› camille")
        await at.press("b", "Pour les horaires", "enter")
        await at.see("✎ camille, 2026-11-03 10:30: what readers see")
        item = at.item(1)
        assert [comment.text for comment in item.comments] == ["À voir\njeudi", "Pour les horaires"]
        assert item.blurb.text == "Pour les horaires"
        await at.press("b", "enter")
        await at.see("the blurb is unchanged: nothing was stored")
        await at.press("b", ", enfin", "enter")
        await at.until(lambda: at.item(1).blurb.text == "Pour les horaires, enfin", "it is changed")
        await at.see("an earlier text for readers")
        await at.press("c", "enter")
        await at.see("the comment is empty: nothing was stored")
        assert at.log() == ["comment"] * 3

    desk.run(scene)


def test_a_text_begun_waits_where_it_was_left(desk: Desk) -> None:
    """Escape stores nothing and loses nothing."""

    async def scene(at: Sitting) -> None:
        await at.press("c", "Un début", "escape")
        await at.see("not stored; what you wrote waits there")
        await at.press("j", "c")
        await at.until(
            lambda: at.screen.prompt is not None and at.screen.prompt.text == "", "empty"
        )
        await at.press("escape", "k", "c", " et la fin", "enter")
        await at.until(lambda: at.item(1).comments, "it is stored")
        assert at.item(1).comments[0].text == "Un début et la fin"

    desk.run(scene)


def test_a_text_begun_outlives_the_terminal(desk: Desk) -> None:
    """C8: the window is closed in the middle of a word; the next sitting goes on from there."""

    async def interrupted(at: Sitting) -> None:
        await at.press("j", "b", "Un début")
        at.screen.interrupt()  # as SIGHUP does
        await at.until(lambda: at.screen.return_value is not None, "it ends")

    async def next_day(at: Sitting) -> None:
        await at.press("b")
        await at.until(lambda: at.screen.prompt is not None and not at.screen.prompt.text, "empty")
        await at.press("escape", "j", "b", " et la fin", "enter")
        await at.until(lambda: at.item(2).blurb, "it is stored")
        assert at.item(2).blurb.text == "Un début et la fin"
        await at.press("q")

    ended: Any = desk.run(interrupted).return_value
    assert ended.waiting == (2,)
    desk.by = "paul"  # on the same machine

    async def colleague(at: Sitting) -> None:
        await at.press("j", "b")
        await at.until(lambda: at.screen.prompt is not None and not at.screen.prompt.text, "empty")

    desk.run(colleague)
    desk.by = "camille"
    ended = desk.run(next_day).return_value
    assert ended.waiting == ()


def test_a_text_begun_that_cannot_be_kept_is_told(desk: Desk) -> None:
    """D1: the folder is no folder; within the sitting it waits all the same."""
    (desk.folder / "no-folder").write_text("")
    desk.drafts = desk.folder / "no-folder" / "drafts.json"

    async def scene(at: Sitting) -> None:
        await at.press("c", "Un début", "escape", "c")
        await at.until(lambda: at.screen.prompt is not None, "it is open")
        assert at.screen.prompt is not None
        assert at.screen.prompt.text == "Un début"
        await at.press("escape", "q")

    ended: Any = desk.run(scene).return_value
    assert ended.waiting == ()
    assert ended.failed[0].startswith("NOT kept: what you wrote on item 1: ")


def test_the_file_of_texts_begun_may_be_anything(desk: Desk) -> None:
    desk.drafts = desk.folder / "drafts.json"
    desk.drafts.write_text("[1, 2")

    async def scene(at: Sitting) -> None:
        await at.press("c", "Un début", "escape", "c")
        await at.press(*["backspace"] * 8, "escape", "q")

    ended: Any = desk.run(scene).return_value
    assert ended.waiting == ()
    assert desk.drafts.read_bytes() == b'{"camille":{}}'


def test_a_mouse_moves_nothing_while_a_text_is_written(desk: Desk) -> None:
    """What is written is about the item one sees."""

    async def scene(at: Sitting) -> None:
        await at.press("c", "Sur le premier")
        await at.pilot.click("#rows", offset=(10, 3))
        at.screen.rows.on_mouse_scroll_down()
        assert at.screen.rows.cursor == 0
        await at.press("escape")
        await at.see("what you wrote waits there")
        await at.pilot.click("#rows", offset=(10, 3))
        await at.see("4 of 5")
        await at.press("c")
        await at.until(lambda: at.screen.prompt is not None and not at.screen.prompt.text, "empty")

    desk.run(scene)


def test_a_search_that_cannot_be_read_stays_open(desk: Desk) -> None:
    """Nothing typed is lost, and the reason stays in sight."""

    async def scene(at: Sitting) -> None:
        await at.press("/", "tag:", "enter")
        await at.see("in the search, at character 5: expected a tag")
        assert at.screen.prompt is not None
        await at.press("x", "enter")
        await at.see("Nothing matches.")

    desk.run(scene)


def test_a_terminal_that_was_too_small_for_a_while(desk: Desk) -> None:
    """The page is laid out for the size there is now."""

    async def scene(at: Sitting) -> None:
        await at.see("2026-11-02 10:30 · fr")
        await at.pilot.resize_terminal(16, 4)
        await at.until(lambda: "10:30" not in at.text, "no room")
        await at.pilot.resize_terminal(80, 24)
        await at.see("2026-11-02 10:30 · fr")

    desk.run(scene)


def test_an_undo_that_could_not_be_stored_is_asked_again(desk: Desk) -> None:
    """D1: the same key takes the same thing back, not the one before."""

    async def scene(at: Sitting) -> None:
        await at.press("y", "d")
        await at.settled()
        at.screen.doors.db.busy = True
        await at.press("u")
        await at.see("✗ NOT skipped taken back")
        at.screen.doors.db.busy = False
        await at.press("escape", "u")
        await at.see("no longer skipped")
        assert at.item(1).state is ItemState.KEPT

    desk.run(scene)


def test_a_text_is_written_in_the_users_own_editor(desk: Desk) -> None:
    desk.editor = lambda text: f"{text} long\n\nen deux paragraphes"

    async def scene(at: Sitting) -> None:
        await at.press("b", "Un texte", "ctrl+o")
        await at.see("en deux paragraphes")
        await at.press("enter")
        await at.until(lambda: at.item(1).blurb, "it is stored")
        assert at.item(1).blurb.text == "Un texte long\n\nen deux paragraphes"

    desk.run(scene)


def test_an_editor_that_fails_leaves_the_text(desk: Desk, failing: Callable[[str], None]) -> None:
    desk.editor = failing

    async def scene(at: Sitting) -> None:
        await at.press("b", "Un texte", "ctrl+o")
        await at.until(lambda: at.screen._trouble, "it is told")
        await at.press("enter")
        await at.until(lambda: at.item(1).blurb, "it is stored")
        await at.see("there is no browser to call")
        await at.press("escape")
        await at.until(lambda: "there is no browser" not in at.text, "it was read")

    desk.run(scene)


def test_filter_as_one_types(desk: Desk) -> None:
    """A search within the list; a mistake is told with its place; Escape gives the list back."""

    async def scene(at: Sitting) -> None:
        await at.press("j", "/", "media")
        await at.press("tion")
        await at.see("inbox / mediation")
        await at.see("1 of these match")
        await at.until(lambda: "Médiation culturelle en ligne" in at.lines[1], "what matches")
        await at.press(" tag:")
        await at.see("in the search, at character")
        await at.until(lambda: "Médiation culturelle en ligne" in at.lines[1], "what matches")
        await at.press(*["backspace"] * 5, "enter", "y")
        await at.settled()
        assert at.item(5).state is ItemState.KEPT
        await at.press("escape")
        await at.see("2 of 5")
        await at.until(lambda: at.lines[5].startswith(" ●"), "what was kept, in its place")

    desk.run(scene)


def test_a_filter_left_gives_the_list_back(desk: Desk) -> None:
    async def scene(at: Sitting) -> None:
        await at.press("/", "museum")
        await at.see("inbox / museum")
        await at.press("escape")
        await at.see("1 of 5")
        await at.press("/", "zzz", "enter")
        await at.see("Nothing matches.")
        await at.press("y", "t", "c", "b", "o", "i")  # on no item: nothing happens
        assert at.screen.prompt is None
        await at.press("/", *["backspace"] * 3, "enter")
        await at.see("1 of 5")
        assert at.log() == []

    desk.run(scene)


def test_keys_that_come_in_a_burst_are_all_taken_in_order(desk: Desk) -> None:
    """Over a slow line, what follows Enter is not part of the answer."""

    async def scene(at: Sitting) -> None:
        at.burst(
            "t", *"nuit", "enter", "y", "c", *"oui", "enter", "d", "/", *"commons", "enter", "y"
        )
        await at.see("inbox / commons")
        await at.until(lambda: at.item(4).state is ItemState.KEPT, "the last key was taken")
        assert at.item(1).tags == ("nuit",)
        assert at.item(1).state is ItemState.KEPT
        assert at.item(2).comments[0].text == "oui"
        assert at.item(2).state is ItemState.SKIPPED
        assert at.log() == ["tag", "keep", "comment", "skip", "keep"]

    desk.run(scene)


def test_what_a_colleague_did_meanwhile_is_told(desk: Desk) -> None:
    """U3: both are in the log, the last word wins, and who has it knows what it replaced."""

    async def scene(at: Sitting) -> None:
        await at.see("Texte 1.")
        curate.skip(at.db, [1], act=desk.act("paul"))
        await at.press("y")
        await at.see("kept; paul meanwhile: skip: Une bibliothèque")
        assert at.item(1).state is ItemState.KEPT
        assert at.log() == ["skip", "keep"]

    desk.run(scene)


def test_undo_refuses_what_a_colleague_changed_since(desk: Desk) -> None:
    """U3: their word stays, and one is told."""

    async def scene(at: Sitting) -> None:
        await at.press("y")
        await at.settled()
        curate.skip(at.db, [1], act=desk.act("paul"))
        await at.press("u")
        await at.see("the triage of item 1 changed since this keep")
        assert at.item(1).state is ItemState.SKIPPED

    desk.run(scene)


def test_two_write_the_same_blurb(desk: Desk) -> None:
    """U2: both are in the history, and the second is told."""

    async def scene(at: Sitting) -> None:
        await at.press("b", "Le mien")
        curate.comment(at.db, 1, "Le sien", blurb=True, act=desk.act("paul"))
        await at.press("enter")
        await at.see("paul meanwhile: comment (blurb) “Le sien”")
        assert [comment.text for comment in at.item(1).comments] == ["Le sien", "Le mien"]

    desk.run(scene)


def test_what_colleagues_do_shows_by_itself(desk: Desk) -> None:
    async def scene(at: Sitting) -> None:
        await at.see("Texte 1.")
        curate.keep(at.db, [1, 3], act=desk.act("paul"))
        await at.screen._listen()
        await at.see("● kept by paul")
        await at.see("just now, paul: keep")
        assert at.lines[3].startswith(" ●")

    desk.run(scene)


def test_what_could_not_be_stored_is_told_and_not_shown_as_done(desk: Desk) -> None:
    """D1: the item is as it was, the text is still there, and the way out says so too."""

    async def scene(at: Sitting) -> None:
        at.screen.doors.db.busy = True
        await at.press("y")
        await at.see("✗ NOT kept: “Une bibliothèque ouvre la nuit”: another process is")
        assert at.lines[1].startswith(" ○")
        assert "1 NOT STORED" in at.lines[0]
        await at.press("k", "c", "Ne te perds pas", "enter")
        await at.see("2 NOT STORED")
        at.screen.doors.db.busy = False
        await at.press("escape", "c", "enter", "u")
        await at.see("no longer commented")
        assert at.log() == ["comment", "undo"]

    ended = desk.run(scene).work.ended(interrupted=False)
    assert len(ended.failed) == 2
    assert ended.failed[0].startswith("NOT kept: “Une bibliothèque ouvre la nuit”")


def test_an_action_is_shown_as_pending_until_it_is_stored(desk: Desk) -> None:
    """The sign that says done appears when the database has it."""
    import threading

    gate = threading.Event()

    async def scene(at: Sitting) -> None:
        at.screen.desk._lanes["actions"].submit(gate.wait)
        await at.press("y", "d")
        await at.see("Texte 3.")  # the screen did not wait
        assert at.lines[1].startswith(" ◌")
        assert at.item(1).state is ItemState.INBOX
        gate.set()
        await at.settled()
        assert at.lines[1].startswith(" ●")
        assert at.lines[2].startswith(" ×")

    desk.run(scene)


def test_leaving_waits_until_all_is_stored(desk: Desk) -> None:
    """C8: also by Ctrl-C, which says that it was an interruption."""

    async def scene(at: Sitting) -> None:
        at.burst("y", "d", "y", "ctrl+c")
        await at.until(lambda: at.screen.return_value is not None, "it ends")

    ended = desk.run(scene).return_value
    assert ended is not None
    assert ended.interrupted
    assert ended.done == {"kept": 2, "skipped": 1}


def test_ctrl_c_twice_does_not_wait(desk: Desk) -> None:
    """What was not waited for is told."""
    import threading

    gate = threading.Event()

    async def scene(at: Sitting) -> None:
        at.screen.desk._lanes["actions"].submit(gate.wait)
        await at.press("y", "ctrl+c")
        await at.see("storing the last 1…")
        at.screen.interrupt()
        gate.set()

    ended = desk.run(scene).return_value
    assert ended is not None
    assert ended.failed == ("1 more, not waited for",)


def test_quit(desk: Desk) -> None:
    async def scene(at: Sitting) -> None:
        await at.press("q")

    ended = desk.run(scene).return_value
    assert ended is not None
    assert not ended.interrupted


def test_open_hands_the_link_to_the_browser(desk: Desk) -> None:
    async def scene(at: Sitting) -> None:
        await at.press("o")
        await at.see("opened: https://example.org/1")

    desk.run(scene)
    assert desk.opened == ["https://example.org/1"]


def test_a_browser_that_is_not_there_is_told(desk: Desk, failing: Callable[[str], None]) -> None:
    desk.browser = failing

    async def scene(at: Sitting) -> None:
        await at.press("o")
        await at.see("✗ there is no browser to call (xdg-open)")
        await at.press("escape")
        await at.until(lambda: "✗" not in at.text, "it was read")

    desk.run(scene)


def test_moving_through_list_and_text(desk: Desk) -> None:
    """Space reads on, and at the end of a text goes to the next item."""

    async def scene(at: Sitting) -> None:
        await at.press("G")
        await at.see("5 of 5")
        await at.press("j")
        await at.see("that was the last one")
        await at.press("g", "k")
        await at.see("this is the first one")
        await at.press("space")
        await at.see("2 of 5")
        await at.press("d", "y", "k", "k", "k", "n")
        await at.see("4 of 5")
        await at.press("p")
        await at.see("1 of 5")
        await at.press("p")
        await at.see("nobody is waiting for a decision there")
        await at.press("enter")
        await at.until(lambda: "IIIF" not in at.text, "the text is alone")
        await at.press("escape")
        await at.see("IIIF")

    desk.run(scene)


def test_long_texts_are_read_by_pages(desk: Desk, rename_item: Callable[[int, str], None]) -> None:
    rename_item(1, " ".join(map(str, range(400))))
    desk.size = (40, 16)

    async def scene(at: Sitting) -> None:
        await at.see("more · space")
        first = at.lines[8:12]
        await at.press("space")
        assert at.lines[8:12] != first
        assert "1 of 5" in at.lines[0]
        await at.press("-")
        assert at.lines[8:12] == first

    desk.run(scene)


def test_a_wide_terminal_has_list_and_text_side_by_side(desk: Desk) -> None:
    desk.size = (150, 24)

    async def scene(at: Sitting) -> None:
        await at.see("Texte 1.")
        assert "│ Une bibliothèque ouvre la nuit" in at.lines[1]
        assert "y:keep  d:skip" in at.lines[-1]
        await at.pilot.resize_terminal(60, 20)
        await at.until(lambda: "│" not in at.text, "one above the other")
        assert "?:help q:quit" in at.lines[-1]

    desk.run(scene)


def test_help_has_all_keys_and_the_next_one_leaves(desk: Desk) -> None:
    async def scene(at: Sitting) -> None:
        await at.press("?")
        await at.see("Keep the item, and go on.")
        await at.press("space", "space")
        await at.see("Other keys: [keys.triage] in /home/camille/.config/veille/config.toml")
        await at.press("up", "y")
        await at.see("Une bibliothèque")
        assert at.log() == []

    desk.run(scene)


def test_the_keys_are_the_users(desk: Desk) -> None:
    desk.keys = TriageKeys(keep=("s", "f5"), skip=("x",), undo=(), story=())

    async def scene(at: Sitting) -> None:
        assert at.lines[-1].startswith(" s:keep  x:skip  t:tag")
        assert "undo" not in at.lines[-1]
        await at.press("y", "s", "x")
        await at.settled()
        assert at.log() == ["keep", "skip"]

    desk.run(scene)


def test_help_follows_the_users_keys(desk: Desk) -> None:
    """Its own page is turned with them, a command without a key is there too, no line is cut."""
    desk.keys = TriageKeys(read_on=("f8",), read_back=("é",), story=(), next=("j",))

    async def scene(at: Sitting) -> None:
        await at.press("?")
        await at.see("f8:read on")
        assert "–        All that tell the same story" in at.text
        await at.press("f8")
        await at.see("ctrl+z   The shell; 'fg' there comes back.")
        await at.press("f8")
        await at.see("one key is one line of the log.")
        await at.press("é", "space")
        await at.see("Une bibliothèque")

    desk.run(scene)


def test_hostile_text_never_reaches_the_terminal(
    desk: Desk, rename_item: Callable[[int, str], None]
) -> None:
    """I1, I2: no control or bidi character of a title, a comment or a tag is drawn."""
    rename_item(1, "\x1b[2J\x1b]0;gone\x07Titre\u202egnisrever\u009b31m [bold]tel quel[/bold]")

    async def scene(at: Sitting) -> None:
        await at.see("Titre")
        await at.see("[bold]tel quel[/bold]")
        await at.press("y")
        await at.settled()
        strips = at.screen.screen._compositor.render_strips()
        drawn = "".join(segment.text for strip in strips for segment in strip)
        assert all(char.isprintable() or char in "\u00a0\u202f" for char in drawn)

    desk.run(scene)


@pytest.mark.parametrize(
    "title",
    [
        "日本語の図書館がデジタル化を進める",
        "مكتبة وطنية تفتح أبوابها",
        "👩\u200d🎨 un atelier ❤\ufe0f",
    ],
)
def test_columns_line_up_whatever_the_script(
    desk: Desk, rename_item: Callable[[int, str], None], title: str
) -> None:
    """I2: wide characters and right-to-left ones take the cells they take."""
    rename_item(1, title)

    async def scene(at: Sitting) -> None:
        await at.see(title[:4])
        strip: Any = at.screen.rows.render_line(0)
        assert strip.cell_length == 80

    desk.run(scene)


@pytest.fixture
def told(pool: Path) -> tuple[int, ...]:
    """Three items of other sources that tell what item 1 tells."""
    db = Database.open(url_of(pool))
    act = Act(actor=Actor(handle="camille", login="camille"), now=NOW)
    stories.join(db, [1, 3, 5], act=act)
    db.close()
    return 1, 3, 5


def test_a_story_stands_there_once_and_is_decided_once(desk: Desk, told: tuple[int, ...]) -> None:
    """Every item of it is kept; one key takes it back; another shows them all."""

    async def scene(at: Sitting) -> None:
        await at.see("1 of 3")
        assert "+2" in at.lines[1]
        await at.see("also in Actualités (3) · Actualités (5)")
        await at.press("s")
        await at.see("inbox / story:1")
        await at.see("1 of 3")
        assert [at.screen.listing.id_at(place) for place in range(3)] == [1, 3, 5]
        await at.press("escape", "y")
        await at.see("kept, with 2 more that tell it: Une bibliothèque")
        assert [at.item(number).state for number in told] == [ItemState.KEPT] * 3
        await at.press("u")
        await at.see("no longer kept")
        assert [at.item(number).state for number in told] == [ItemState.INBOX] * 3
        await at.press("j", "s")
        await at.see("no other source tells this")

    desk.run(scene)


def test_what_colleagues_saw_is_told_with_its_edition(
    desk: Desk, told: tuple[int, ...], published: int
) -> None:
    """The link itself, and another one that tells the same story."""
    desk.query = EVERYTHING

    async def scene(at: Sitting) -> None:
        await at.see("☆ the same story came out in five-links/1 (3)")
        assert at.lines[1].startswith(" ☆")
        await at.press("s", "j")
        await at.see("★ published in five-links/1")

    desk.run(scene)


def test_the_order_of_relevance_says_why(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Once enough was judged to learn from."""
    monkeypatch.setattr(relevance, "ENOUGH", 1)
    desk.query, desk.sort = EVERYTHING, Sort.RELEVANCE

    async def scene(at: Sitting) -> None:
        curate.keep(at.db, [1, 2], act=desk.act())
        curate.skip(at.db, [3, 4], act=desk.act())
        await at.press("R")
        await at.see("because ")

    desk.run(scene)


def test_an_empty_inbox(desk: Desk) -> None:
    async def scene(at: Sitting) -> None:
        curate.skip(at.db, [1, 2, 3, 4, 5], act=desk.act())
        await at.press("R")
        await at.see("The inbox is empty.")
        await at.press("G", "n", "p", "j", "space", "u")
        await at.see("nothing to take back here")

    desk.run(scene)


@pytest.mark.parametrize("sort", list(Sort))
def test_any_order(desk: Desk, sort: Sort) -> None:
    """Also those that cannot be read page by page."""
    desk.sort = sort
    desk.query = EVERYTHING

    async def scene(at: Sitting) -> None:
        await at.see("1 of 5")
        with at.db.read() as connection:
            asked: Any = items.ids(connection, EVERYTHING, now=NOW, sort=sort)
        assert list(at.screen.listing.ids) == asked

    desk.run(scene)


def test_a_defect_of_ours_ends_the_screen_without_a_traceback(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is raised where the command tells it on one line."""

    async def scene(at: Sitting) -> None:
        def broken() -> None:
            raise RuntimeError("a defect")

        at.screen.do_help = broken  # type: ignore[method-assign]
        await at.press("?")

    with pytest.raises(RuntimeError, match="a defect"):
        desk.run(scene)
