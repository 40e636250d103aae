"""Pushed messages: a card for one article, a compact list for several.

They are a line of content and one embed: a message made of components or embeds alone shows an empty notification on
phones, and nothing at all to people who switched embeds off.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import discord

from bot.cards import ids, limits, texts
from bot.cards.markup import cut, escape, link, shown
from bot.models import Article, Delivery, DeliveryKind, Often, Subscription

COLOR = discord.Colour(0xE8590C)

# Discord stamps the message, and publishers' clocks are up to 8 hours off: a date helps only from here on.
_DATED = timedelta(days=2)

# Longest link and headline of a list, in characters: where it is over Discord's limit, the next is tried. At the last
# one ten stories fit even if every character needs escaping.
_SHRINKING = ((limits.LINK, limits.LIST_HEADLINE), (150, limits.LIST_HEADLINE), (0, limits.LIST_HEADLINE), (0, 100))


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
    silent = delivery.kind is DeliveryKind.FIRST or subscription.terms.often is Often.INSTANT
    if len(articles) == 1:
        return PushMessage(
            _card_line(delivery, articles[0], sample=sample),
            _card(articles[0], now),
            _card_view(delivery, articles[0]),
            silent,
        )
    return PushMessage(
        texts.several(_lead(delivery, subscription, len(articles), sample=sample), articles, limits.HEADLINE_LINE),
        _compact(delivery, subscription, articles),
        _compact_view(delivery, articles),
        silent,
    )


def _card_line(delivery: Delivery, article: Article, *, sample: bool) -> str:
    line = texts.headline_line(article, limits.HEADLINE_LINE)
    return f"{texts.FIRST_SAMPLE}\n{line}" if sample and delivery.kind is DeliveryKind.FIRST else line


def _card(article: Article, now: datetime) -> discord.Embed:
    lines = []
    if article.excerpt:
        lines.append(shown(article.excerpt, limits.CARD_EXCERPT))
    if article.coverage:
        providers = list(dict.fromkeys(report.provider for report in article.coverage if report.provider))
        named = ", ".join(escape(cut(provider, 40)) for provider in providers[:3])
        rest = f" and {len(providers) - 3} more" if len(providers) > 3 else ""
        if named:
            lines.append(f"Also: {named}{rest}")
    if len(article.url) > limits.LINK:
        lines.append(link("Read the story", article.url, limits.TEXT_LINK))
    embed = discord.Embed(description="\n".join(filter(None, lines)) or None, colour=COLOR)
    embed.set_author(
        name=cut(article.provider, limits.EMBED_AUTHOR),
        url=article.url,
        icon_url=article.logo if article.logo and len(article.logo) <= limits.IMAGE_LINK else None,
    )
    _set_image(embed, article)
    footer = ", ".join(cut(topic, 60) for topic in article.topics[:5])
    at = article.published_at
    if at is not None and now - at > _DATED:
        footer = " · ".join(filter(None, (footer, f"Published {texts.plain_date(at)}")))
    if footer:
        embed.set_footer(text=cut(footer, limits.EMBED_FOOTER))
    return embed


def _set_image(embed: discord.Embed, article: Article) -> None:
    image = article.best_image
    if image is None or len(image.url) > limits.IMAGE_LINK:
        return
    width, height = image.width or 0, image.height or 0
    if width >= limits.LARGE_IMAGE_WIDTH and width > height > 0:
        embed.set_image(url=image.url)
    else:
        embed.set_thumbnail(url=image.url)


def _card_view(delivery: Delivery, article: Article) -> discord.ui.View:
    view = discord.ui.View(timeout=None)
    if len(article.url) <= limits.LINK:
        view.add_item(discord.ui.Button(label=cut(f"Read at {article.provider}", limits.BUTTON), url=article.url))
    number = len(article.coverage)
    view.add_item(
        discord.ui.Button(
            label=texts.count(number, "other report") if number else "Details",
            style=discord.ButtonStyle.secondary,
            custom_id=ids.marker(delivery.nonce),
        )
    )
    view.stop()
    return view


def _lead(delivery: Delivery, subscription: Subscription, number: int, *, sample: bool) -> str:
    if sample and delivery.kind is DeliveryKind.FIRST:
        return texts.FIRST_SAMPLE.rstrip(".")
    terms = subscription.terms
    about = escape(texts.plain_about(terms)) if terms.topics else texts.listed([escape(p) for p in terms.providers[:2]])
    if delivery.kind is DeliveryKind.FIRST:
        return f"Hottest in {about} now" if about else "Hottest now"
    return f"{number} new in {about}" if about else f"{number} new stories"


def _compact(delivery: Delivery, subscription: Subscription, articles: Sequence[Article]) -> discord.Embed:
    text = ""
    for shape in _SHRINKING:
        lines = [_compact_line(place, article, *shape) for place, article in enumerate(articles, 1)]
        if delivery.more:
            lines.append(texts.more(delivery.more, subscription.terms))
        text = "\n\n".join(lines)
        if len(text) <= limits.EMBED_DESCRIPTION:
            break
    embed = discord.Embed(description=text, colour=COLOR)
    pictured = next((article for article in articles if article.best_image), None)
    if pictured is not None and pictured.best_image is not None and len(pictured.best_image.url) <= limits.IMAGE_LINK:
        embed.set_thumbnail(url=pictured.best_image.url)
    return embed


def _compact_line(place: int, article: Article, longest_link: int, longest_headline: int) -> str:
    also = texts.others(article).replace(" · ", ", ", 1)
    source = f"{escape(cut(article.provider, 60))}{also}"
    headline = shown(article.title, longest_headline)
    return f"{place}\\. **{headline}**\n" + " · ".join(filter(None, (source, link("Read", article.url, longest_link))))


def _compact_view(delivery: Delivery, articles: Sequence[Article]) -> discord.ui.View:
    view = discord.ui.View(timeout=None)
    view.add_item(story_select(articles, ids.marker(delivery.nonce)))
    view.stop()
    return view


def story_select(articles: Sequence[Article], custom_id: str) -> discord.ui.Select[discord.ui.View]:
    """Return the select that opens one of the stories; its values are article keys."""
    return discord.ui.Select(
        custom_id=custom_id,
        placeholder=texts.OPEN_STORY,
        options=[
            discord.SelectOption(
                label=cut(article.title, limits.OPTION),
                value=article.key,
                description=cut(article.provider, limits.OPTION) or None,
            )
            for article in articles[: limits.OPTIONS]
        ],
    )
