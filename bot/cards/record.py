"""What was posted and why: the log of deliveries, and the explanations of one article."""

import re
from collections.abc import Collection, Sequence
from datetime import datetime
from itertools import accumulate
from typing import Any

import discord
from discord import ui

from bot.cards import ids, limits, order_texts, texts
from bot.cards.language import N_, _, day_and_month, ngettext
from bot.cards.layout import Layout, button, separator
from bot.cards.markup import cut, shown
from bot.models import DeliveryKind, DeliveryState, Explanation, Level, Rule
from bot.store.claims import QUIET
from bot.store.posted import Entry

PAGE = 10

_FAILURES = {
    "too old": N_("Dropped: it waited until it was no longer news"),
    "withdrawn": N_("Not sent: its stories were taken out of the news"),
    "quarantined": N_("Not sent: Discord refused this story in several channels"),
    "cannot be shown": N_("Failed: it cannot be shown; the host's log says why"),
    "unsubscribed": N_("Not sent: the subscription was removed"),
    "left": N_("Not sent: Heatline was removed from this server"),
    "gone": N_("Failed: the channel is gone. Remove the subscription, or make it again elsewhere"),
    "no permission": N_("Failed: I can't post there. Give Heatline its permissions back"),
}
_HELD = {
    "paused": N_("Held: the subscription is paused. Resume it to send it"),
    "gone": N_("Held: the channel is gone"),
    "no permission": N_("Held: I can't post there until Heatline has its permissions back"),
}
# Reasons with a code of Discord's, as the log tells them, and as the explanation of one story does.
_CODED = {
    "refused": (N_("Failed: Discord refused it ({code})"), N_("Not posted: Discord refused the message")),
    "AutoMod": (
        N_("Failed: this server's AutoMod or word filter refused it ({code})"),
        N_("Not posted: this server's AutoMod or word filter refused the message"),
    ),
}
_CODE = re.compile(r"(\w+) \((\d+)\)")


# --- what was posted -----------------------------------------------------------------------------------------


def log_layout(
    entries: Sequence[Entry], guild_id: int, of: str | None, subscription_id: int, first: int, paused: Collection[int]
) -> ui.LayoutView:
    """Return a page of the log, from its nth entry on, of one subscription (`of` says which) or of all."""
    title = _("### What was sent: {news}", news=of) if of else _("### What was sent")
    part = entries[first : first + PAGE]
    if not part:
        return Layout(ui.TextDisplay(title), ui.TextDisplay(_(order_texts.EMPTY_LOG)))
    lines = [entry(each, guild_id, held=each.subscription_id in paused) for each in part]
    place = ""
    if len(part) < len(entries):
        last = first + len(part)
        place = "\n-# " + _("{first} to {last} of the last {number}", first=first + 1, last=last, number=len(entries))
    buttons = []
    if first > 0:
        buttons.append(button(_("Newer"), ids.log(subscription_id, max(0, first - PAGE))))
    if first + PAGE < len(entries):
        buttons.append(button(_("Older"), ids.log(subscription_id, first + PAGE)))
    return Layout(
        ui.TextDisplay(f"{title}{place}"),
        separator(),
        *map(ui.TextDisplay[Any], lines),
        controls=(ui.ActionRow(*buttons),) if buttons else (),
    )


def entry(each: Entry, guild_id: int, *, held: bool) -> str:
    """Return a delivery in the log; `held` says that its subscription is paused."""
    what = stories(each, 60)
    if each.kind is DeliveryKind.FIRST:
        what = _("First briefing: {stories}", stories=what)
    at = f"<t:{int(each.at.timestamp())}:f>"
    return f"{fate(each, guild_id, held=held)} · {at}\n-# {what} → <#{each.channel_id}>"


def stories(each: Entry, most: int) -> str:
    """Return what was in a delivery: its first headline, in at most so many characters, and how many more."""
    if not each.titles:
        return ngettext(
            "{number} story that has left the news", "{number} stories that have left the news", each.articles
        )
    return order_texts.and_more(_("“{title}”", title=shown(each.titles[0], most)), each.articles - 1)


