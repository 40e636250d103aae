"""The files of a corpus: which there are, and what they hold."""

import os
import stat
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from bot.corpus import limits
from bot.corpus.faults import Fault
from bot.corpus.findings import RefusedError
from bot.corpus.roots import Root

SUFFIXES = (".md", ".markdown", ".txt")
"""What a news file may be called, the first of twins first."""

# A link put in a file's place between listing and opening is not followed; opening a FIFO does not wait for a writer.
_FLAGS = (
    os.O_RDONLY
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_BINARY", 0)
)


class Found(NamedTuple):
    """A file of the corpus. `fault` says why it cannot be read; its article then never exists.

    `stamp` stands for size, times and inode: a file with the same one has not changed since. A tuple, because there are
    100,000 of them at every reload, and a frozen dataclass takes three times as long to make.
    """

    file: str
    path: str
    root: int
    fault: str | None = None
    stamp: int | None = None
    changed_ns: int = 0

    @property
    def id(self) -> str:
        """What identifies the article: the name of its file without the suffix."""
        return self.file if self.fault else self.file.rpartition(".")[0]


@dataclass(frozen=True, slots=True)
class _Folder:
    path: str  # real: no part of it is a link
    name: str  # below the root, with a slash at its end
    above: tuple[str, ...]  # the real folders in which links were followed to get here


def found_files(roots: Sequence[Root]) -> list[Found]:
    """Return every news file of the roots, by `file`.

    Hidden ones are passed over, and so is what is no regular file, and links that lead out of their root or in
    circles. A folder that cannot be listed is an entry with a fault and a slash at its end.
    """
    found: list[Found] = []
    for number, root in enumerate(roots):
        _walk(os.path.realpath(root.path), f"{root.label}/" if number else "", number, found)
    found.sort(key=lambda each: each.file)  # of files with one name, that of the first root stays the first
    return found


def contents(path: str) -> bytes:
    """Return the bytes of a regular file as they were at one moment; raises RefusedError where that cannot be had."""
    try:
        for _ in range(limits.READS):
            data = _read(path)
            if data is not None:
                return data
    except OSError as error:
        raise RefusedError(Fault.UNREADABLE.format(reason=os.strerror(error.errno or 0))) from None
    raise RefusedError(Fault.UNSTEADY)


def _read(path: str) -> bytes | None:
    """Return the file's bytes, or None where it changed meanwhile."""
    handle = os.open(path, _FLAGS)
    try:
        before = os.fstat(handle)
        if not stat.S_ISREG(before.st_mode):
            raise RefusedError(Fault.NO_FILE)
        if before.st_size > limits.FILE_BYTES:
            raise RefusedError(Fault.TOO_LARGE.format(most=limits.FILE_BYTES // 1024))
        data = os.read(handle, before.st_size + 1)
        while 0 < len(data) < before.st_size and (more := os.read(handle, before.st_size + 1 - len(data))):
            data += more
        after = os.fstat(handle)
    finally:
        os.close(handle)
    same = len(data) == before.st_size == after.st_size and before.st_mtime_ns == after.st_mtime_ns
    return data if same else None


def _walk(top: str, prefix: str, root: int, found: list[Found]) -> None:
    linked: set[str] = set()
    waiting = [_Folder(top, prefix, ())]
    while waiting:
        folder = waiting.pop()
        links, folders = [], []
        try:
            with os.scandir(folder.path) as listing:
                for entry in listing:
                    name = entry.name
                    if name.startswith("."):
                        continue
                    if entry.is_symlink():
                        links.append(entry)
                    elif entry.is_dir(follow_symlinks=False):
                        folders.append(_Folder(entry.path, f"{folder.name}{name}/", folder.above))
                    elif name.lower().endswith(SUFFIXES) and entry.is_file(follow_symlinks=False):
                        found.append(_file(folder.name + name, entry.path, root, entry.stat(follow_symlinks=False)))
        except OSError as error:
            shown = _shown(folder.name or "./")
            fault = Fault.UNLISTED.format(reason=os.strerror(error.errno or 0))
            found.append(Found(shown, folder.path, root, fault))
        links.sort(key=lambda entry: entry.name)
        folders += _followed(links, folder, top, linked, root, found)
        waiting += sorted(folders, key=lambda folder: folder.name, reverse=True)


def _followed(
    links: Iterable["os.DirEntry[str]"], folder: _Folder, top: str, linked: set[str], root: int, found: list[Found]
) -> list[_Folder]:
    """Add the files that links lead to, and return the folders: each once, or links could multiply without end."""
    folders = []
    for link in links:
        try:
            real = os.path.realpath(link.path, strict=True)
            state = link.stat()
        except OSError:  # leads nowhere, or in a circle
            continue
        if not _is_below(real, top):
            continue
        if stat.S_ISREG(state.st_mode):
            if link.name.lower().endswith(SUFFIXES):
                found.append(_file(folder.name + link.name, real, root, state))
        elif stat.S_ISDIR(state.st_mode):
            above = (*folder.above, folder.path)
            if real not in linked and not any(_is_below(path, real) for path in above):
                linked.add(real)
                folders.append(_Folder(real, f"{folder.name}{link.name}/", above))
    return folders


def _is_below(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder.rstrip(os.sep) + os.sep)


def _file(name: str, path: str, root: int, state: os.stat_result) -> Found:
    if not name.isprintable():  # control and bidi characters would forge lines of a log; bytes that are no UTF-8
        return Found(_shown(name), path, root, Fault.UNSHOWN_NAME)
    # The hash of a tuple of integers is the same in every process, and a collision is one in 2^61.
    stamp = hash((state.st_size, state.st_mtime_ns, state.st_ctime_ns, state.st_ino))
    changed = max(state.st_mtime_ns, state.st_ctime_ns)
    return Found(name, path, root, None, stamp, changed)


def _shown(name: str) -> str:
    """Return a file name with what cannot be shown as escapes; a surrogate is a byte that is no UTF-8."""
    return "".join(char if char.isprintable() else _escaped(ord(char)) for char in name)


def _escaped(code: int) -> str:
    if 0xDC80 <= code <= 0xDCFF:
        code -= 0xDC00
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
