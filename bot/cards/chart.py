"""The picture of trends, a PNG drawn by matplotlib: a program of its own, started by `bot.cards.drawing`.

`python -m bot.cards.chart` reads a language and a pickled `Trends` from its input and writes the PNG to its output.
"""

import io
import math
import pickle
import sys
import unicodedata
from collections.abc import Sequence

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import findfont, get_font
from matplotlib.ft2font import FT2Font
from matplotlib.typing import RcKeyType

from bot.briefing.trends import Trends
from bot.cards.language import _, number, short_date, speak
from bot.cards.markup import cut

# A ground of its own: no one colour of text has more than 3.6:1 on both of Discord's grounds, #313338 and #ffffff.
# On this one the text has 15:1, the quiet text 7:1, the accent 6:1 and what is plain 3.5:1.
_GROUND = "#1e1f22"
_TEXT = "#f2f3f5"
_QUIET = "#a5a9b1"
_LINE = "#43454b"
_ACCENT = "#ff7a3d"
_PLAIN = "#72767e"

# 1600 x 800 pixels. Discord shows them 550 wide, a phone 350: of a text's 35 pixels, 12 and 8 are left.
_SIZE = (16.0, 8.0)
_DPI = 100
_POINTS = 25

_LABEL = 440
"""Pixels that a topic's name may take: some 22 letters."""


def draw(trends: Trends) -> bytes:
    """Return the picture of a period with a story or more: one topic with its mean and share, or the leading topics."""
    looks: dict[RcKeyType, object] = {
        "font.family": "DejaVu Sans",  # comes with matplotlib, so that every machine draws the same
        "text.parse_math": False,  # a topic may have dollars in it
        "text.color": _TEXT,
        "axes.edgecolor": _LINE,
        "axes.facecolor": _GROUND,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.spines.left": False,
        "xtick.color": _LINE,
        "xtick.labelcolor": _QUIET,
        "ytick.color": _LINE,
        "ytick.labelcolor": _QUIET,
        "font.size": _POINTS,
        "axes.titlesize": _POINTS,
    }
    with rc_context(looks):
        figure = Figure(figsize=_SIZE, dpi=_DPI, facecolor=_GROUND)
        FigureCanvasAgg(figure)
        if trends.topic is None:
            _draw_rows(figure, trends)
        else:
            _draw_topic(figure, trends)
        buffer = io.BytesIO()
        figure.savefig(buffer, format="png", metadata={"Software": None})
    return buffer.getvalue()


def _draw_rows(figure: Figure, trends: Trends) -> None:
    """Draw a row for each of the leading topics and one for the rest, all to one scale."""
    rows = [*trends.leading, *([trends.other] if trends.other else [])]
    most = max(max(row.counts) for row in rows)
    axes = figure.subplots(len(rows), 1, sharex=True, squeeze=False)[:, 0]
    names = [label(row.name, rank) for rank, row in enumerate(trends.leading, 1)]
    names += [_("Other topics") if trends.leading else _("All stories")] if trends.other else []
    totals = [number(row.total) for row in rows]
    left = 0.06 + max(map(_width, names)) / (_SIZE[0] * _DPI)
    right = 0.95 - max(map(_width, totals)) / (_SIZE[0] * _DPI)
    figure.subplots_adjust(left=left, right=right, top=0.9, bottom=0.11, hspace=0.2)
    for axis, row, name, total in zip(axes, rows, names, totals, strict=True):
        _bars(axis, row.counts, _PLAIN if row is trends.other else _ACCENT, trends)
        axis.set_ylim(0, most)
        axis.set_yticks([])
        axis.text(-0.03, 0.05, name, transform=axis.transAxes, ha="right")
        axis.text(1.02, 0.05, total, transform=axis.transAxes)
    axes[0].set_title(_title(trends), loc="left", pad=14)
    _days(axes[-1], trends, most=4)


