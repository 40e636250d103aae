"""How fast the outbox is sent: claimed, sent and recorded on a durable disk, to a loopback Discord in another process.

Three runs: without limits, beside discord.py's bare `send` of as many messages, fifty at a time, with nothing recorded;
under Discord's own limits; and with channels that can no longer be posted to.
"""

import argparse
import asyncio
import json
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import discord
from discord.http import Route
from sqlalchemy import Connection, select

from bot.delivery.pace import RATE, Pace
from bot.delivery.send import Sender
from bot.models import Terms
from bot.store.claims import next_due
from bot.store.database import Database, connect
from bot.store.subscriptions import add_subscription
from bot.store.tables import deliveries
from tests.delivery.desk import make_bot
from tests.delivery.newsroom import Newsroom
from tests.loopback import Channel, Loopback

_A_SERVER = 25  # subscriptions of a server, what /subscribe allows
_AT_A_TIME = 50
_LONGEST = 900.0
_GLOBAL_LIMIT, _CHANNEL_LIMIT = 50, (5, 5.0)
_THROUGHPUT_GOAL = 10 * RATE
_PACED_GOAL = 0.95 * RATE


# --- in the sending process ------------------------------------------------------------------------------------


async def _send_outbox(url: str, *, limited: bool) -> float:
    """Send all that is due, and return the seconds until the last is recorded."""
    pace = Pace() if limited else Pace(rate=1e9, window=0.0)
    database, bot = Database(url), make_bot(pace)
    sender = Sender(database, bot, pace, clock=lambda: datetime.now(UTC), max_age=timedelta(days=3), sample=False)
    async with bot:
        await bot.login("loopback-token")
        begun = time.perf_counter()
        sending = asyncio.create_task(sender.run())
        unsent = True
        while unsent:
            await asyncio.sleep(0.02)
            unsent = sender.in_flight > 0 or await database.read(_is_due)
        seconds = time.perf_counter() - begun
        sender.stop()
        await sending
    await database.close()
    return seconds


async def _send_bare(channel_ids: Sequence[int]) -> float:
    """Send a message of the same kind to each channel with discord.py alone, and return the seconds it took."""
    places = asyncio.Semaphore(_AT_A_TIME)
    embed = discord.Embed(description="What happened in it. " * 8, url="https://news.example/a")
    embed.set_author(name="Example Times", url="https://news.example/a")
    bot = make_bot(Pace())

    async def send(channel_id: int) -> None:
        async with places:
            await bot.get_partial_messageable(channel_id).send("A headline of some words · Example Times", embed=embed)

    async with bot:
        await bot.login("loopback-token")
        begun = time.perf_counter()
        await asyncio.gather(*map(send, channel_ids))
        return time.perf_counter() - begun


def _is_due(connection: Connection) -> bool:
    return next_due(connection) is not None


def _child(given: argparse.Namespace) -> None:
    Route.BASE = given.api
    if given.child == "bare":
        seconds = asyncio.run(_send_bare(json.loads(sys.stdin.read())))
    else:
        seconds = asyncio.run(_send_outbox(given.url, limited=given.child == "limited"))
    print(json.dumps(seconds))


async def _in_child(kind: str, loopback: Loopback, url: str = "", channels: Sequence[Channel] = ()) -> float:
    """Run one of the jobs in a process of its own, and return its seconds."""
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "benchmarks.sending", "--child", kind, "--api", loopback.api_url, "--url", url),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(_LONGEST):
            output, _ = await child.communicate(json.dumps([channel.id for channel in channels]).encode())
    finally:
        if child.returncode is None:
            child.kill()
    if child.returncode:
        raise SystemExit(f"the {kind} run failed")
    return float(output.splitlines()[-1])


# --- here: Discord and what is to be sent ----------------------------------------------------------------------


def _channels(loopback: Loopback, number: int) -> list[Channel]:
    made: list[Channel] = []
    while len(made) < number:
        guild = loopback.world.add_guild(f"Server {len(made) // _A_SERVER}")
        some = min(_A_SERVER, number - len(made))
        made += [loopback.world.add_channel(guild, f"c{each}") for each in range(some)]
    return made


