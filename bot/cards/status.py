"""What hosts see: a load while it runs, its report, and how the program is."""

from datetime import datetime

import discord
from discord import ui

from bot.cards import ids, texts
from bot.cards.layout import Layout, button, sentence, separator
from bot.cards.markup import shown
from bot.models import CorpusSummary, LoadReport, Problem, Vitals
from bot.store.deliveries import Queue

_SHOWN_PROBLEMS = 5
_REASON = 300  # characters of why a load or CORPUS_SYNC failed: it holds paths, and what a program said


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
        lines.append(f"**Not brought up to date** {shown(sync_failure, _REASON)}")
    if not report.problem_count:
        return Layout(ui.TextDisplay("\n".join(lines)))
    trouble = [f"**{texts.count(report.problem_count, 'problem')}**"]
    trouble += [problem_line(problem) for problem in report.problems[:_SHOWN_PROBLEMS]]
    if report.problem_count > _SHOWN_PROBLEMS:
        trouble.append(f"-# and {report.problem_count - _SHOWN_PROBLEMS:,} more: run `heatline check` on the host")
    return Layout(ui.TextDisplay("\n".join(lines)), separator(), ui.TextDisplay("\n".join(trouble)))


def problem_line(problem: Problem) -> str:
    """Return a problem in a line: file, line and field, what is wrong, what was done.

    Five fit a reply even if every character needs escaping.
    """
    place = f" line {problem.line}" if problem.line else ""
    field = f" {shown(problem.field, 60)}" if problem.field else ""
    return f"-# {shown(problem.file, 80)}{place}{field}: {shown(problem.what, 120)}; {shown(problem.done, 60)}"


def status_layout(
    vitals: Vitals,
    corpus: CorpusSummary,
    subscriptions: tuple[int, int],
    queue: Queue,
    now: datetime,
    *,
    stopped_at: datetime | None = None,
) -> ui.LayoutView:
    """Return how the program is. `subscriptions` are the numbers of active and of paused ones.

    `stopped_at` is when a host paused all sending, if one did.
    """
    newest = f", newest {texts.plain_date(corpus.newest)}" if corpus.newest else ""
    active, paused = subscriptions
    waiting = f"{queue.waiting:,} waiting"
    if queue.oldest:
        waiting += f", the oldest from <t:{int(queue.oldest.timestamp())}:R>"
    lines = [
        f"### Heatline {vitals.version}",
        f"Started <t:{int(vitals.started_at.timestamp())}:R> · {texts.count(vitals.servers, 'server')}",
        f"**News** {texts.count(corpus.articles, 'article')} in {texts.count(corpus.topics, 'topic')}{newest}",
        f"**Last load** {_last_load(corpus)}",
        *([f"**Last load refused** {shown(vitals.load_refused, _REASON)}"] if vitals.load_refused else []),
        *([f"**Not brought up to date** {shown(vitals.sync_failure, _REASON)}"] if vitals.sync_failure else []),
        f"**Subscriptions** {active:,} active, {paused:,} paused",
        f"**Queue** {waiting} · {vitals.in_flight:,} under way",
        f"**Last 24 hours** {queue.sent:,} sent, {queue.failed:,} failed, {queue.uncertain:,} possibly sent twice",
    ]
    if stopped_at:
        lines.append(f"**Sending is paused** by a host since <t:{int(stopped_at.timestamp())}:R>: /admin resume")
    if vitals.paused_for:
        lines.append(f"**Sending is paused** for another {vitals.paused_for:.0f} s: Discord asked for it")
    if vitals.invalid_requests:
        lines.append(f"**Refused by Discord** {vitals.invalid_requests:,} requests in ten minutes")
    return Layout(ui.TextDisplay("\n".join(lines)))


def _last_load(corpus: CorpusSummary) -> str:
    if corpus.last_load is None or corpus.last_load_at is None:
        return "none yet"
    report = corpus.last_load
    when = f"<t:{int(corpus.last_load_at.timestamp())}:R>"
    return f"{when}, {texts.count(report.problem_count, 'problem')}, {report.seconds:.1f} s"
