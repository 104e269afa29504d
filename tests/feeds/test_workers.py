"""Worker processes: they give what parsing gives, and die instead of us."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from veille.errors import FailureKind, ParseError, WorkerDied
from veille.feeds.parse import parse
from veille.feeds.workers import Job, Limits, Workers, frames
from veille.feeds.workers.jobs import MAX_RESULT, pack_result, unpack_result, unpack_task
from veille.model.fetched import Article, Fetched, Parsed

if TYPE_CHECKING:
    from collections.abc import Iterator

SAMPLES = [
    path
    for path in (Path(__file__).parents[1] / "data/feeds/parse").iterdir()
    if path.suffix != ".json"
]
FEED = b"<rss version='2.0'><channel><title>T</title><item><title>Un</title></item></channel></rss>"
MEMORY = 256 * 2**20


def page(body: bytes, content_type: str = "application/rss+xml", **headers: str) -> Fetched:
    named = {"content-type": content_type, **headers}
    return Fetched(url="https://feed.example/f", status=200, headers=named, body=body)


def bomb(attributes: int = 60_000) -> Fetched:
    """E3: a tag whose reading takes the square of its attributes, past the first look at it."""
    many = " ".join(f'a{number}="1"' for number in range(attributes))
    return page(
        f'<rss><channel><item><title z=">" {many}>x</title></item></channel></rss>'.encode()
    )


def outcome(workers: Workers[Any], job: Job, answer: Fetched) -> Any:
    workers.submit("ticket", job, answer)
    done = workers.take()
    assert done is not None
    assert done[:2] == ("ticket", answer)
    return done[2]


def in_process(answer: Fetched) -> Any:
    try:
        return parse(answer)
    except ParseError as error:
        return error


def told(result: Any) -> Any:
    return (str(result), result.kind) if isinstance(result, ParseError) else result


@pytest.fixture(scope="module")
def workers() -> Iterator[Workers[Any]]:
    """Two workers, with a second of processor time a task."""
    with Workers[Any](2, Limits(seconds=1, memory=MEMORY)) as running:
        yield running


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: path.name)
def test_workers_give_what_parsing_gives(workers: Workers[Any], sample: Path) -> None:
    """Every sample, through a process and back, to the last value."""
    answer = page(sample.read_bytes())
    assert told(outcome(workers, Job.PARSE, answer)) == told(in_process(answer))


def test_workers_read_articles_too(workers: Workers[Any]) -> None:
    """A page's text comes from the same processes."""
    body = b"<html lang='en'><title>A page</title><article><p>" + b"Some words. " * 60
    found = outcome(workers, Job.READ_ARTICLE, page(body, "text/html"))
    assert isinstance(found, Article)
    assert found.title == "A page"
    refused = outcome(workers, Job.READ_ARTICLE, page(b"%PDF", "application/pdf"))
    assert isinstance(refused, ParseError)


def test_headers_that_are_no_text_do_no_harm(workers: Workers[Any]) -> None:
    """F2, I3: bytes of a header reach us as lone surrogates."""
    found = outcome(workers, Job.PARSE, page(FEED, "application/xml; charset=\udcff", x="\udc80"))
    assert found.title == "T"


def test_a_task_that_takes_too_long_ends_its_worker_and_nothing_else(
    workers: Workers[Any],
) -> None:
    """F3, E3: the kernel counts the processor time; the next task finds a new worker."""
    workers.submit(1, Job.PARSE, bomb())
    for ticket in range(2, 7):
        workers.submit(ticket, Job.PARSE, page(FEED))
    done = {one[0]: one[2] for _ in range(6) if (one := workers.take())}
    assert isinstance(done.pop(1), WorkerDied)
    assert [type(one) for one in done.values()] == [Parsed] * 5
    died = outcome(workers, Job.PARSE, bomb())
    assert "1 seconds of processor time" in str(died)
    assert died.kind is FailureKind.PARSE_TIMEOUT


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"<p style='" + b"a" * 30_000 + b"'>x</p>", id="style"),
        pytest.param(b"<!--" * 50_000, id="comments"),
        pytest.param(b"<" * 300_000, id="brackets"),
        pytest.param(b"&lt;!--" * 50_000, id="escaped comments"),
        pytest.param(b"&lt;" * 300_000, id="escaped brackets"),
    ],
)
def test_bombs_that_hurt_others_are_read(body: bytes) -> None:
    """F3, E3: within the limits of a worker, whatever comes of it."""
    feed = b"<rss version='2.0'><channel><item><title>x</title><description>"
    with Workers[Any](1) as single:
        found = outcome(single, Job.PARSE, page(feed + body + b"</description></item></channel>"))
    assert found.entries[0].title == "x"