def fate(each: Entry, guild_id: int, *, held: bool) -> str:
    """Return what became of a delivery; `held` says that its subscription is paused."""
    reason = each.reason or ""
    if each.state is DeliveryState.SENT:
        if reason == "deleted meanwhile":
            return _("Posted, then deleted by someone")
        return _("Posted · [open]({link})", link=message_link(guild_id, each.channel_id, each.message_id))
    if each.state is DeliveryState.FAILED:
        return _failure(reason)
    if held or reason in _HELD:
        return _(_HELD.get(reason, _HELD["paused"]))
    if each.state is DeliveryState.SENDING and not reason:
        return _("Being sent")
    if reason == QUIET:
        return _("Held: quiet hours, goes out {time}", time=order_texts.ago(each.due_at))
    if reason:
        return _("Waits: Discord had trouble, the next try is due {time}", time=order_texts.ago(each.due_at))
    return _("Queued: due {time}", time=order_texts.ago(each.due_at))


def _failure(reason: str) -> str:
    """Return why a delivery failed."""
    if reason in _FAILURES:
        return _(_FAILURES[reason])
    match = _CODE.fullmatch(reason)
    if match and match[1] in _CODED:
        return _(_CODED[match[1]][0], code=match[2])
    return _("Failed: {reason}", reason=shown(reason, 60)) if reason else _("Failed: Discord refused it")


def _why_failed(reason: str) -> str:
    """Return why a story's delivery failed."""
    if reason in _FAILURES:
        return _(_FAILURES[reason])
    match = _CODE.fullmatch(reason)
    return _(_CODED[match[1] if match and match[1] in _CODED else "refused"][1])


def message_link(guild_id: int, channel_id: int, message_id: int | None) -> str:
    """Return the address of a message, or of the channel where it is not known."""
    tail = f"/{message_id}" if message_id else ""
    return f"https://discord.com/channels/{guild_id}/{channel_id}{tail}"


# --- why and why not -----------------------------------------------------------------------------------------


def explain_layout(title: str, explanations: Sequence[Explanation], guild_id: int) -> ui.LayoutView:
    """Return for each subscription why an article was posted or not, with a select to lower a bar that held it back."""
    lines = _fitting([explanation(each, guild_id) for each in explanations])
    pieces: list[ui.Item[Any]] = [ui.TextDisplay(f"**{shown(title, 120)}**"), separator()]
    pieces += map(ui.TextDisplay[Any], lines)
    held = [each for each in explanations if each.rule is Rule.BELOW_BAR]
    if not held:
        return Layout(*pieces)
    if len(held) == 1:
        lower = button(_("Lower the bar"), ids.subscription("lower", held[0].subscription.id))
        return Layout(*pieces, controls=(ui.ActionRow(lower),))
    select: ui.Select[Any] = ui.Select(
        custom_id=ids.EXPLAIN,
        placeholder=_(order_texts.LOWER),
        options=[
            discord.SelectOption(
                label=cut(texts.plain_about(each.subscription.terms), limits.OPTION), value=str(each.subscription.id)
            )
            for each in held[: limits.OPTIONS]
        ],
    )
    return Layout(*pieces, controls=(ui.ActionRow(select),))


def _fitting(lines: Sequence[str]) -> Sequence[str]:
    """Return the lines; where 25 long answers do not fit, those that do, and the number of the rest."""
    room = limits.V2_TEXT - 400
    ends = list(accumulate(map(len, lines)))
    kept = sum(end <= room for end in ends)
    if kept == len(lines):
        return lines
    rest = ngettext("And {number} subscription more.", "And {number} subscriptions more.", len(lines) - kept)
    return [*lines[:kept], f"-# {rest}"]


def explanation(each: Explanation, guild_id: int) -> str:
    """Return in a sentence why an article was posted for a subscription, or why it was not."""
    known = each.subscription
    why = [_why(each), _opened(each, guild_id), _("The subscription was changed since.") if each.edited_since else ""]
    return f"**{shown(texts.plain_about(known.terms), 80)}** → <#{known.channel_id}>\n{' '.join(filter(None, why))}"


