"""What hosts see: a load while it runs, its report, and the problems of its files."""

from collections.abc import Sequence

import discord
from babel import Locale
from babel.numbers import format_decimal
from discord import ui

from bot.cards import ids, limits, order_texts, texts
from bot.cards.faults import in_words
from bot.cards.language import N_, _, ngettext, number, spoken
from bot.cards.layout import Layout, button, sentence, separator
from bot.cards.markup import shown
from bot.models import LoadReport, Problem
from bot.store.problems import ProblemKind

NO_PROBLEMS = N_("No problems: every news file of the last load could be read whole.")

NOT_SYNCED = N_("**Not brought up to date** {reason}")

_SHOWN_PROBLEMS = 5
_REASON = 300  # characters of why a load or CORPUS_SYNC failed: it holds paths, and what a program said


def progress_layout(done: int, total: int) -> ui.LayoutView:
    """Return how far a load is."""
    if not total:
        return sentence(_("Looking for files…"))
    filled = round(20 * done / total)
    text = _("Reading the news folder: {done} of {total} files", done=done, total=total)
    return sentence(f"{text}\n`{'█' * filled}{'░' * (20 - filled)}`")


def refused_layout(reason: str) -> ui.LayoutView:
    """Return why a load was refused, with the button that loads all the same."""
    return sentence(trouble(reason), button(_(texts.REMOVE_ANYWAY), ids.MASS_REMOVAL, discord.ButtonStyle.danger))


def failed_layout(reason: str) -> ui.LayoutView:
    """Return why a load failed."""
    return sentence(trouble(reason))


def trouble(told: str) -> str:
    """Return what was told of trouble with a load, escaped, in the language spoken now."""
    return shown(in_words(told), _REASON)


def report_layout(report: LoadReport, queued: int, sync_failure: str | None = None) -> ui.LayoutView:
    """Return what a load did, with its first problems, what was pushed, and why CORPUS_SYNC failed before it."""
    lines = [_("### Reloaded") if report.number else _("### Reloaded: nothing changed"), *_done(report, queued)]
    if sync_failure:
        lines.append(_(NOT_SYNCED, reason=trouble(sync_failure)))
    if not report.problem_count:
        return Layout(ui.TextDisplay("\n".join(lines)))
    several = ngettext("{number} problem", "{number} problems", report.problem_count)
    found = [f"**{several}**", *map(problem_line, report.problems[:_SHOWN_PROBLEMS])]
    if report.problem_count > _SHOWN_PROBLEMS:
        rest = report.problem_count - _SHOWN_PROBLEMS
        more = ngettext("and {number} more: /admin problems", "and {number} more: /admin problems", rest)
        found.append(f"-# {more}")
    return Layout(ui.TextDisplay("\n".join(lines)), separator(), ui.TextDisplay("\n".join(found)))


def _done(report: LoadReport, queued: int) -> list[str]:
    """Return what a load did, line by line."""
    changes = [
        _("{number} added", number=report.added),
        _("{number} updated", number=report.updated),
        _("{number} hidden", number=report.hidden),
        _("{number} unchanged", number=report.unchanged),
    ]
    if report.gone:
        changes.append(_("{number} gone", number=report.gone))
    readable = ngettext("{number} article can be read", "{number} articles can be read", report.articles)
    lines = [
        ", ".join(changes),
        f"{readable} · {seconds(report.seconds)}",
        ngettext("{number} message queued for channels", "{number} messages queued for channels", queued),
    ]
    if report.backfilled:
        quietly = ngettext(
            "{number} article taken in quietly: a new folder is not pushed",
            "{number} articles taken in quietly: a new folder is not pushed",
            report.backfilled,
        )
        lines.append(quietly)
    if report.skipped:
        lines.append(ngettext("{number} file skipped, not news", "{number} files skipped, not news", report.skipped))
    return lines


def seconds(took: float) -> str:
    """Return how long something took."""
    return _("{seconds} s", seconds=decimal(took))


def decimal(value: float) -> str:
    """Return a number with one decimal as the language writes it."""
    return format_decimal(f"{value:.1f}", "#,##0.0", locale=Locale.parse(spoken(), sep="-"))


def problem_line(problem: Problem) -> str:
    """Return a problem in a line: file, line and field, what is wrong, what was done.

    Five fit a reply even if every character needs escaping.
    """
    line = _("line {line}", line=str(problem.line)) if problem.line else ""
    place = " ".join(filter(None, (shown(problem.file, 80), line, shown(problem.field or "", 60))))
    return f"-# {place}: {_wrong(problem)}"


def _wrong(problem: Problem | ProblemKind) -> str:
    return f"{shown(in_words(problem.what), 120)}; {shown(in_words(problem.done), 60)}"


def problems_layout(kinds: Sequence[ProblemKind], count: int) -> ui.LayoutView:
    """Return the problems of the last load by kind, as many kinds as fit, each with its first files."""
    if not count:
        return sentence(_(NO_PROBLEMS))
    pieces, told, room = [], 0, limits.V2_TEXT - 200
    for kind in kinds:
        piece = _kind(kind)
        room -= len(piece) + 1
        if room < 0:
            break
        pieces.append(piece)
        told += kind.count
    if told < count:
        more = ngettext(
            "and {number} more: run `python -m bot check` on the host",
            "and {number} more: run `python -m bot check` on the host",
            count - told,
        )
        pieces.append(f"-# {more}")
    title = ngettext("### {number} problem in the news folder", "### {number} problems in the news folder", count)
    return Layout(ui.TextDisplay(title), separator(), ui.TextDisplay("\n".join(pieces)))


def _kind(kind: ProblemKind) -> str:
    field = f"{shown(kind.field, 60)}: " if kind.field else ""
    files = ", ".join(f"{shown(each.file, 80)}{f':{each.line}' if each.line else ''}" for each in kind.first)
    where = order_texts.and_more(files, kind.count - len(kind.first))
    return f"**{number(kind.count)}** {field}{_wrong(kind)}\n-# {where}"
