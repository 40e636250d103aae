"""Work done ahead of its use, in forked processes beside this one."""

import os
import pickle
import signal
import struct
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import BinaryIO, Generic, TypeVar, cast

T = TypeVar("T")
R = TypeVar("R")

# Results sent at a time: at 1 each costs two system calls, at thousands this process waits for the first of them.
_BATCH = 100
# Forking costs some milliseconds: fewer items are done before the others are warm.
_FEW = 500
# Processes at most. Each takes memory of its own, and what uses the results cannot keep up with more than two.
_MOST = 2
# How far each may be ahead, in bytes: some hundred results. More is memory; less, and they wait while we are busy.
_PIPE = 1 << 20
_LENGTH = struct.Struct("<I")
_PROTOCOL = pickle.HIGHEST_PROTOCOL


def ahead(work: Callable[[T], R], items: Sequence[T]) -> Iterator[R]:
    """Yield what the work makes of each item, in order, done in other processes while the caller is busy.

    Items and results are pickled. What the work raises is raised here; where one of the processes is killed,
    this one is, by the same signal. With few items, one CPU, or on a system that cannot fork, it is done here.
    """
    processes = min(_MOST, os.cpu_count() or 1)
    if len(items) < _FEW or processes < 2 or not hasattr(os, "fork"):
        yield from map(work, items)
        return
    sys.stdout.flush()
    sys.stderr.flush()
    # As bytes, items are in pages that the others only read: counting references to 100,000 of them would copy 25 MB.
    batches = [pickle.dumps(items[start : start + _BATCH], _PROTOCOL) for start in range(0, len(items), _BATCH)]
    workers: list[_Worker[R]] = []
    try:
        workers = [_start(work, batches[number::processes]) for number in range(processes)]
        for number in range(len(batches)):
            yield from workers[number % processes].receive()
    finally:
        for worker in workers:
            worker.end()


@dataclass(frozen=True, slots=True)
class _Worker(Generic[R]):
    """Another process, and the pipe through which its results come."""

    process: int
    pipe: BinaryIO

    def receive(self) -> list[R]:
        """Return the results of the next batch, or raise what stopped them."""
        header = self.pipe.read(_LENGTH.size)
        body = self.pipe.read(_LENGTH.unpack(header)[0]) if len(header) == _LENGTH.size else b""
        if not body or len(body) < _LENGTH.unpack(header)[0]:
            self._die_alike()
        results = cast("list[R] | BaseException", pickle.loads(body))  # noqa: S301 - a process of ours wrote it
        if isinstance(results, BaseException):
            raise results
        return results

    def _die_alike(self) -> None:
        status = os.waitstatus_to_exitcode(os.waitpid(self.process, 0)[1])
        if status < 0:
            with suppress(OSError):  # of those that cannot be caught there is nothing to set
                signal.signal(-status, signal.SIG_DFL)
            os.kill(os.getpid(), -status)
        raise RuntimeError(f"a process that worked ahead ended with status {status}")

    def end(self) -> None:
        """End the process, if it has not ended itself."""
        self.pipe.close()
        with suppress(ProcessLookupError, ChildProcessError):
            os.kill(self.process, signal.SIGTERM)
            os.waitpid(self.process, 0)


def _start(work: Callable[[T], R], batches: Sequence[bytes]) -> _Worker[R]:
    reading, writing = os.pipe()
    process = os.fork()
    if process:
        os.close(writing)
        return _Worker(process, os.fdopen(reading, "rb", buffering=1 << 16))
    status = 1
    try:  # in the forked process, which ends here: nothing that it inherited is closed, or flushed twice
        os.close(reading)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        _work(work, batches, writing)
        status = 0
    finally:
        os._exit(status)


def _work(work: Callable[[T], R], batches: Sequence[bytes], writing: int) -> None:
    with suppress(ImportError, AttributeError, OSError):
        import fcntl

        fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, _PIPE)
    with os.fdopen(writing, "wb", buffering=0) as pipe:
        for batch in batches:
            try:
                items = cast("list[T]", pickle.loads(batch))  # noqa: S301 - ours
                body = pickle.dumps([work(item) for item in items], _PROTOCOL)
            except Exception as error:  # it is the caller's
                body = pickle.dumps(error)
            view = memoryview(_LENGTH.pack(len(body)) + body)
            while view:
                view = view[pipe.write(view) :]