def test_a_task_that_wants_too_much_memory_ends_its_worker() -> None:
    """F3: no more than so many bytes over what the worker itself holds."""
    items = b"<item><title>t</title><description>bla</description></item>" * 20_000
    greedy = page(b"<rss version='2.0'><channel>" + items + b"</channel></rss>")
    with Workers[Any](1, Limits(memory=24 * 2**20)) as small:
        died = outcome(small, Job.PARSE, greedy)
        assert isinstance(died, WorkerDied)
        assert "24 MB of memory" in str(died)
        assert outcome(small, Job.PARSE, page(FEED)).title == "T"


ENTITIES = {
    "laughs": "".join(
        f'<!ENTITY {chr(98 + depth)} "{f"&{chr(97 + depth)};" * 10}">\n' for depth in range(10)
    ),
    "quadratic": f'<!ENTITY k "{"x" * 50_000}">\n',
    "external": '<!ENTITY k SYSTEM "file://{path}">\n',
    "parameter": '<!ENTITY % p SYSTEM "file://{path}"> %p;\n',
}


@pytest.mark.parametrize("name", ENTITIES)
def test_entities_neither_expand_nor_read_files(
    workers: Workers[Any], tmp_path: Path, name: str
) -> None:
    """F4: at most a second and the memory of a worker; what the file holds is nowhere."""
    secret = tmp_path / "secret"
    secret.write_text("<!ENTITY k 'TRESOR'>")
    declared = f'<!ENTITY a "lol">\n{ENTITIES[name].replace("{path}", str(secret))}'
    uses = "&k;" * (40_000 if name == "quadratic" else 1)
    body = f"<!DOCTYPE r [\n{declared}]>\n<rss version='2.0'><channel><item><title>x{uses}</title></item></channel></rss>"
    found = outcome(workers, Job.PARSE, page(body.encode()))
    assert not isinstance(found, WorkerDied)
    assert "TRESOR" not in repr(found)
    assert len(repr(found)) < 2_000


def test_harmless_entities_are_read(workers: Workers[Any]) -> None:
    """F4: an entity of a few characters is how some feeds are written."""
    body = b"<!DOCTYPE r [\n<!ENTITY k \"monde\">\n]>\n<rss version='2.0'><channel><title>Le &k;</title><item/></channel></rss>"
    assert outcome(workers, Job.PARSE, page(body)).title == "Le monde"


@pytest.mark.parametrize("number", [signal.SIGSEGV, signal.SIGKILL])
def test_a_worker_that_dies_is_replaced(number: signal.Signals) -> None:
    """F5: a fault of a library, or the system's own end of memory."""
    with Workers[Any](1, Limits(seconds=20)) as single:
        assert outcome(single, Job.PARSE, page(FEED)).title == "T"
        (first,) = single.pids
        single.submit("slow", Job.PARSE, bomb())
        time.sleep(0.2)
        os.kill(first, number)
        done = single.take()
        assert done is not None
        assert isinstance(done[2], WorkerDied)
        assert number.name in str(done[2])
        assert outcome(single, Job.PARSE, page(FEED)).title == "T"
        assert single.pids != [first]


def test_workers_leave_ctrl_c_to_their_master() -> None:
    """C1: a signal for the whole group must not look like a feed that kills."""
    with Workers[Any](1) as single:
        assert outcome(single, Job.PARSE, page(FEED)).title == "T"
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            os.kill(single.pids[0], number)
        assert outcome(single, Job.PARSE, page(FEED)).title == "T"


def alive(pid: int) -> bool:
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().split()[2]
    except FileNotFoundError:
        return False


