"""What the loader's child process may use of the machine."""

import os
from contextlib import suppress

# A load of 100,000 files takes some 200 MB resident and 330 MB of data (measured under this limit). Less than 1 GiB:
# beyond that yaml-rs's allocator (mimalloc) reserves a whole GiB at its start, which then counts for nothing.
_MEMORY_LIMIT = 768 << 20

# What a file may add to that: its names and what it looked like, now and at the load before (some 900 bytes, measured).
_PER_FILE = 1 << 10


def limit_process() -> None:
    """Give way to everything else on the machine, and let allocations beyond the memory limit fail.

    To be called before the corpus and the store are imported, see above. The limit is on data (RLIMIT_DATA), not on
    address space: SQLite's memory maps and the code of libraries count nothing. Where a system has no such limits, the
    load goes on without.
    """
    with suppress(AttributeError, OSError):
        os.nice(10)
    with suppress(ImportError, ValueError, OSError):
        import resource

        _, hard = resource.getrlimit(resource.RLIMIT_DATA)
        most = _MEMORY_LIMIT if hard == resource.RLIM_INFINITY else min(hard, _MEMORY_LIMIT)
        resource.setrlimit(resource.RLIMIT_DATA, (most, hard))


def allow_files(number: int) -> None:
    """Let a process that is limited use more memory for so many files: there are that many, whatever is in them."""
    with suppress(ImportError, AttributeError, OSError, ValueError):
        import resource

        limit, hard = resource.getrlimit(resource.RLIMIT_DATA)
        if limit == resource.RLIM_INFINITY:
            return
        most = _MEMORY_LIMIT + number * _PER_FILE
        most = most if hard == resource.RLIM_INFINITY else min(hard, most)
        resource.setrlimit(resource.RLIMIT_DATA, (max(limit, most), hard))
