"""One story: opened from a list, a card, a message or by its headline; saved, shared, and others like it."""

import re
from collections.abc import Iterator, Sequence

import discord
from discord import app_commands, ui

from bot.briefing.words import mentions
from bot.cards import ids, news_texts, texts
from bot.cards.language import _
from bot.cards.markup import cut
from bot.cards.story import story_layout
from bot.commands.answer import Control, Refusal, replace, say, show
from bot.commands.host import Host, Interaction, host_of
from bot.commands.places import server_of, sharing
from bot.models import Article, Blocked, Listing, Order, fold
from bot.store.articles import articles_by_key, names_of, page, story
from bot.store.deliveries import delivered_keys
from bot.store.hidden import is_hidden
from bot.store.known import key_by_address
from bot.store.readers import SAVED_CAP, forget_story, is_saved, save_story
from bot.store.spelling import nearest_search

_KEY = re.compile(ids.KEY)
_ADDRESS = re.compile(r"https?://[^\s<>|)\]]+", re.IGNORECASE)
_MARKER = re.compile(rf"hl1:d:({ids.NONCE})")

_FEW_LETTERS = re.compile(r"[^\W\d_]{1,2}", re.ASCII)

# Addresses of one message that are looked up: more are a list of links, not a story.
_ADDRESSES = 10


async def headline_choices(interaction: Interaction, typed: str) -> list[app_commands.Choice[str]]:
    """Complete a headline: the hottest stories, or those with the words typed so far."""
    host, blocked = host_of(interaction), (await server_of(interaction)).blocked
    # What begins with one or two letters is in every other story (0.4 s among a million); alone, they are a word.
    words = f'"{typed.strip()}"' if _FEW_LETTERS.fullmatch(typed.strip()) else typed
    listing = Listing(Order.SEARCH, words=words) if typed.strip() else Listing(Order.TOP)
    found = await host.database.read(page, listing, host.clock(), blocked=blocked)
    if not found.articles and (near := await host.database.read(nearest_search, listing, blocked)):
        found = await host.database.read(page, near[0], host.clock(), blocked=blocked)
    return [
        app_commands.Choice(name=cut(f"{article.title} · {article.provider}", 100), value=article.key)
        for article in found.articles
    ]


async def key_of_typed(interaction: Interaction, typed: str) -> str:
    """Return the key of the story that was chosen or typed: a key, an address, or words of its headline."""
    host, blocked = host_of(interaction), (await server_of(interaction)).blocked
    typed = typed.strip()
    if _KEY.fullmatch(typed):
        known = await host.database.read(articles_by_key, [typed])
        if known:
            return typed
    if _ADDRESS.fullmatch(typed):
        key = await host.database.read(key_by_address, typed)
        if key is None:
            raise await _not_known(host)
        return key
    listing = Listing(Order.SEARCH, words=typed)
    found = await host.database.read(page, listing, host.clock(), blocked=blocked)
    if not found.articles:
        raise Refusal(news_texts.no_articles(listing))
    return found.articles[0].key


async def story_of(interaction: Interaction, key: str) -> tuple[Article, ...]:
    """Return the story of an article, the article first; raises a refusal if it is gone, hidden, or blocked here."""
    host, blocked = host_of(interaction), (await server_of(interaction)).blocked
    articles = await host.database.read(story, key, blocked)
    if not articles or articles[0].key != key:
        # Unpublished since: what somebody was sent a card of, they can still open.
        articles = tuple((await host.database.read(articles_by_key, [key])).values())
    if await host.database.read(is_hidden, key):
        raise Refusal(_(texts.HIDDEN_BY_HOST))
    if not articles:
        raise Refusal(_(texts.GONE_STORY))
    if because := _not_shown(articles[0], blocked):
        raise Refusal(_(because))
    return articles


def _not_shown(article: Article, blocked: Blocked) -> str | None:
    """Return the text that says that the server blocks an article, if it does; which words it blocks is not told."""
    if fold(article.provider) in blocked.providers:
        return texts.BLOCKED_PUBLISHER
    return texts.BLOCKED_STORY if mentions(fold(f"{article.title}\n{article.excerpt}"), blocked.words) else None


async def show_story(interaction: Interaction, key: str) -> None:
    """Answer with one story, seen by the person alone."""
    await show(interaction, await _story_layout(interaction, await story_of(interaction, key)))


async def _story_layout(interaction: Interaction, articles: tuple[Article, ...]) -> ui.LayoutView:
    host = host_of(interaction)
    saved = await host.database.read(is_saved, interaction.user.id, articles[0].key)
    share = (await server_of(interaction)).share
    return story_layout(articles[0], articles[1:], host.clock(), saved=saved, shareable=share)


async def _message_key(host: Host, message: discord.Message) -> str:
    """Return the key of the story that a message is about: one of our cards, or an address in it."""
    for piece in _pieces(message.components):
        custom_id = getattr(piece, "custom_id", None)
        if isinstance(custom_id, str) and (marker := _MARKER.fullmatch(custom_id)):
            keys = await host.database.read(delivered_keys, marker[1])
            if keys:
                return keys[0]
    addresses = _addresses(message)
    if not addresses:
        raise Refusal(_(texts.NO_ADDRESS))
    for address in addresses[:_ADDRESSES]:
        key = await host.database.read(key_by_address, address.rstrip(".,;:!?'\"*`"))
        if key is not None:
            return key
    raise await _not_known(host)