def test_another_worker_starts_when_several_tasks_wait_for_the_one() -> None:
    """Starting one costs as much as reading a dozen feeds: a few are read by the first."""
    with Workers[Any](2, Limits()) as workers:
        for ticket in range(8):
            workers.submit(ticket, Job.PARSE, page(FEED))
        assert len(workers.pids) == 1
        workers.submit(8, Job.PARSE, page(FEED))
        assert len(workers.pids) == 2
        for ticket in range(9, 20):
            workers.submit(ticket, Job.PARSE, page(FEED))
        assert len(workers.pids) == 2
        assert sorted(done[0] for done in iter(workers.take, None)) == list(range(20))


def test_closing_leaves_no_process_behind() -> None:
    """Whether idle or in the middle of a task; what was not done is dropped."""
    workers = Workers[Any](2, Limits(seconds=60))
    assert outcome(workers, Job.PARSE, page(FEED)).title == "T"
    workers.submit(1, Job.PARSE, bomb())
    for ticket in range(2, 12):
        workers.submit(ticket, Job.PARSE, page(FEED))
    time.sleep(0.3)
    pids, threads = workers.pids, threading.active_count()
    assert len(pids) == 2
    began = time.monotonic()
    workers.close()
    assert time.monotonic() - began < 5
    assert not any(map(alive, pids))
    assert threading.active_count() == threads - 2
    workers.close()


def test_workers_end_with_a_master_that_was_killed() -> None:
    """C12: nothing is left of a run that could not say good-bye."""
    script = (
        "import time\nfrom veille.feeds.workers import *\nfrom veille.model.fetched import Fetched\n"
        "workers = Workers(1)\n"
        "workers.submit(1, Job.PARSE, Fetched(url='', status=200, headers={}, body=b''))\n"
        "workers.take()\nprint(workers.pids[0], flush=True)\ntime.sleep(60)\n"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE) as master:
        assert master.stdout is not None
        pid = int(master.stdout.readline())
        assert alive(pid)
        master.kill()
    deadline = time.monotonic() + 10
    while alive(pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not alive(pid)


def test_only_so_many_answers_are_in_flight() -> None:
    """Whoever submits learns when to take; bodies count by their size, too."""
    with Workers[Any](1) as single:
        assert single.take() is None
        while not single.full:
            single.submit(0, Job.PARSE, page(FEED))
        assert 2 <= single.pending <= 20
        while single.take():
            pass
        assert not single.full
        single.submit(1, Job.PARSE, page(b" " * 40_000_000))
        assert single.full
        assert single.take(wait=False) is None
        assert single.take() is not None
        assert not single.full


def test_one_feed_at_a_time_needs_one_worker() -> None:
    """A second process starts only for what the first cannot begin at once."""
    with Workers[Any](2) as workers:
        workers.warm_up()
        for _ in range(3):
            outcome(workers, Job.PARSE, page(FEED))
        assert len(workers.pids) == 1


def test_what_is_too_large_to_be_kept_is_a_failure_of_its_source() -> None:
    """F19: no worker can fill our memory with what it read."""
    huge = Parsed(title="x" * (MAX_RESULT + 1), site=None, language=None, entries=())
    found = unpack_result(Job.PARSE, pack_result(huge))
    assert found.kind is FailureKind.TOO_LARGE
    assert str(found)


def test_only_listed_functions_can_be_asked_for() -> None:
    """The name of a job is one of the list, or the message is none."""
    with pytest.raises(msgspec.ValidationError):
        unpack_task(msgspec.msgpack.encode(["os.system", "", 200, {}]))


def test_an_answer_that_is_none_ends_the_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that a document took over can say anything: it is not believed."""
    monkeypatch.setattr(frames, "receive", lambda *_, **__: bytearray(b"\x93nonsense"))
    with Workers[Any](1) as single:
        found = outcome(single, Job.PARSE, page(FEED))
    assert isinstance(found, WorkerDied)


def test_a_machine_that_starts_no_process_is_a_failure_not_a_hang(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The end of descriptors or of processes is told for each source."""
    with Workers[Any](1) as single:
        single.warm_up()
        outcome(single, Job.PARSE, page(FEED))
        os.kill(single.pids[0], signal.SIGKILL)
        assert isinstance(outcome(single, Job.PARSE, page(FEED)), WorkerDied)
        monkeypatch.setattr(sys, "executable", "/nowhere/python")
        found = outcome(single, Job.PARSE, page(FEED))
        assert "no worker process could be started" in str(found)
