"""The archive on disk: whole, ours, and never through a link."""

from __future__ import annotations

import errno
import os
import stat
import subprocess
import sys
import textwrap
import threading
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from veille.delivery import atomic
from veille.delivery.exchange import exchange
from veille.delivery.site import IN_PLACE, MANIFEST, unchanged, write
from veille.errors import OutputError


def cannot(one: Path, other: Path) -> None:
    """Folders cannot be exchanged here: what a share or an old system says."""
    raise OSError(errno.EXDEV, os.strerror(errno.EXDEV))


@pytest.fixture(params=[exchange, cannot], ids=["whole", "each"])
def swap(request: pytest.FixtureRequest):
    """Both ways to replace an archive."""
    return request.param


FILES = {
    "index.html": b"index",
    "style.css": b"style",
    "five-links/index.html": b"digest",
    "five-links/feed.xml": b"feed",
    "five-links/1/index.html": b"page",
    "five-links/1/style.css": b"style",
}


def tree(root) -> dict[str, bytes]:
    return {
        str(path.relative_to(root)): path.read_bytes()
        for path in root.rglob("*")
        if path.is_file() and path.name != MANIFEST
    }


def test_a_first_build_writes_everything_pages_before_indexes(tmp_path):
    """C6: no index ever names a page that is not there yet."""
    report = write(tmp_path / "new" / "archive", FILES)
    assert tree(tmp_path / "new" / "archive") == FILES
    assert report.written == (
        "five-links/1/style.css", "five-links/1/index.html", "five-links/feed.xml", "five-links/index.html",
        "style.css", "index.html",
    )  # fmt: skip
    assert (report.unchanged, report.removed) == ((), ())


def test_files_may_be_read_by_a_web_server(tmp_path):
    """A22: mode 0644 whatever the umask."""
    before = os.umask(0o077)
    try:
        write(tmp_path, FILES)
    finally:
        os.umask(before)
    assert {stat.S_IMODE((tmp_path / path).stat().st_mode) for path in FILES} == {0o644}


def test_what_did_not_change_is_not_touched(tmp_path, swap):
    """A10: mtime kept, nothing written, not even the list."""
    write(tmp_path, FILES, swap=swap)
    for path in [*FILES, MANIFEST]:
        os.utime(tmp_path / path, ns=(1, 1))
    report = write(tmp_path, FILES | {"index.html": b"new"}, swap=swap)
    assert report.written == ("index.html",)
    assert set(report.unchanged) == set(FILES) - {"index.html"}
    assert {(tmp_path / path).stat().st_mtime_ns for path in report.unchanged} == {1}
    os.utime(tmp_path / MANIFEST, ns=(1, 1))
    assert write(tmp_path, FILES | {"index.html": b"new"}, swap=swap).written == ()
    assert (tmp_path / MANIFEST).stat().st_mtime_ns == 1


def test_an_archive_is_known_to_be_up_to_date_without_making_it(tmp_path):
    """A10: made from the same, and every file as it was; one touched byte, and it is not."""
    assert unchanged(tmp_path, "") is None
    write(tmp_path, FILES, key="abc")
    assert unchanged(tmp_path, "abd") is None
    assert set(unchanged(tmp_path, "abc").unchanged) == set(FILES)
    (tmp_path / "five-links" / "feed.xml").write_bytes(b"Feed")
    assert unchanged(tmp_path, "abc") is None
    assert write(tmp_path, FILES, key="abc").written == ("five-links/feed.xml",)
    (tmp_path / "index.html").unlink()
    assert unchanged(tmp_path, "abc") is None


def test_a_list_of_an_older_version_is_understood(tmp_path):
    """A10: paths alone, as they were noted once."""
    write(tmp_path, FILES)
    (tmp_path / MANIFEST).write_text("".join(f"{path}\n" for path in FILES))
    assert unchanged(tmp_path, "") is None
    assert write(tmp_path, {"index.html": b"index"}).removed == tuple(
        sorted(set(FILES) - {"index.html"})
    )


SLUGS = st.sampled_from(["a", "b", "a/1", "a/2"])
BUILDS = st.dictionaries(
    st.builds("{}/{}".format, SLUGS, st.sampled_from(["index.html", "feed.xml"])),
    st.binary(max_size=3),
)


@settings(max_examples=40, deadline=None)  # each example forces files to disk
@given(st.lists(st.tuples(BUILDS, st.sampled_from([exchange, cannot])), min_size=1, max_size=5))
def test_building_on_is_building_from_scratch(tmp_path_factory, history):
    """A10, O11: any history ends in the same bytes, and in no leftover."""
    root = tmp_path_factory.mktemp("archive")
    builds = [build for build, _ in history]
    for build, way in history:
        write(root, build, swap=way)
    assert tree(root) == builds[-1]
    expected = {str(parent) for path in builds[-1] for parent in list((root / path).parents)}
    assert {str(path) for path in root.rglob("*") if path.is_dir()} <= expected


