"""The archive on disk: whole, ours, and never through a link."""

from __future__ import annotations

import errno
import os
import stat
import subprocess
import sys
import textwrap
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from veille.delivery import atomic
from veille.delivery.site import MANIFEST, write
from veille.errors import OutputError

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


def test_what_did_not_change_is_not_touched(tmp_path):
    """A10: mtime kept, nothing written, not even the list."""
    write(tmp_path, FILES)
    for path in [*FILES, MANIFEST]:
        os.utime(tmp_path / path, ns=(1, 1))
    report = write(tmp_path, FILES | {"index.html": b"new"})
    assert report.written == ("index.html",)
    assert set(report.unchanged) == set(FILES) - {"index.html"}
    assert {(tmp_path / path).stat().st_mtime_ns for path in [*report.unchanged, MANIFEST]} == {1}


SLUGS = st.sampled_from(["a", "b", "a/1", "a/2"])
BUILDS = st.dictionaries(
    st.builds("{}/{}".format, SLUGS, st.sampled_from(["index.html", "feed.xml"])),
    st.binary(max_size=3),
)


@settings(max_examples=40, deadline=None)  # each example forces files to disk
@given(st.lists(BUILDS, min_size=1, max_size=5))
def test_building_on_is_building_from_scratch(tmp_path_factory, builds):
    """A10, O11: any history ends in the same bytes, and in no leftover."""
    root = tmp_path_factory.mktemp("archive")
    for build in builds:
        write(root, build)
    assert tree(root) == builds[-1]
    expected = {str(parent) for path in builds[-1] for parent in list((root / path).parents)}
    assert {str(path) for path in root.rglob("*") if path.is_dir()} <= expected


def test_others_files_stay(tmp_path):
    """A10: stale files of ours go, a colleague's stay."""
    write(tmp_path, FILES)
    mine = tmp_path / "five-links" / "1" / "photo.jpg"
    mine.write_bytes(b"jpg")
    (tmp_path / "robots.txt").write_bytes(b"*")
    report = write(tmp_path, {"index.html": b"index"})
    assert set(report.removed) == set(FILES) - {"index.html"}
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
        self.write = atomic.prepare

    def __call__(self, path, content, mode):
        self.room -= 1
        if self.room < 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return self.write(path, content, mode)


@pytest.mark.parametrize("room", range(6))
def test_a_full_disk_leaves_the_old_archive(tmp_path, monkeypatch, room):
    """O9: at file N, for all N: old bytes, no temporary file, what to do."""
    write(tmp_path, FILES)
    monkeypatch.setattr(atomic, "prepare", FullDisk(room))
    with pytest.raises(OutputError, match=r"No space left.*make room"):
        write(
            tmp_path,
            {path: content + b"!" for path, content in FILES.items()} | {"b/index.html": b""},
        )
    assert tree(tmp_path) == FILES


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


def test_a_kill_at_any_moment_leaves_whole_files(tmp_path):
    """A21, C6, C12: old or new, never half; the next build cleans up and is complete."""
    old, new = (
        {path: f"{word} {path}".encode() * 9_000 for path in FILES} for word in ("old", "new")
    )
    script = (
        "import sys\nfrom pathlib import Path\nfrom veille.delivery.site import write\n"
        f"files = {{path: ('new ' + path).encode() * 9000 for path in {list(FILES)!r}}}\n"
        "print('go', flush=True)\nwrite(Path(sys.argv[1]), files)\n"
    )
    for delay in (0, 0.001, 0.003, 0.006, 0.012):
        write(tmp_path, old)
        with subprocess.Popen(
            [sys.executable, "-c", script, tmp_path], env=bare_environment(), stdout=subprocess.PIPE
        ) as process:
            process.stdout.readline()
            time.sleep(delay)
            process.kill()
        for path in FILES:
            assert (tmp_path / path).read_bytes() in (old[path], new[path])
        assert (tmp_path / "index.html").read_bytes() == old["index.html"] or (
            tmp_path / "five-links/1/index.html"
        ).read_bytes() == new["five-links/1/index.html"]
        write(tmp_path, new)
        assert tree(tmp_path) == new


def test_a_folder_in_a_file_s_place_is_told(tmp_path):
    (tmp_path / "index.html").mkdir()
    with pytest.raises(OutputError, match="cannot be written"):
        write(tmp_path, FILES)
    assert not list(tmp_path.rglob("*.tmp"))


def test_somebody_elses_process_is_alive(tmp_path):
    """C12: process 1 runs, whether or not we may signal it."""
    (tmp_path / ".veille-1-index.html.tmp").touch()
    assert atomic.sweep(tmp_path) == []
