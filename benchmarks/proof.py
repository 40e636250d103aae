"""Nothing lost, nothing twice: `python -m benchmarks.proof [--seeds 20] [--at-once 2]` prints the table.

The real program is killed with SIGKILL at five points around a send, as often as there are seeds, and started again
(half of the times killed again) until all is sent; see `tests.crash`. Then its outbox is compared with what a loopback
Discord accepted. Three regimes: Discord still knows the nonces; it has forgotten them, and the channel's history can be
read; or cannot be read. The exit status is 1 where a message is lost, goes astray or out of order, or comes twice
without the outbox calling it uncertain; where any comes twice in the first two regimes; where a kill missed its point.

Everything lies in temporary folders that are removed in the end; nothing but this machine is asked.
"""

import argparse
import asyncio
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import product
from pathlib import Path

from tests.crash import Point, Regime, Trial, trial

# One run takes some seconds.
_LONGEST = 180.0


async def _one(point: Point, regime: Regime, seed: int, places: asyncio.Semaphore) -> Trial | None:
    """Return what came of one crash, or None if it came to no end."""
    async with places:
        with tempfile.TemporaryDirectory(prefix="heatline-proof-") as name:
            try:
                async with asyncio.timeout(_LONGEST):
                    return await trial(point, regime, seed, Path(name))
            except (AssertionError, TimeoutError) as error:
                print(f"  {point}, {regime}, seed {seed}: {error!r}", file=sys.stderr, flush=True)
                return None


async def _row(point: Point, regime: Regime, seeds: int, at_once: int) -> bool:
    """Print a row of the table, and return whether all is as it must be."""
    places = asyncio.Semaphore(at_once)
    trials = await asyncio.gather(*(_one(point, regime, seed, places) for seed in range(seeds)))
    ended = [each for each in trials if each is not None]
    books = [each.books for each in ended]
    there = sum(each.at_the_point for each in ended)
    lost, twice, extra, uncounted, uncertain, astray, disordered = (
        sum(getattr(each, name) for each in books)
        for name in ("lost", "twice", "extra", "uncounted", "uncertain", "astray", "disordered")
    )
    well = len(ended) == seeds == there and not lost + uncounted + astray + disordered
    if regime is not Regime.UNREADABLE:
        well = well and not twice
    print(
        f"| {point} | {regime} | {len(ended)} | {there} | {sum(each.kills for each in ended)} "
        f"| {sum(each.queued for each in books)} | {lost} | {twice} | {extra} | {uncertain} | {uncounted} | {astray} "
        f"| {disordered} | {'yes' if well else '**no**'} |",
        flush=True,
    )
    return well


def _rows(given: argparse.Namespace) -> Iterator[bool]:
    for regime, point in product(Regime, Point):
        yield asyncio.run(_row(point, regime, given.seeds, given.at_once))


def main() -> None:
    """Run the trials, print the table, and exit with 1 if anything is not as it must be."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.proof", description=__doc__)
    parser.add_argument("--seeds", type=int, default=20, help="crashes at each point in each regime (20)")
    parser.add_argument("--at-once", type=int, default=2, help="crashes under way at a time (2)")
    given = parser.parse_args()
    print(
        "| killed | then | runs | at the point | kills | messages | lost | twice | messages too many "
        "| counted uncertain | twice and not counted | wrong channel | out of order | as it must be |\n"
        + "|---" * 14
        + "|",
        flush=True,
    )
    begun = time.monotonic()
    well = list(_rows(given))
    print(f"\n{len(well) * given.seeds} runs in {(time.monotonic() - begun) / 60:.0f} min.")
    sys.exit(not all(well))


if __name__ == "__main__":
    main()
