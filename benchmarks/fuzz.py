"""A hundred thousand texts and values that nobody would think of: every command answers each, within Discord's limits.

The real program, asked over a loopback Discord that refuses whatever is over a limit: half are searches, half are the
options of any command, filled in or half typed. Texts are drawn from pieces of syntax, of many scripts and of real
headlines. The times are those of the whole way, until the answer is complete.
"""

import argparse
import asyncio
import random
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.corpus import sentence, vocabulary
from benchmarks.rows import write_rows
from tests.loopback import Loopback, Person, Program
from tests.loopback.answers import Answer
from tests.loopback.interactions import BOOLEAN, CHANNEL, INTEGER, NUMBER, ROLE, STRING, SUBCOMMAND_GROUP, Value
from tests.loopback.world import Json

_LONGEST = 60.0
_IN_ONE_RUN = 10_000  # the stand-in remembers everything
_HOSTS = 200  # so many that none of them meets a cooldown
_GOAL = 50  # milliseconds, p99
_LONGEST_OPTION = 6_000  # Discord's limit of a text option
_SYNTAX = (
    *(
        '"',
        "'",
        "*",
        "(",
        ")",
        "{",
        "}",
        ":",
        "^",
        "+",
        "-",
        "--",
        "/*",
        ";",
        "%",
        "_",
        "\\",
        "\0",
        "\n",
        "\t",
        "`",
        "|",
    ),
    *(
        "AND",
        "OR",
        "NOT",
        "NEAR(",
        "NEAR/3",
        "title:",
        "rowid:",
        "topic:",
        "provider:",
        "before:",
        "after:",
        "topic:AI",
    ),
    *(
        "after:2026-01",
        "before:9999-99-99",
        "after:0000",
        "-quantum",
        '"a phrase"',
        "@everyone",
        "<@1>",
        "<#1>",
        "[x](evil)",
    ),
    *(
        "# ",
        "> ",
        "||",
        "https://discord.gg/abc",
        "\u202e",
        "\u200d",
        "\ufeff",
        "\ud7ff",
        "e\u0301" * 20,
        "ß",
        "İ",
        "ﬁ",
    ),
    *("量子计算", "カタカナ", "한국어", "العربية", "עברית", "हिन्दी", "ไทย", "🏳️‍🌈", "👩‍👩‍👧", "🔥", "𝔘𝔫𝔦", "\U0010ffff"),
)