async def _not_known(host: Host) -> Refusal:
    """Return the refusal of an address: perhaps there is no news at all yet."""
    return Refusal(_(texts.NOT_KNOWN if await host.database.read(names_of, "provider") else texts.NO_NEWS))


def _addresses(message: discord.Message) -> list[str]:
    """Return the addresses in a message or in what it forwards: in its text, then in its embeds and its layout."""
    said: list[discord.Message | discord.MessageSnapshot] = [message, *message.message_snapshots]
    found = [each.content for each in said]
    for each in said:
        found += [f"{embed.url or ''} {embed.description or ''}" for embed in each.embeds]
        for piece in _pieces(each.components):
            found += filter(None, (getattr(piece, "content", None), getattr(piece, "url", None)))
    return _ADDRESS.findall("\n".join(found))


def _pieces(components: Sequence[discord.Component]) -> Iterator[discord.Component]:
    """Yield every component, those inside others too."""
    for component in components:
        yield component
        yield from _pieces(getattr(component, "children", ()))


@app_commands.context_menu(name="Find coverage")
@app_commands.allowed_installs(guilds=True, users=True)
@app_commands.allowed_contexts(guilds=True, dms=True, private_channels=True)
async def find_coverage(interaction: Interaction, message: discord.Message) -> None:
    """Show the story that a message is about."""
    await interaction.response.defer(ephemeral=True, thinking=True)
    await show_story(interaction, await _message_key(host_of(interaction), message))


@app_commands.context_menu(name="Save story")
@app_commands.allowed_installs(guilds=True, users=True)
@app_commands.allowed_contexts(guilds=True, dms=True, private_channels=True)
async def save_from_message(interaction: Interaction, message: discord.Message) -> None:
    """Save the story that a message is about, and show it."""
    await interaction.response.defer(ephemeral=True, thinking=True)
    host = host_of(interaction)
    key = await _message_key(host, message)
    await _save(interaction, (await story_of(interaction, key))[0])
    await show_story(interaction, key)


async def _save(interaction: Interaction, article: Article) -> None:
    host = host_of(interaction)
    if not await host.database.write(save_story, interaction.user.id, article, host.clock()):
        raise Refusal(_(texts.TOO_MANY_SAVED, most=SAVED_CAP, command=host.mention("saved")))


class SaveButton(Control, template=rf"hl1:v:(?P<key>{ids.KEY})"):
    """Puts a story on the reader's list, or takes it off."""

    async def respond(self, interaction: Interaction) -> None:
        """Do it, and show the story as it is now; where others see the message too, say so to the reader alone."""
        host, key = host_of(interaction), self.parts["key"]
        private = interaction.message is not None and interaction.message.flags.ephemeral
        await interaction.response.defer()
        saved = await host.database.read(is_saved, interaction.user.id, key)
        if saved:
            await host.database.write(forget_story, interaction.user.id, key)
        else:
            await _save(interaction, (await story_of(interaction, key))[0])
        try:
            articles = await story_of(interaction, key) if private else ()
        except Refusal:  # it is gone: what was kept of it can still be taken off the list
            articles = ()
        if articles:
            await replace(interaction, await _story_layout(interaction, articles))
        else:
            kept = _(texts.SAVED, command=host.mention("saved"))
            await say(interaction, _(texts.NO_LONGER_SAVED) if saved else kept)


class ShareStoryButton(Control, template=rf"hl1:vs:(?P<key>{ids.KEY})"):
    """Shows a story to everybody in the channel."""

    async def respond(self, interaction: Interaction) -> None:
        """Post the story, if the person who shares could post there themselves."""
        await sharing(interaction)
        host = host_of(interaction)
        articles = await story_of(interaction, self.parts["key"])
        layout = story_layout(articles[0], articles[1:], host.clock(), shared_by=interaction.user.id)
        await show(interaction, layout, public=True)


class StorySelect(Control, template=ids.STORY):
    """Opens the chosen story of a list."""

    async def respond(self, interaction: Interaction) -> None:
        """Show the story."""
        await show_story(interaction, self.values[0])


class DeliveredControl(Control, template=rf"hl1:d:(?P<nonce>{ids.NONCE})"):
    """The control of a pushed message: the button of a card, or the select of a compact list."""

    async def respond(self, interaction: Interaction) -> None:
        """Show the story of the card, or the chosen one."""
        if self.values:
            await show_story(interaction, self.values[0])
            return
        keys = await host_of(interaction).database.read(delivered_keys, self.parts["nonce"])
        if not keys:
            raise Refusal(_(texts.GONE_STORY))
        await show_story(interaction, keys[0])


MENUS = (find_coverage, save_from_message)
CONTROLS: tuple[type[Control], ...] = (SaveButton, ShareStoryButton, StorySelect, DeliveredControl)