def _opened(each: Explanation, guild_id: int) -> str:
    """Return the link to what was posted, if that is known."""
    if each.message_id is None or each.rule not in (Rule.POSTED, Rule.SAME_STORY):
        return ""
    return _("[Open it]({link})", link=message_link(guild_id, each.subscription.channel_id, each.message_id))


_PLAIN = {
    Rule.HIDDEN: N_("Not posted: the story is not in the published news."),
    Rule.UNSCORED: N_("Not posted yet: the story has no heat so far. It comes once it has."),
    Rule.SUPERSEDED: N_("Not posted: another report of the same story took its place."),
    Rule.QUIETLY: N_("Not posted: it came with a whole folder of older news, which is not pushed."),
    Rule.OTHER_TOPIC: N_("Not posted: it has another topic."),
    Rule.OTHER_PROVIDER: N_("Not posted: it is from another publisher."),
    Rule.OTHER_WORDS: N_("Not posted: its headline and summary do not fit your words."),
    Rule.OTHER_TYPE: N_("Not posted: you chose articles only, or videos only, and it is not one."),
    Rule.BLOCKED: N_("Not posted: this server blocks its publisher, or a word in it."),
    Rule.CROWDED_OUT: N_("Not posted: hotter stories took all the room until it was no longer news."),
    Rule.OLDER: N_("Not posted: it was there before the subscription, which gets what comes after it."),
    Rule.SAME_STORY: N_("Not posted: the channel had this story already."),
}


def _why(each: Explanation) -> str:
    if each.rule is Rule.POSTED:
        return _("Posted on {date}.", date=day_and_month(each.at)) if each.at else _("Posted.")
    if each.rule in (Rule.QUEUED, Rule.WAITING):
        return _why_it_waits(each.rule, each.until)
    if each.rule is Rule.FAILED:
        return _ended(_why_failed(each.reason or ""), each.at)
    if each.rule is Rule.REMOVED:
        failure = _FAILURES.get(each.reason or "", N_("Not sent: its delivery was ended"))
        return _ended(_(failure), each.at)
    if each.rule is Rule.PAUSED:
        return _why_paused(each.reason or "", each.at)
    if each.rule is Rule.BELOW_BAR:
        return _why_below(each)
    return _(_PLAIN[each.rule])


def _why_it_waits(rule: Rule, until: datetime | None) -> str:
    if rule is Rule.QUEUED:
        return _("On its way: due {time}.", time=order_texts.ago(until)) if until else _("On its way.")
    if until is None:
        return _("It waits for its turn, and may come with the next post.")
    return _("It waits for its turn, and may come {time}.", time=order_texts.ago(until))


def _ended(failure: str, at: datetime | None) -> str:
    return _("{failure} ({date}).", failure=failure, date=day_and_month(at)) if at else f"{failure}."


def _why_paused(because: str, at: datetime | None) -> str:
    if because in texts.PAUSES:
        return _("Not posted: the subscription is paused ({because}).", because=_(texts.PAUSES[because]))
    if at is None:
        return _("Not posted: the subscription is paused. Resume it to get the news.")
    return _(
        "Not posted: the subscription has been paused since {date}. Resume it to get the news.", date=day_and_month(at)
    )


def _why_below(each: Explanation) -> str:
    heat, bar = str(each.heat), _bar(each)
    if each.at is None:
        return _("Not posted: heat {heat} was below {bar} when it came.", heat=heat, bar=bar)
    date = day_and_month(each.at)
    return _("Not posted: heat {heat} was below {bar} when it came on {date}.", heat=heat, bar=bar, date=date)


def _bar(each: Explanation) -> str:
    terms = each.subscription.terms
    if terms.min_heat is not None or each.edited_since or terms.level is Level.EVERYTHING:
        return _("the bar ({heat})", heat=str(each.bar))
    return f"{_(texts.LEVELS[terms.level])} ({each.bar})"