def _typed(chance: random.Random, words: list[str]) -> str:
    """Return what somebody might type, or a program."""
    if chance.random() < 0.05:
        return "".join(chr(chance.choice((chance.randrange(32, 127), chance.randrange(1, 0xD800)))) for _ in range(60))
    if chance.random() < 0.01:
        return chance.choice(_SYNTAX) * (_LONGEST_OPTION // 8)
    parts = [
        chance.choice(_SYNTAX) if chance.random() < 0.5 else chance.choice(words) for _ in range(chance.randrange(8))
    ]
    return chance.choice(("", " ")).join(parts)[:_LONGEST_OPTION]


@dataclass
class Found:
    """What was seen: the milliseconds of every answer, with what was asked, and all that should not be."""

    times: list[tuple[float, str]] = field(default_factory=list)
    raised: list[str] = field(default_factory=list)
    over: list[str] = field(default_factory=list)


def _leaves(commands: list[Json], path: str = "") -> Iterator[tuple[str, list[Json]]]:
    """Yield every slash command that takes something that is typed, with its options."""
    for command in commands:
        inner = command.get("options") or []
        here = f"{path} {command['name']}".strip()
        if any(each["type"] <= SUBCOMMAND_GROUP for each in inner):
            yield from _leaves(inner, here)
        elif any(map(_is_typed, inner)) and command.get("type", 1) == 1:
            yield here, inner


def _is_typed(option: Json) -> bool:
    return option["type"] in (STRING, INTEGER, NUMBER) and not option.get("choices")


class _Fuzzer:
    def __init__(self, loopback: Loopback, chance: random.Random, words: list[str], hosts: list[Person]) -> None:
        self._loopback = loopback
        self._chance = chance
        self._words = words
        self._hosts = hosts
        self._leaves = list(_leaves([command for each in loopback.interactions.commands.values() for command in each]))
        self._search = dict(self._leaves)["news search"]

    async def ask(self, number: int) -> tuple[str, Answer]:
        """Ask one thing; return what it was, and the answer."""
        chance, loopback = self._chance, self._loopback
        path, options = ("news search", self._search) if number % 2 else chance.choice(self._leaves)
        typed = chance.choice([option for option in options if _is_typed(option)])
        chosen = [each for each in options if each is typed or each.get("required") or chance.random() < 0.5]
        values = {option["name"]: self._value(option) for option in chosen}
        # everybody else asks once: nobody meets a cooldown
        asks = (
            self._hosts[number // 2 % _HOSTS]
            if path.startswith("admin ")
            else loopback.world.add_user("reader", admin=True)
        )
        asks.locale = chance.choice(("en-US", "de"))
        completed = [option["name"] for option in options if option.get("autocomplete") and option["name"] in values]
        said = f"/{path} {values!r:.200}"
        if completed and chance.random() < 0.5:
            focus = chance.choice(completed)
            return f"{said} (completing {focus})", await loopback.autocomplete(
                loopback.channel, path, values, focus=focus, user=asks, within=_LONGEST
            )
        return said, await loopback.slash(loopback.channel, path, values, user=asks, within=_LONGEST)

    def _value(self, option: Json) -> Value:
        """Return a value that Discord lets through for the option."""
        chance, kind = self._chance, option["type"]
        if option.get("choices"):
            value: Value = chance.choice(option["choices"])["value"]
            return value
        if kind == STRING:
            typed = _typed(chance, self._words)[: option.get("max_length", _LONGEST_OPTION)].strip()
            return typed if len(typed) >= option.get("min_length", 1) else "x" * option.get("min_length", 1)
        if kind in (INTEGER, NUMBER):
            least, most = option.get("min_value", -(2**53)), option.get("max_value", 2**53)
            return chance.choice((least, most, chance.randint(int(least), int(most))))
        if kind == BOOLEAN:
            return chance.random() < 0.5
        if kind == CHANNEL:
            return self._loopback.channel
        if kind == ROLE:
            return str(self._loopback.guild.roles[-1].id)
        return self._loopback.user


async def _run(database: Path, chance: random.Random, words: list[str], numbers: range, found: Found) -> None:
    """Ask so many things of one program, with a copy of the articles."""
    with tempfile.TemporaryDirectory() as place:
        copy = Path(shutil.copy(database, place))
        empty = tempfile.mkdtemp(dir=place)
        async with Loopback() as loopback:
            hosts = [loopback.world.add_user("host", admin=True) for _ in range(_HOSTS)]
            settings = {
                "CORPUS_DIR": empty,  # the loads stop, because they would remove all of the news
                "DATABASE_URL": f"sqlite+aiosqlite:///{copy}",
                "ADMIN_IDS": ",".join(str(host.id) for host in hosts),
                "LOG_LEVEL": "ERROR",
            }
            async with Program(loopback, Path(place), settings=settings) as program:
                await program.wait_for_output("Invite:", within=_LONGEST)
                await loopback.wait_for(lambda: loopback.interactions.commands, _LONGEST, what="the commands")
                fuzzer = _Fuzzer(loopback, chance, words, hosts)
                for number in numbers:
                    printed, refused = len(program.output()), len(loopback.violations)
                    said, answer = await fuzzer.ask(number)
                    found.times.append((answer.replies[-1].at * 1000, said))
                    if "Traceback" in program.output()[printed:]:
                        found.raised.append(said)
                    if len(loopback.violations) > refused:
                        found.over.append(f"{said}: {loopback.violations[-1]}")


def main() -> None:
    """Print how it went; the exit status is 1 where a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--texts", type=int, default=100_000)
    parser.add_argument("--articles", type=int, default=100_000)
    parser.add_argument("--database", type=Path, help="take or keep the articles there")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--slowest", type=int, default=5, help="so many of the slowest are shown")
    given = parser.parse_args()
    chance, now = random.Random(given.seed), datetime.now(UTC)
    words = [word for _ in range(500) for word in sentence(chance, vocabulary(chance), 3, 6).split()]
    found = Found()
    with tempfile.TemporaryDirectory() as place:
        database = given.database or Path(place, "articles.db")
        if not database.exists():
            write_rows(database, given.articles, now)
        for begin in range(0, given.texts, _IN_ONE_RUN):
            numbers = range(begin, min(begin + _IN_ONE_RUN, given.texts))
            asyncio.run(_run(database, chance, words, numbers, found))
    for kind, them in (("raised", found.raised), ("over a limit", found.over)):
        for said in them[:10]:
            print(f"{kind}: {said}")
    found.times.sort(reverse=True)
    for taken, said in found.times[: given.slowest]:
        print(f"{taken:.0f} ms: {said}")
    taken = [each for each, _ in found.times]
    p50, p99 = taken[len(taken) // 2], taken[len(taken) // 100]
    met = not found.raised and not found.over and p99 < _GOAL
    print("| asked | articles | raised | over a limit | p50 | p99 | goal | met |\n|---|---|---|---|---|---|---|---|")
    counts = f"| {given.texts:,} | {given.articles:,} | {len(found.raised)} | {len(found.over)} |"
    print(f"{counts} {p50:.1f} ms | {p99:.1f} ms | p99 {_GOAL} ms | {'yes' if met else 'no'} |")
    if not met:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