def test_others_files_stay(tmp_path, swap):
    """A10: stale files of ours go, a colleague's stay, whatever they are."""
    write(tmp_path, FILES, swap=swap)
    (tmp_path / "photos" / "2026").mkdir(parents=True)
    (tmp_path / "current").symlink_to("five-links")
    mine = tmp_path / "five-links" / "1" / "photo.jpg"
    mine.write_bytes(b"jpg")
    (tmp_path / "robots.txt").write_bytes(b"*")
    report = write(tmp_path, {"index.html": b"index"}, swap=swap)
    assert set(report.removed) == set(FILES) - {"index.html"}
    assert (tmp_path / "photos" / "2026").is_dir()
    assert (tmp_path / "current").readlink() == Path("five-links")
    (tmp_path / "current").unlink()
    assert set(tree(tmp_path)) == {"index.html", "robots.txt", "five-links/1/photo.jpg"}


def test_a_forged_list_removes_nothing_outside(tmp_path):
    """O1: the list is only believed for names that could be ours."""
    outside = tmp_path / "outside.txt"
    outside.write_text("precious")
    root = tmp_path / "archive"
    write(root, FILES)
    (root / MANIFEST).write_text("../outside.txt\n/etc/hostname\nindex.html\n\n")
    write(root, FILES)
    assert outside.read_text() == "precious"


@pytest.mark.parametrize(
    "path",
    [
        "../x",
        "/etc/x",
        "a/../../x",
        "a//b",
        "",
        ".",
        "a/.",
        "a\0b",
        "%2e%2e/x",
        "a\\b",
        "é",
        ".htaccess",
        "a" * 90,
    ],
)
def test_paths_stay_inside(tmp_path, path):
    """O1: refused before anything is written."""
    with pytest.raises(OutputError, match="cannot hold"):
        write(tmp_path / "archive", FILES | {path: b"x"})
    assert not (tmp_path / "archive").exists()


def test_a_linked_folder_is_not_followed(tmp_path):
    """O10: a link planted in the archive leads nowhere."""
    outside, root = tmp_path / "outside", tmp_path / "archive"
    outside.mkdir()
    root.mkdir()
    (root / "five-links").symlink_to(outside)
    with pytest.raises(OutputError, match="symbolic link"):
        write(root, FILES)
    assert list(outside.iterdir()) == []


def test_a_linked_file_is_replaced_not_followed(tmp_path):
    """O10: what it points to stays as it was, even when its bytes are right."""
    target, root = tmp_path / "target", tmp_path / "archive"
    target.write_bytes(FILES["index.html"])
    root.mkdir()
    (root / "index.html").symlink_to(target)
    (root / "style.css").symlink_to("/dev/zero")
    write(root, FILES)
    assert not (root / "index.html").is_symlink()
    assert tree(root) == FILES
    assert target.read_bytes() == FILES["index.html"]


def bare_environment() -> dict[str, str]:
    """Without the measuring of coverage, whose files a killed or limited process would spoil."""
    return {key: value for key, value in os.environ.items() if not key.startswith("COVERAGE_")}


class FullDisk:
    """A disk that takes ``room`` more files, then no more: a door in place of the real one."""

    def __init__(self, room: int) -> None:
        self.room = room
        self.write = atomic.create

    def __call__(self, path, content, mode):
        self.room -= 1
        if self.room < 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return self.write(path, content, mode)


@pytest.mark.parametrize("room", range(8))
def test_a_full_disk_leaves_the_old_archive(tmp_path, monkeypatch, room, swap):
    """O9: at file N, for all N: old bytes, no temporary file, what to do."""
    write(tmp_path, FILES)
    monkeypatch.setattr(atomic, "create", FullDisk(room))
    with pytest.raises(OutputError, match=r"No space left.*make room"):
        write(
            tmp_path,
            {path: content + b"!" for path, content in FILES.items()} | {"b/index.html": b""},
            swap=swap,
        )
    assert tree(tmp_path) == FILES
    assert list(tmp_path.parent.glob(".veille-*")) == []


def test_a_folder_that_is_held_keeps_its_identity(tmp_path):
    """A21: a container that mounts the folder asks for replacement file by file."""
    write(tmp_path, FILES)
    before = tmp_path.stat().st_ino
    (tmp_path / IN_PLACE).touch()
    write(tmp_path, FILES | {"index.html": b"new"})
    assert tmp_path.stat().st_ino == before
    assert (tmp_path / "index.html").read_bytes() == b"new"


def test_what_a_colleague_adds_meanwhile_is_kept(tmp_path):
    """A10: a file that came between preparing and switching is in the new archive."""
    root = tmp_path / "archive"
    write(root, FILES)

    def slowly(one: Path, other: Path) -> None:
        (root / "five-links" / "1" / "photo.jpg").write_bytes(b"jpg")
        exchange(one, other)

    write(root, FILES | {"index.html": b"new"}, swap=slowly)
    assert tree(root) == FILES | {"index.html": b"new", "five-links/1/photo.jpg": b"jpg"}
    assert list(tmp_path.iterdir()) == [root]


