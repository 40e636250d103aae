"""Pushed messages: a card for one article, a compact list for several, or lines of headlines.

All but headlines are a line of content and one embed: a message made of components or embeds alone shows an empty
notification on phones, and nothing at all to people who switched embeds off.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import discord

from bot.briefing.shown import also, shown_by
from bot.cards import ids, limits, news_texts, texts
from bot.cards.language import _, long_date, ngettext
from bot.cards.markup import cut, escape, link, shown
from bot.models import Article, Delivery, DeliveryKind, Look, Often, Subscription, Terms

COLOR = discord.Colour(0xE8590C)

# Discord stamps the message, and publishers' clocks are up to 8 hours off: a date helps only from here on.
_DATED = timedelta(days=2)

# Longest link and headline of a list, in characters: where it is over Discord's limit, the next is tried. At the last
# one ten stories fit even if every character needs escaping.
_SHRINKING = ((limits.LINK, limits.LIST_HEADLINE), (150, limits.LIST_HEADLINE), (0, limits.LIST_HEADLINE), (0, 100))

# The same for lines of headlines, where Discord allows half as much.
_HEADLINE = limits.HEADLINE_LINE - len(" · Read")
_HEADLINES_SHRINKING = ((limits.LINK, _HEADLINE), (150, _HEADLINE), (80, 120), (0, 100), (0, 70))
_MENTION = 30


@dataclass(frozen=True, slots=True)
class PushMessage:
    """A message as it is sent. The view has exactly one control that is not a link: the marker for recovery.

    `role_id` is the one role that it may ping; `shown` is a digest of what it shows of its articles, by which it is
    known later whether an edit is due.
    """

    content: str
    embed: discord.Embed | None
    view: discord.ui.View
    silent: bool
    role_id: int | None = None
    shown: str = ""


def push_message(
    delivery: Delivery, subscription: Subscription, articles: Sequence[Article], now: datetime, *, sample: bool = False
) -> PushMessage:
    """Return the message of a delivery; `articles` are those of it that can still be shown, at least one."""
    return message_of(delivery, subscription.terms, articles, now, sample=sample)


def message_of(
    delivery: Delivery, terms: Terms, articles: Sequence[Article], now: datetime, *, sample: bool = False
) -> PushMessage:
    """Return the message of a delivery as these terms want it, for a post or an edit of it."""
    first = delivery.kind is DeliveryKind.FIRST
    role_id = None if first else delivery.role_id
    silent = terms.often is Often.INSTANT if terms.silent is None else terms.silent
    content, embed = _body(delivery, terms, articles, now, sample=sample and first)
    return PushMessage(
        content=f"{content} <@&{role_id}>" if role_id else content,  # last: a notification starts with news
        embed=embed,
        view=_one_view(delivery, articles[0]) if len(articles) == 1 else _several_view(delivery, articles),
        silent=first or (silent and role_id is None),
        role_id=role_id,
        shown=shown_by(terms.look, *articles),
    )


def _body(
    delivery: Delivery, terms: Terms, articles: Sequence[Article], now: datetime, *, sample: bool
) -> tuple[str, discord.Embed | None]:
    """Return the content and the embed, if the look has one."""
    if len(articles) == 1:
        line = news_texts.headline_line(articles[0], limits.HEADLINE_LINE)
        content = f"{_(texts.FIRST_SAMPLE)}\n{line}" if sample else line
        if terms.look is Look.HEADLINE:
            return content, None
        return content, _card(articles[0], now, compact=terms.look is Look.COMPACT)
    if terms.look is Look.HEADLINE:
        return _headlines(delivery, terms, articles, sample=sample), None
    lead = _lead(delivery, terms, len(articles), sample=sample)
    return news_texts.several(lead, articles, limits.HEADLINE_LINE), _compact(delivery, terms, articles)


# --- looks ---------------------------------------------------------------------------------------------------


def _card(article: Article, now: datetime, *, compact: bool) -> discord.Embed:
    """Return the embed of one article; a compact one has no excerpt and no picture."""
    lines = []
    if article.excerpt and not compact:
        lines.append(shown(article.excerpt, limits.CARD_EXCERPT))
    lines.append(_also(article))
    if len(article.url) > limits.LINK:
        lines.append(link(_("Read the story"), article.url, limits.TEXT_LINK))
    embed = discord.Embed(description="\n".join(filter(None, lines)) or None, colour=COLOR)
    embed.set_author(
        name=cut(article.provider, limits.EMBED_AUTHOR),
        url=article.url,
        icon_url=article.logo if article.logo and len(article.logo) <= limits.IMAGE_LINK else None,
    )
    if not compact:
        _set_image(embed, article)
    footer = ", ".join(cut(topic, 60) for topic in article.topics[:5])
    at = article.published_at
    if at is not None and now - at > _DATED:
        footer = " · ".join(filter(None, (footer, _("Published {date}", date=long_date(at.date())))))
    if footer:
        embed.set_footer(text=cut(footer, limits.EMBED_FOOTER))
    return embed


def _also(article: Article) -> str:
    """Return who else reports the story, in a line, or nothing."""
    names = also(article)
    if not names:
        return ""
    few = ", ".join(escape(cut(name, 40)) for name in names[:3])
    if len(names) > 3:
        return _("Also: {names} and {number} more", names=few, number=len(names) - 3)
    return _("Also: {names}", names=few)


def _set_image(embed: discord.Embed, article: Article) -> None:
    image = article.best_image
    if image is None or len(image.url) > limits.IMAGE_LINK:
        return
    width, height = image.width or 0, image.height or 0
    if width >= limits.LARGE_IMAGE_WIDTH and width > height > 0:
        embed.set_image(url=image.url)
    else:
        embed.set_thumbnail(url=image.url)


def _one_view(delivery: Delivery, article: Article) -> discord.ui.View:
    view = discord.ui.View(timeout=None)
    if len(article.url) <= limits.LINK:
        view.add_item(
            discord.ui.Button(
                label=cut(_("Read at {provider}", provider=article.provider), limits.BUTTON), url=article.url
            )
        )
    number = len(article.coverage)
    view.add_item(
        discord.ui.Button(
            label=news_texts.other_reports(number) if number else _("Details"),
            style=discord.ButtonStyle.secondary,
            custom_id=ids.marker(delivery.nonce),
        )
    )
    view.stop()
    return view


def _lead(delivery: Delivery, terms: Terms, number: int, *, sample: bool) -> str:
    if sample:
        return _(texts.FIRST_SAMPLE).rstrip(".")
    about = escape(texts.plain_about(terms)) if terms.topics else texts.listed([escape(p) for p in terms.providers[:2]])
    if delivery.kind is DeliveryKind.FIRST:
        return _("Hottest in {about} now", about=about) if about else _("Hottest now")
    if about:
        return _("{number} new in {about}", number=number, about=about)
    return ngettext("{number} new story", "{number} new stories", number)


def _compact(delivery: Delivery, terms: Terms, articles: Sequence[Article]) -> discord.Embed:
    text = ""
    for shape in _SHRINKING:
        lines = [_compact_line(place, article, *shape) for place, article in enumerate(articles, 1)]
        if delivery.more:
            lines.append(news_texts.more(delivery.more, terms))
        text = "\n\n".join(lines)
        if len(text) <= limits.EMBED_DESCRIPTION:
            break
    embed = discord.Embed(description=text, colour=COLOR)
    pictured = next((article for article in articles if article.best_image), None)
    if pictured is not None and pictured.best_image is not None and len(pictured.best_image.url) <= limits.IMAGE_LINK:
        embed.set_thumbnail(url=pictured.best_image.url)
    return embed


def _headlines(delivery: Delivery, terms: Terms, articles: Sequence[Article], *, sample: bool) -> str:
    """Return a line for each article; its links show no previews."""
    content = ""
    for longest_link, longest_headline in _HEADLINES_SHRINKING:
        lines = [_(texts.FIRST_SAMPLE)] if sample else []
        for article in articles:
            read = link(_("Read"), article.url, longest_link, quiet=True)
            lines.append(" · ".join(filter(None, (news_texts.headline_line(article, longest_headline), read))))
        if delivery.more:
            lines.append(news_texts.more(delivery.more, terms))
        content = "\n".join(lines)
        if len(content) <= limits.CONTENT - _MENTION:
            break
    return content


def _compact_line(place: int, article: Article, longest_link: int, longest_headline: int) -> str:
    source = ", ".join(filter(None, (escape(cut(article.provider, 60)), news_texts.others(article))))
    headline, read = shown(article.title, longest_headline), link(_("Read"), article.url, longest_link)
    return f"{place}\\. **{headline}**\n" + " · ".join(filter(None, (source, read)))


def _several_view(delivery: Delivery, articles: Sequence[Article]) -> discord.ui.View:
    view = discord.ui.View(timeout=None)
    view.add_item(story_select(articles, ids.marker(delivery.nonce)))
    view.stop()
    return view


def story_select(articles: Sequence[Article], custom_id: str) -> discord.ui.Select[discord.ui.View]:
    """Return the select that opens one of the stories; its values are article keys."""
    return discord.ui.Select(
        custom_id=custom_id,
        placeholder=_(texts.OPEN_STORY),
        options=[
            discord.SelectOption(
                label=cut(article.title, limits.OPTION),
                value=article.key,
                description=cut(article.provider, limits.OPTION) or None,
            )
            for article in articles[: limits.OPTIONS]
        ],
    )
