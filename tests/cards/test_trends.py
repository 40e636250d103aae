"""The trends as a reply, and their picture."""

import gettext
import io
import json
import re
import signal
import subprocess
import sys
from asyncio.subprocess import Process
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from discord import ComponentType
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from bot.briefing.trends import PERIODS, Trends, calendar, course
from bot.cards import drawing, language, limits
from bot.cards.chart import draw, label
from bot.cards.drawing import Charts
from bot.cards.language import speaking
from bot.cards.trends import alt, trends_layout
from bot.corpus import limits as corpus
from tests.cards.markdown import active, unescaped
from tests.cards.news import components, refused, reply, texts, written

NOW = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
KEY = "ABCDEFGHIJKLMNOP"
MOST_BYTES = 150_000
AWKWARD = ["AI $x_2$ \\frac{1", "Ελληνικά και Кириллица", "机器人", "الذكاء", "# " + "W" * 98]


@pytest.fixture(autouse=True, scope="module")
def fonts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder for matplotlib's list of fonts, so that it leaves the user's home alone."""
    folder = tmp_path_factory.mktemp("matplotlib")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MPLCONFIGDIR", str(folder))
        patch.setattr(drawing, "_SECONDS", 100.0)  # as long as a busy machine takes
        yield folder


def made(topic: str | None, days: int, names: Sequence[str], *, stories: int = 3) -> Trends:
    """Return trends of so many stories in each span of the first topic, and ever fewer of those after it."""
    when = calendar(NOW, days, "Europe/Berlin")
    spans = len(when.edges) - 1
    rows = [course(name, [max(0, stories - number)] * spans, when, 0) for number, name in enumerate(names)]
    whole = course("", [10 * stories] * spans, when, 0)
    other = course("", [2 * stories] * spans, when, 0)
    if topic is not None:
        return Trends(topic, "Europe/Berlin", when.step, when.starts, rows[0], whole)
    return Trends(None, None, when.step, when.starts, whole, whole, tuple(rows), other)


def answered(trends: Trends, **fields: Any) -> str:
    """Return the words of a reply."""
    return written(reply(trends_layout(trends, KEY, NOW, drawn=trends.drawn, **fields)))


# --- the words -----------------------------------------------------------------------------------------------


def test_a_topic() -> None:
    text = answered(made("AI", 30, ["AI"]))
    assert text == (
        "### AI · 90 stories in the last 30 days\n"
        "As many as in the 30 days before. Busiest day: Tuesday 10 March, 3 stories. 10% of all stories.\n"
        "-# Every story counts once, on the day it came in. "
        "Days are those of Europe/Berlin; today, outlined, is not over."
    )


def test_the_leading_topics() -> None:
    text = answered(made(None, 7, ["AI", "Robotics"]), note="Sample news only.", shared_by=5)
    assert text == (
        "### Trends · 210 stories in the last 7 days\n"
        "As many as in the 7 days before. Busiest day: Tuesday 10 March, 30 stories.\n"
        "-# Sample news only.\n"
        "**1. AI** · 21\n**2. Robotics** · 14\nOther topics · 42\n"
        "-# Every story counts once, on the day it came in; with several topics, in each of them. "
        "Days are those of UTC; today, outlined, is not over.\n"
        "-# Shared by <@5>"
    )


def test_a_year() -> None:
    text = answered(made("AI", 365, ["AI"]))
    assert text.startswith("### AI · 156 stories in the last 52 weeks\nAs many as in the 52 weeks before. ")
    assert "Busiest week: from 4 March, 3 stories." in text
    assert text.endswith("the weeks end today.")


@pytest.mark.parametrize(
    ("before", "said"),
    [
        (None, ""),
        (0, "None in the 7 days before. "),
        (21, "As many as in the 7 days before. "),
        (1_200, "Down from 1,200 in the 7 days before. "),
        (3, "Up from 3 in the 7 days before. "),
    ],
)
def test_the_change_to_the_period_before(before: int | None, said: str) -> None:
    trends = made("AI", 7, ["AI"])
    changed = replace(trends, stories=replace(trends.stories, before=before))
    assert answered(changed).splitlines()[1] == f"{said}Busiest day: Tuesday 10 March, 3 stories. 10% of all stories."


@pytest.mark.parametrize(
    ("before", "said"), [(30, ", down from 30"), (1, ", up from 1"), (0, ", none before"), (21, ""), (None, "")]
)
def test_the_change_of_a_leading_topic(before: int | None, said: str) -> None:
    trends = made(None, 7, ["AI"])
    row = replace(trends.leading[0], before=before)
    assert f"**1. AI** · 21{said}\n" in answered(replace(trends, leading=(row,)))
    # Where there was no news at all before, that is said once.
    assert "**1. AI** · 21\n" in answered(replace(trends, leading=(row,), stories=replace(trends.stories, before=0)))


def test_a_small_share_and_a_day_like_any_other() -> None:
    trends = made("AI", 7, ["AI"])
    few = replace(trends, stories=replace(trends.stories, counts=(1,), before=None))
    many = replace(few, everything=replace(trends.everything, counts=(1000,)))
    assert answered(many).splitlines()[1] == "Under 1% of all stories."


def test_reports_that_were_not_told_apart_are_told_of() -> None:
    assert "-# Every report of a story counts." in answered(replace(made("AI", 7, ["AI"]), apart=False))


def test_the_picture_that_could_not_be_drawn_is_missed_only_where_there_should_be_one() -> None:
    missed = "There is no picture this time"
    for stories, there in ((2, True), (1, False)):
        trends = made("AI", 7, ["AI"], stories=stories)
        assert trends.drawn is there
        message = reply(trends_layout(trends, KEY, NOW, drawn=False))
        assert (missed in written(message)) is there
        assert components(message, ComponentType.media_gallery) == []


def test_sharing_is_offered_where_it_may_be() -> None:
    trends = made("AI", 7, ["AI"])

    def buttons(**fields: Any) -> list[str]:
        message = reply(trends_layout(trends, KEY, NOW, drawn=True, **fields))
        return [each["custom_id"] for each in components(message, ComponentType.button)]

    assert buttons() == [f"hl1:tr:{KEY}:1773144000"]
    assert buttons(shareable=False) == buttons(shared_by=5) == []


def test_the_picture_has_words() -> None:
    assert alt(made("AI", 30, ["AI"])) == (
        "Chart of AI: stories a day in the last 30 days, 90 stories in all. "
        "Busiest day: Tuesday 10 March, 3 stories. 10% of all stories."
    )
    assert alt(made(None, 7, ["AI", "Robotics"])) == (
        "Chart of stories a day by topic in the last 7 days: AI 21, Robotics 14 and other topics 42. "
        "Busiest day: Tuesday 10 March, 30 stories."
    )


@given(st.lists(texts(corpus.NAME), min_size=1, max_size=5), st.sampled_from(PERIODS), st.booleans())
def test_any_topics_fit_and_show_as_they_are_written(names: list[str], days: int, one: bool) -> None:
    trends = made(names[0] if one else None, days, names, stories=10**6)
    message = reply(trends_layout(trends, KEY, NOW, drawn=True, note="A note.", shared_by=5))
    assert refused(message) == []
    ours = r"^(?:### |-# |\*\*\d\. )|\*\*|<@5>"
    assert active(re.sub(ours, "", unescaped(written(message)), flags=re.MULTILINE)) == []
    assert 0 < len(alt(trends)) <= limits.ALT_TEXT


# --- the picture ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("days", PERIODS)
@pytest.mark.parametrize(
    ("topic", "stories"), [(None, 2), (None, 10**7), ("AI", 1), (AWKWARD[0], 23_456), (AWKWARD[2], 10**7)]
)
def test_a_picture_is_whole_small_and_draws_only_what_it_has_glyphs_for(
    topic: str | None, days: int, stories: int
) -> None:
    # A glyph that is missing would be a warning, and so an error.
    trends = made(topic, days, [topic] if topic else AWKWARD, stories=stories)
    png = draw(trends)
    assert len(png) < MOST_BYTES
    with Image.open(io.BytesIO(png)) as file:
        picture = file.convert("RGB")
    assert picture.size == (1600, 800)
    ground = picture.getpixel((0, 0))
    assert ground == (0x1E, 0x1F, 0x22)
    inner = picture.crop((12, 8, 1588, 792))
    frame = Image.new("RGB", picture.size, ground)
    frame.paste(inner, (12, 8))
    assert picture.tobytes() == frame.tobytes()  # nothing reaches the edge, so nothing is cut
    assert len(inner.getcolors(1 << 16) or ()) > 10


def test_a_picture_of_one_topic_alone_or_of_none() -> None:
    trends = made(None, 7, ["AI"])
    for some in (replace(trends, other=None), replace(trends, leading=())):
        assert draw(some).startswith(b"\x89PNG")


def test_a_picture_is_in_words_of_the_language(monkeypatch: pytest.MonkeyPatch) -> None:
    class Loud(gettext.NullTranslations):
        def gettext(self, message: str) -> str:
            return message.upper() if "{" not in message else message

    for trends in (made(None, 7, ["AI"]), made("AI", 365, ["AI"])):
        english = draw(trends)
        with monkeypatch.context() as patch:
            patch.setattr(language, "catalogue", lambda _language: Loud())
            assert draw(trends) != english


@pytest.mark.parametrize(
    ("name", "drawn"),
    [
        ("AI", "AI"),
        ("Ελληνικά", "Ελληνικά"),
        ("Экономика", "Экономика"),
        ("Climate and energy policy", "Climate and energy…"),
        ("W" * 100, "W" * 11 + "…"),
        ("机器人", "Topic 3: see text"),
        ("الذكاء", "Topic 3: see text"),
        ("עברית", "Topic 3: see text"),
        ("हिन्दी", "Topic 3: see text"),
        ("🤖 bots", "Topic 3: see text"),
    ],
)
def test_what_cannot_be_drawn_has_its_number_in_the_text(name: str, drawn: str) -> None:
    assert label(name, 3) == drawn


# --- the process that draws ----------------------------------------------------------------------------------


async def test_a_picture_is_drawn_in_another_process_and_kept(fonts: Path) -> None:
    charts = Charts(fonts / "charts")
    trends = made("机器人", 30, ["机器人"])
    png = await charts.png(trends)
    assert png is not None
    assert png.startswith(b"\x89PNG")
    assert await charts.png(made("机器人", 30, ["机器人"])) is png
    assert [file.suffix for file in (fonts / "charts").iterdir()] == [".json"]


async def test_only_the_last_pictures_are_kept(fonts: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drawing, "_KEPT", 1)
    charts = Charts(fonts)
    first = await charts.png(made("AI", 7, ["AI"]))
    assert await charts.png(made("AI", 30, ["AI"])) != first
    again = await charts.png(made("AI", 7, ["AI"]))
    assert again == first
    assert again is not first


async def test_a_picture_is_for_those_who_read_its_language(fonts: Path, caplog: pytest.LogCaptureFixture) -> None:
    charts = Charts(fonts)
    trends = made("AI", 7, ["AI"])
    assert await charts.png(trends) is not None
    with speaking("nowhere"):
        assert await charts.png(trends) is None
    assert "nowhere.po" in caplog.text


async def test_a_process_that_got_ready_draws_and_one_that_is_not_needed_ends(fonts: Path) -> None:
    charts = Charts(fonts)
    started: list[Process] = []
    start = charts._start

    async def counted() -> Process:
        started.append(await start())
        return started[-1]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(charts, "_start", counted)
        async with charts.getting_ready(), charts.getting_ready():
            assert await charts.png(made("AI", 7, ["AI"])) is not None
        async with charts.getting_ready():
            assert await charts.png(made("AI", 7, ["AI"])) is not None  # kept
    assert [process.returncode for process in started] == [0, -signal.SIGKILL]


async def test_what_takes_too_long_is_given_up(
    fonts: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(drawing, "_SECONDS", 0.0)
    assert await Charts(fonts).png(made("AI", 7, ["AI"])) is None
    assert "not drawn within 0 seconds" in caplog.text


@pytest.mark.parametrize("program", ["/bin/false", "/nowhere/python"])
async def test_a_process_that_fails_costs_the_picture_only(
    fonts: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, program: str
) -> None:
    monkeypatch.setattr(sys, "executable", program)
    assert await Charts(fonts).png(made("AI", 7, ["AI"])) is None
    assert "A chart was not drawn: " in caplog.text


def test_neither_is_matplotlib_imported_by_the_bot_nor_discord_by_what_draws() -> None:
    look = "import sys, json; import {0}; print(json.dumps(sorted({{name.split('.')[0] for name in sys.modules}})))"

    def imported(module: str) -> set[str]:
        command = [sys.executable, "-c", look.format(module)]
        return set(json.loads(subprocess.run(command, capture_output=True, check=True, timeout=60).stdout))

    assert not {"matplotlib", "numpy"} & imported("bot.app")
    assert not {"discord", "sqlalchemy", "pydantic", "asyncio"} & imported("bot.cards.chart")
