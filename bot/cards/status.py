"""What hosts see: a load while it runs, its report, and the problems of its files."""

from collections.abc import Sequence

import discord
from discord import ui

from bot.cards import ids, limits, texts
from bot.cards.layout import Layout, button, sentence, separator
from bot.cards.markup import shown
from bot.models import LoadReport, Problem
from bot.store.problems import ProblemKind

NO_PROBLEMS = "No problems: every news file of the last load could be read whole."

_SHOWN_PROBLEMS = 5
REASON = 300  # characters of why a load or CORPUS_SYNC failed: it holds paths, and what a program said


def progress_layout(done: int, total: int) -> ui.LayoutView:
    """Return how far a load is."""
    if not total:
        return sentence("Looking for files…")
    filled = round(20 * done / total)
    return sentence(f"Reading the news folder: {done:,} of {total:,} files\n`{'█' * filled}{'░' * (20 - filled)}`")


def refused_layout(reason: str) -> ui.LayoutView:
    """Return why a load was refused, with the button that loads all the same."""
    return sentence(reason, button(texts.REMOVE_ANYWAY, ids.MASS_REMOVAL, discord.ButtonStyle.danger))


def report_layout(report: LoadReport, queued: int, sync_failure: str | None = None) -> ui.LayoutView:
    """Return what a load did, with its first problems, what was pushed, and why CORPUS_SYNC failed before it."""
    changes = (
        f"{report.added:,} added, {report.updated:,} updated, {report.hidden:,} hidden, {report.unchanged:,} unchanged"
    )
    if report.gone:
        changes += f", {report.gone:,} gone"
    lines = [
        f"### {'Reloaded' if report.number else 'Reloaded: nothing changed'}",
        changes,
        f"{texts.count(report.articles, 'article')} can be read · {report.seconds:.1f} s",
        f"{texts.count(queued, 'message')} queued for channels",
    ]
    if report.backfilled:
        lines.append(f"{texts.count(report.backfilled, 'article')} taken in quietly: a new folder is not pushed")
    if report.skipped:
        lines.append(f"{texts.count(report.skipped, 'file')} skipped, not news")
    if sync_failure:
        lines.append(f"**Not brought up to date** {shown(sync_failure, REASON)}")
    if not report.problem_count:
        return Layout(ui.TextDisplay("\n".join(lines)))
    trouble = [f"**{texts.count(report.problem_count, 'problem')}**"]
    trouble += [problem_line(problem) for problem in report.problems[:_SHOWN_PROBLEMS]]
    if report.problem_count > _SHOWN_PROBLEMS:
        trouble.append(f"-# and {report.problem_count - _SHOWN_PROBLEMS:,} more: /admin problems")
    return Layout(ui.TextDisplay("\n".join(lines)), separator(), ui.TextDisplay("\n".join(trouble)))


def problem_line(problem: Problem) -> str:
    """Return a problem in a line: file, line and field, what is wrong, what was done.

    Five fit a reply even if every character needs escaping.
    """
    place = f" line {problem.line}" if problem.line else ""
    field = f" {shown(problem.field, 60)}" if problem.field else ""
    return f"-# {shown(problem.file, 80)}{place}{field}: {shown(problem.what, 120)}; {shown(problem.done, 60)}"


def problems_layout(kinds: Sequence[ProblemKind], count: int) -> ui.LayoutView:
    """Return the problems of the last load by kind, as many kinds as fit, each with its first files."""
    if not count:
        return sentence(NO_PROBLEMS)
    pieces, told, room = [], 0, limits.V2_TEXT - 200
    for kind in kinds:
        piece = _kind(kind)
        room -= len(piece) + 1
        if room < 0:
            break
        pieces.append(piece)
        told += kind.count
    if told < count:
        pieces.append(f"-# and {count - told:,} more: run `python -m bot check` on the host")
    title = f"### {texts.count(count, 'problem')} in the news folder"
    return Layout(ui.TextDisplay(title), separator(), ui.TextDisplay("\n".join(pieces)))


def _kind(kind: ProblemKind) -> str:
    field = f"{shown(kind.field, 60)}: " if kind.field else ""
    files = ", ".join(f"{shown(each.file, 80)}{f':{each.line}' if each.line else ''}" for each in kind.first)
    more = f" and {kind.count - len(kind.first):,} more" if kind.count > len(kind.first) else ""
    return f"**{kind.count:,}** {field}{shown(kind.what, 120)}; {shown(kind.done, 60)}\n-# {files}{more}"
