"""A small program for the preview to run: commands, controls and pushes, without the real one's database."""

import asyncio
import re
from pathlib import Path
from typing import Any

import discord
import frontmatter
from discord import app_commands, ui
from discord.ext import commands

TOPICS = ("AI", "Security", "Robotics", "Climate", "Space", "Business")


class SaveButton(ui.DynamicItem[ui.Button[ui.View]], template=r"demo:save:(?P<slug>[a-z0-9-]{1,80})"):
    """A control that survives a restart; its answer is for whoever pressed it."""

    def __init__(self, slug: str) -> None:
        super().__init__(ui.Button(label="Save", custom_id=f"demo:save:{slug}"))
        self.slug = slug

    @classmethod
    async def from_custom_id(
        cls, interaction: discord.Interaction, item: ui.Item[ui.View], match: re.Match[str], /
    ) -> "SaveButton":
        return cls(match["slug"])

    async def callback(self, interaction: discord.Interaction) -> None:
        await interaction.response.send_message(f"Saved {self.slug}.", ephemeral=True)


Story = dict[str, Any]


def read(path: Path) -> Story:
    return dict(frontmatter.load(str(path)).metadata)


def articles(folder: Path) -> list[Story]:
    posts = [read(path) for path in sorted(folder.glob("*.md"))]
    return [post for post in posts if post.get("published")]


def slug(post: Story) -> str:
    return str(post["webUrl"].rpartition("/")[2][:80])


class DemoBot(commands.AutoShardedBot):
    def __init__(self, corpus: Path) -> None:
        super().__init__(command_prefix=commands.when_mentioned, intents=discord.Intents.default(), shard_count=1)
        self.corpus = corpus
        self.subscribed: dict[int, str] = {}

    async def setup_hook(self) -> None:
        self.add_dynamic_items(SaveButton)
        news = app_commands.Group(name="news", description="News by topic")

        @news.command(name="topic", description="One topic's hottest stories")
        @app_commands.describe(name="The topic")
        async def topic(interaction: discord.Interaction, name: str) -> None:
            await interaction.response.send_message(view=self.briefing(name))

        @topic.autocomplete("name")
        async def names(interaction: discord.Interaction, current: str) -> list[app_commands.Choice[str]]:
            return [app_commands.Choice(name=t, value=t) for t in TOPICS if current.lower() in t.lower()]

        @self.tree.command(description="Send news to this channel")
        @app_commands.default_permissions(manage_guild=True)
        async def subscribe(interaction: discord.Interaction, topic: str) -> None:
            self.subscribed[interaction.channel_id or 0] = topic
            await interaction.response.send_message(f"Done: {topic} news comes here.", ephemeral=True)

        @self.tree.command(description="Think for longer than the page waits")
        async def slow(interaction: discord.Interaction) -> None:
            await interaction.response.defer(ephemeral=True)
            await asyncio.get_running_loop().create_future()

        @self.tree.command(description="Fail, and say so")
        async def fail(interaction: discord.Interaction) -> None:
            raise RuntimeError("as asked")

        @self.tree.error
        async def answer(interaction: discord.Interaction, error: app_commands.AppCommandError) -> None:
            await interaction.response.send_message("That went wrong on our side.", ephemeral=True)

        self.tree.add_command(news)
        await self.tree.sync()

    def briefing(self, name: str) -> ui.LayoutView:
        found = [post for post in articles(self.corpus) if name in post["topics"]]
        found.sort(key=lambda post: -post["heat"])
        container: ui.Container[ui.LayoutView] = ui.Container(ui.TextDisplay(f"**{name}** · {len(found)} stories"))
        for post in found[:3]:
            container.add_item(ui.Separator())
            text = f"**{post['title']}**\n{post['excerpt'][:110]}…\n-# {post['provider']['name']}"
            container.add_item(ui.Section(text, accessory=ui.Thumbnail(post["images"][0]["url"])))
        row: ui.ActionRow[ui.LayoutView] = ui.ActionRow()
        row.add_item(SaveButton(slug(found[0])))
        row.add_item(ui.Button(label="Read", url=found[0]["webUrl"]))
        view = ui.LayoutView(timeout=None)
        return view.add_item(container).add_item(row)


class DemoProgram:
    def __init__(self, corpus: Path) -> None:
        self.bot = DemoBot(corpus)
        self.closed = False

    async def open(self) -> None:
        self._known = set(self.bot.corpus.glob("*.md"))

    async def work(self) -> None:
        while True:
            await asyncio.sleep(0.1)
            for path in sorted(set(self.bot.corpus.glob("*.md")) - self._known):
                self._known.add(path)
                post = read(path)
                for channel_id, topic in self.bot.subscribed.items():
                    if topic in post["topics"]:
                        await self.push(channel_id, post)

    async def push(self, channel_id: int, post: Story) -> None:
        channel = self.bot.get_partial_messageable(channel_id)
        embed = discord.Embed(description=post["excerpt"][:200], colour=0xFF9A4D)
        provider = post["provider"]
        logo = provider.get("images")
        embed.set_author(
            name=provider["name"], url=f"https://{provider['domain']}", icon_url=logo[0]["url"] if logo else None
        )
        embed.set_image(url=post["images"][0]["url"])
        embed.set_footer(text=", ".join(post["topics"]))
        view = ui.View(timeout=None)
        view.add_item(ui.Button(label=f"Read at {provider['name']}", url=post["webUrl"]))
        view.add_item(SaveButton(slug(post)))
        await channel.send(f"{post['title']} · {provider['name']}", embed=embed, view=view, silent=True)

    async def close(self) -> None:
        self.closed = True
        await self.bot.close()