def _queue(folder: Path, channels: Sequence[Channel], rounds: int) -> str:
    """Queue so many messages of one story each for every channel, and return the database's address."""
    room = Newsroom(folder, now=datetime.now(UTC).replace(microsecond=0))
    with connect(room.url, writes=True) as connection, connection.begin():
        for channel in channels:
            guild_id = channel.guild.id if channel.guild else 0
            add_subscription(
                connection, guild_id=guild_id, channel_id=channel.id, terms=Terms(), next_run_at=None, now=room.now
            )
    for number in range(rounds):
        room.write(f"story-{number}", title=f"Headline number {number} of some words")
        room.round()
    return room.url


def _states(connection: Connection) -> Counter[str]:
    return Counter(connection.execute(select(deliveries.c.state)).scalars())


def _outbox(url: str) -> Counter[str]:
    with connect(url, writes=False) as connection:
        return _states(connection)


def _row(what: str, figure: str, goal: str, *, met: bool) -> bool:
    print(f"| {what} | {figure} | {goal} | {'yes' if met else 'no'} |", flush=True)
    return met


async def _throughput(number: int) -> bool:
    with tempfile.TemporaryDirectory() as folder:
        async with Loopback() as loopback:
            channels = _channels(loopback, number)
            bare = number / await _in_child("bare", loopback, channels=channels)
        async with Loopback() as loopback:
            channels = _channels(loopback, number)
            url = _queue(Path(folder), channels, 1)
            ours = number / await _in_child("free", loopback, url)
            once = len(loopback.posts) == number and _outbox(url) == {"sent": number}
    figure = f"{ours:,.0f}/s; bare discord.py {bare:,.0f}/s: {ours / bare:.2f} of it"
    return _row(
        f"{number:,} messages, no limits", figure, f"{_THROUGHPUT_GOAL}/s", met=once and ours >= _THROUGHPUT_GOAL
    )


async def _paced(number: int, rounds: int) -> bool:
    with tempfile.TemporaryDirectory() as folder:
        async with Loopback() as loopback:
            loopback.limits.global_per_second, loopback.limits.per_channel = _GLOBAL_LIMIT, _CHANNEL_LIMIT
            channels = _channels(loopback, number)
            url = _queue(Path(folder), channels, rounds)
            await _in_child("limited", loopback, url)
            times = sorted(post.at for post in loopback.posts)
            refused, once = loopback.ledger.statuses[429], _outbox(url) == {"sent": number * rounds}
    rate = (len(times) - 1) / (times[-1] - times[0])
    met = once and len(times) == number * rounds and not refused and rate >= _PACED_GOAL
    figure = f"{rate:.1f}/s, {refused} answers of 429"
    return _row(f"{number} channels x {rounds}, Discord's limits", figure, f"{_PACED_GOAL:.1f}/s, none", met=met)


async def _dead(number: int) -> bool:
    with tempfile.TemporaryDirectory() as folder:
        async with Loopback() as loopback:
            channels = _channels(loopback, number)
            url = _queue(Path(folder), channels, 2)
            dead = channels[::10] + channels[3::10] + channels[6::10]
            for place, channel in enumerate(dead):
                status, code = ((403, 50013), (403, 50001), (404, 10003))[place % 3]
                body = {"code": code, "message": "no"}
                loopback.fault("POST", f"/channels/{channel.id}/messages", status=status, body=body, times=None)
            await _in_child("limited", loopback, url)
            asked = Counter(request.path for request in loopback.requests if request.method == "POST")
            requests = {asked[f"/channels/{channel.id}/messages"] for channel in dead}
            sent = _outbox(url)["sent"]
    alive = 2 * (number - len(dead))
    figure = f"{len(dead)} dead: {max(requests)} request each; {sent} of {alive} others sent"
    return _row(f"{number} channels, 30 % dead", figure, "1 each, all others", met=requests == {1} and sent == alive)


async def _all(number: int) -> bool:
    print("| what | figure | goal | met |\n|---|---|---|---|")
    return all([await _throughput(number), await _paced(500, 4), await _dead(200)])


def main() -> None:
    """Print the table; the exit status is 1 where a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=3_000, help="messages of the run without limits")
    for name in ("--child", "--api", "--url"):
        parser.add_argument(name, default="", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.child:
        _child(given)
    elif not asyncio.run(_all(given.messages)):
        raise SystemExit(1)


if __name__ == "__main__":
    main()