def test_folders_of_dead_runs_go(tmp_path):
    """C12: what a kill left beside the archive, and nothing of a living run."""
    root = tmp_path / "archive"
    dead, alive, other = (
        tmp_path / f".veille-{name}.tmp"
        for name in ("999999-archive", "1-archive", "999999-photos")
    )
    for folder in (dead, alive, other):
        (folder / "five-links").mkdir(parents=True)
    write(root, FILES)
    assert not dead.exists()
    assert alive.exists()
    assert other.exists()


def test_a_disk_that_really_is_full(tmp_path):
    """O9: the size limit of the process stands in for the disk; the half-written file is gone."""
    write(tmp_path, FILES)
    script = f"""
        import resource, signal
        from pathlib import Path
        from veille.delivery.site import write
        from veille.errors import OutputError
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
        try:
            write(Path({str(tmp_path)!r}), {{"index.html": b"x", "five-links/index.html": b"x" * 5000}})
        except OutputError as error:
            print(error)
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)],
        env=bare_environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    assert "cannot be written" in done.stdout
    assert tree(tmp_path) == FILES


WRITER = """
import sys
from pathlib import Path
from veille.delivery.site import write
sys.stdin.readline()
write(Path(sys.argv[1]), {path: ("new " + path).encode() * 9000 for path in sys.argv[2:]})
"""


def kill_at(call: str, number: int, root: Path) -> bool:
    """Write the new archive and die at the ``number``-th ``call``; whether it came so far."""
    inject = f"inject={call}:signal=KILL:when={number}"
    done = subprocess.run(
        [
            "strace",
            "-f",
            "-qq",
            "-o",
            "/dev/null",
            "-e",
            inject,
            sys.executable,
            "-c",
            WRITER,
            root,
            *FILES,
        ],
        env=bare_environment(),
        input=b"\n",
        capture_output=True,
        check=False,
    )
    return done.returncode != 0


@pytest.mark.slow
@pytest.mark.parametrize("way", ["whole", "each"])
def test_a_kill_at_any_moment_leaves_the_old_archive_or_the_new(tmp_path, way):
    """A21, C2, C6, C12: killed at every write to the disk in turn. Never a mixture; file by file,
    never half a page, nor an index whose page is not there. The next build is complete and clean."""
    root = tmp_path / "archive"
    old, new = (
        {path: f"{word} {path}".encode() * 9_000 for path in FILES} for word in ("old", "new")
    )
    ends = set()
    for call in ("fsync", "rename,renameat2", "unlink,unlinkat,rmdir"):
        for number in range(1, 40):
            write(root, old | {"gone/index.html": b"gone"})
            if way == "each":
                (root / IN_PLACE).touch()
            killed = kill_at(call, number, root)
            found = {path: (root / path).read_bytes() for path in FILES}
            assert all(found[path] in (old[path], new[path]) for path in FILES)
            if way == "whole":
                assert found in (old, new)
            elif found["index.html"] == new["index.html"]:
                assert found == new
            ends.add((call, killed, found == new))
            write(root, new)
            assert {
                path: content for path, content in tree(root).items() if path != IN_PLACE
            } == new
            assert list(tmp_path.iterdir()) == [root]
            if not killed:
                break
    assert ("fsync", True, False) in ends
    assert ("unlink,unlinkat,rmdir", True, True) in ends
    assert all((call, False, True) in ends for call in ("fsync", "rename,renameat2"))


@pytest.mark.slow
def test_readers_never_find_half_an_archive(tmp_path):
    """A21, O12: read again and again while it is replaced: each page is there, of one build."""
    root = tmp_path / "archive"
    builds = [{path: f"{number}".encode() * 9_000 for path in FILES} for number in range(2)]
    write(root, builds[0])
    done, faults, reads = threading.Event(), [], 0

    def read() -> None:
        nonlocal reads
        while not done.is_set():
            try:
                page = (root / "five-links/1/index.html").read_bytes()
            except OSError as error:
                faults.append(error)
            else:
                reads += 1
                if page not in (builds[0]["index.html"], builds[1]["index.html"]):
                    faults.append(page[:20])

    reader = threading.Thread(target=read)
    reader.start()
    for turn in range(60):
        write(root, builds[(turn + 1) % 2])
    done.set()
    reader.join()
    assert faults == []
    assert reads > 60


def test_a_folder_in_a_file_s_place_is_told(tmp_path, swap):
    (tmp_path / "index.html").mkdir()
    (tmp_path / "index.html" / "note.txt").touch()
    with pytest.raises(OutputError, match="cannot be written"):
        write(tmp_path, FILES, swap=swap)
    assert not list(tmp_path.rglob("*.tmp"))


def test_somebody_elses_process_is_alive(tmp_path):
    """C12: process 1 runs, whether or not we may signal it."""
    (tmp_path / ".veille-1-index.html.tmp").touch()
    assert atomic.sweep(tmp_path) == []