def _draw_topic(figure: Figure, trends: Trends) -> None:
    """Draw a topic's stories with their rolling mean, and below its share of all stories."""
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=[3, 1])
    figure.subplots_adjust(left=0.1, right=0.95, top=0.9, bottom=0.11, hspace=0.5)
    counts, means = trends.stories.counts, trends.stories.means
    name = label(trends.stories.name, None)
    _bars(upper, counts, _PLAIN, trends)
    upper.set_title(_title_of(name, trends) if name else _title(trends), loc="left", pad=14)
    if any(mean is not None for mean in means):
        heights = [float("nan") if mean is None else mean for mean in means]
        upper.plot(range(len(means)), heights, color=_ACCENT, linewidth=6, solid_capstyle="round")
        mean = _("mean of 4 weeks") if trends.step > 1 else _("mean of 7 days")
        upper.set_title(mean, loc="right", color=_ACCENT, pad=14)
    _scale(upper, max(counts))
    every = trends.everything.counts
    shares = [100 * some / all_of_it if all_of_it else 0.0 for some, all_of_it in zip(counts, every, strict=True)]
    _bars(lower, shares, _PLAIN, trends)
    lower.set_title(_("Percent of all stories"), loc="left", pad=14)
    _scale(lower, max(shares))
    _days(lower, trends, most=7)


def _title(trends: Trends) -> str:
    return _("Stories a week") if trends.step > 1 else _("Stories a day")


def _title_of(name: str, trends: Trends) -> str:
    return _("{topic}: stories a week", topic=name) if trends.step > 1 else _("{topic}: stories a day", topic=name)


def _bars(axis: Axes, heights: Sequence[float], colour: str, trends: Trends) -> None:
    """Draw a bar for each day or week; a day that is not over has an outline only."""
    bars = axis.bar(range(len(heights)), heights, width=0.8, color=colour)
    axis.set_xlim(-0.6, len(heights) - 0.4)
    if trends.step == 1 and heights[-1]:
        bars[-1].set(facecolor=_GROUND, edgecolor=colour, linewidth=3)


def _scale(axis: Axes, most: float) -> None:
    """Mark nothing and a round number below the top, which is all that a reader needs of a scale."""
    marks = [unit * 10**power for power in range(9, -1, -1) for unit in (5, 2, 1)]
    mark = next((each for each in marks if each <= most), 1)
    axis.set_ylim(0, max(most, mark) * 1.05)
    axis.set_yticks([0, mark], ["0", _short(mark)])
    axis.grid(axis="y", color=_LINE, linewidth=1.5)
    axis.set_axisbelow(True)
    axis.tick_params(axis="y", length=0)


def _short(mark: int) -> str:
    """Return a round number in few characters."""
    if mark >= 10**6:
        return _("{number} M", number=mark // 10**6)
    return _("{number} k", number=mark // 1000) if mark >= 10**4 else number(mark)


def _days(axis: Axes, trends: Trends, most: int) -> None:
    """Write some dates below the days that they are, today's among them."""
    count = len(trends.starts)
    places = list(range(count - 1, -1, -math.ceil(count / most)))
    axis.set_xticks(places, [short_date(trends.starts[place]) for place in places])
    axis.tick_params(axis="x", length=0, pad=10)


def label(name: str, rank: int | None) -> str:
    """Return a name as far as it can be drawn, else its number in the list: the font has neither Chinese nor Arabic."""
    glyphs = _font().get_charmap()
    # It has Arabic letters, but they would stand apart and from left to right.
    if not all(ord(each) in glyphs and unicodedata.bidirectional(each) not in ("R", "AL", "AN") for each in name):
        return "" if rank is None else _("Topic {number}: see text", number=rank)
    lengths = range(len(name), 0, -1)
    return next(short for length in lengths if _width(short := cut(name, length)) <= _LABEL)


def _width(text: str) -> float:
    """Return how many pixels a text takes."""
    font = _font()
    font.set_size(_POINTS, _DPI)
    font.set_text(text)
    return font.get_width_height()[0] / 64


def _font() -> FT2Font:
    return get_font(findfont("DejaVu Sans"))


def main() -> None:
    """Draw what the input says, and write the picture to the output."""
    language, trends = pickle.load(sys.stdin.buffer)  # noqa: S301 - the bot wrote it
    speak(language)
    sys.stdout.buffer.write(draw(trends))


if __name__ == "__main__":
    main()
