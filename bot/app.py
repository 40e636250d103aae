"""The bot and the work around it: what starts, in which order, and how it stops."""

import asyncio
import hashlib
import json
import logging
from collections.abc import Callable, Coroutine
from datetime import datetime, timedelta

import aiohttp
import discord
from discord.ext import commands

from bot import __version__
from bot.cards.drawing import Charts
from bot.commands import admin, brief, news, readers, settings, story, subscribe, subscriptions, trends
from bot.commands.cooldown import Cooldowns
from bot.commands.help import Help
from bot.commands.life import Life
from bot.commands.localisation import Names
from bot.commands.tree import HeatlineTree
from bot.delivery.access import Resumer
from bot.delivery.attempt import TokenRejectedError
from bot.delivery.cloudflare import in_a_line
from bot.delivery.edits import Editor
from bot.delivery.housekeeping import Housekeeper
from bot.delivery.notices import Teller
from bot.delivery.pace import Pace
from bot.delivery.plan import Planner
from bot.delivery.schedule import Scheduler
from bot.delivery.send import Sender
from bot.loader import Loader, Watcher
from bot.loading import utc_now
from bot.models import HeatlineError, LoadReport, Vitals
from bot.settings import Settings
from bot.store.articles import corpus_summary
from bot.store.database import Database
from bot.store.migrate import migrate
from bot.store.notes import keep_note, note
from bot.watchdog import Watchdog

_log = logging.getLogger(__name__)

INVITE_PERMISSIONS = 274877991936
"""View Channel, Send Messages, Embed Links, Read Message History, Send Messages in Threads."""

# What is under way gets so long to finish when the program stops.
_STOP_SECONDS = 6.0
# Where to connect is asked again after so long.
_GATEWAY_AGAIN = 3.0


class Heatline(commands.AutoShardedBot):
    """The Discord client: commands and controls. Nothing that lasts is started here; see `Program`."""

    def __init__(self, program: "Program", *, shard_count: int | None, trace: aiohttp.TraceConfig) -> None:
        # Heatline never speaks: no warnings about voice libraries that it does not need.
        discord.VoiceClient.warn_nacl = discord.VoiceClient.warn_dave = False
        super().__init__(
            command_prefix=(),
            help_command=None,
            tree_cls=HeatlineTree,
            intents=discord.Intents(guilds=True),
            allowed_mentions=discord.AllowedMentions.none(),
            member_cache_flags=discord.MemberCacheFlags.none(),
            chunk_guilds_at_startup=False,
            max_messages=None,
            shard_count=shard_count,
            http_trace=trace,
            activity=discord.CustomActivity("/news top"),
        )
        self._program = program
        self._settings = program.settings
        self._command_ids: dict[str, int] = {}
        self.commands_known = True
        self._admins: frozenset[int] = program.settings.admin_ids
        self.database = program.database
        self.cooldowns = Cooldowns()
        self.charts = Charts(program.settings.database.parent / "matplotlib")
        self.sample = program.settings.is_sample
        self.spacing = timedelta(minutes=program.settings.push_spacing_minutes)
        self.max_age = timedelta(days=program.settings.max_age_days)

    async def setup_hook(self) -> None:
        """Add commands and controls, learn who hosts the app, and tell Discord of commands that changed."""
        admin_guild = self._settings.admin_guild_id
        for each in (
            brief.Briefing(self),
            news.News(self),
            readers.Readers(self),
            trends.Trending(self),
            subscribe.Subscribe(self),
            subscriptions.Subscriptions(self),
            settings.Settings(self),
            Help(self),
        ):
            await self.add_cog(each)
        await self.add_cog(Life(self, self, self._program.resumer, self._program.teller))
        if admin_guild is None:
            cog = admin.Admin(self)
            assert cog.app_command is not None
            cog.app_command.default_permissions = discord.Permissions(administrator=True)
            cog.app_command.guild_only = True
            await self.add_cog(cog)
        else:
            await self.add_cog(admin.Admin(self), guild=discord.Object(admin_guild))
        for menu in story.MENUS:
            self.tree.add_command(menu)
        for group in (brief, news, readers, settings, story, subscriptions, trends, admin):
            self.add_dynamic_items(*group.CONTROLS)
        await self.tree.set_translator(Names())
        await self._learn_admins()
        await self._sync(None)
        if admin_guild is not None:
            await self._sync(discord.Object(admin_guild))

    async def _learn_admins(self) -> None:
        """Add the app's owner and team to the admins; where they cannot be learned, only ADMIN_IDS are."""
        try:
            info = await self.application_info()
        except (discord.HTTPException, aiohttp.ClientError, OSError) as error:
            _log.warning("The app's owner could not be learned (%s): only ADMIN_IDS may use /admin.", in_a_line(error))
            return
        if info.team is None:
            owners = {info.owner.id}
        else:
            roles = (discord.TeamMemberRole.admin, discord.TeamMemberRole.developer)
            owners = {member.id for member in info.team.members if member.role in roles} | {info.team.owner_id or 0}
        self._admins |= owners - {0}

    async def _sync(self, guild: discord.Object | None) -> None:
        """Tell Discord of the commands if they changed since it was last told."""
        translator = self.tree.translator or Names()
        commands_of = self.tree.get_commands(guild=guild)
        payload = [await command.get_translated_payload(self.tree, translator) for command in commands_of]
        digest = hashlib.blake2b(json.dumps(payload, sort_keys=True, default=str).encode(), digest_size=16).hexdigest()
        name = f"commands:{self.application_id}:{guild.id if guild else 'global'}"
        known: str | None = await self.database.read(note, name)
        kept = json.loads(known or "{}")
        if kept.get("digest") != digest:
            try:
                synced = await self.tree.sync(guild=guild)
            except (discord.HTTPException, aiohttp.ClientError, OSError) as error:
                if guild is not None and isinstance(error, discord.Forbidden | discord.NotFound):
                    _log.error("/admin is not set up: Heatline is not in the server ADMIN_GUILD_ID=%d.", guild.id)
                else:
                    _log.error(
                        "Discord was not told of changed commands (%s); the next start tries again.", in_a_line(error)
                    )
                self.commands_known = False
                return
            kept = {"digest": digest, "ids": {command.name: command.id for command in synced}}
            await self.database.write(keep_note, name, json.dumps(kept))
            _log.info("Commands have changed; Discord was told.")
        self._command_ids |= kept["ids"]

    # --- what commands need (`bot.commands.host.Host`) ---

    def clock(self) -> datetime:
        """Return the time."""
        return self._program.clock()

    def mention(self, command: str) -> str:
        """Return a command so that it can be clicked, once Discord has told its id."""
        known = self._command_ids.get(command.split(" ")[0])
        return f"</{command}:{known}>" if known else f"/{command}"

    def is_admin(self, user_id: int) -> bool:
        """Whether the user is one of the program's hosts."""
        return user_id in self._admins

    def vitals(self) -> Vitals:
        """Return how the program is."""
        return Vitals(
            version=__version__,
            started_at=self._program.started_at,
            servers=len(self.guilds),
            paused_for=self._program.pace.paused_for(),
            invalid_requests=self._program.pace.invalid_requests,
            in_flight=self._program.sender.in_flight,
            load_refused=self._program.loader.refused,
            sync_failure=self._program.loader.sync_failure,
            banned=self._program.pace.is_banned(),
        )

    async def reload(
        self, progress: Callable[[int, int], None], *, allow_mass_removal: bool = False
    ) -> tuple[LoadReport, int]:
        """Load the corpus and plan; return the report and the number of messages queued.

        CORPUS_SYNC runs first, but not where a host has looked at what is there and allowed the removal.
        """
        report = await self._program.loader.load(
            progress, allow_mass_removal=allow_mass_removal, sync_first=not allow_mass_removal
        )
        self._program.editor.loaded()
        planned = await self._program.scheduler.plan()
        return report, planned.messages

    def outbox_changed(self) -> None:
        """Send what has been queued, and edit what was posted."""
        self._program.sender.wake()
        self._program.editor.wake()

    def schedule_changed(self) -> None:
        """Plan anew."""
        self._program.scheduler.wake()


class Program:
    """Everything of one running Heatline. `open`, then `work` beside the bot's connection, then `close`."""

    def __init__(
        self, settings: Settings, *, clock: Callable[[], datetime] = utc_now, shard_count: int | None = None
    ) -> None:
        self.settings = settings
        self.clock = clock
        self.started_at = clock()
        self.database = Database(settings.database_url)
        self.pace = Pace()
        self.bot = Heatline(self, shard_count=shard_count, trace=self.pace.trace())
        spacing, max_age = self.bot.spacing, self.bot.max_age
        self.sender = Sender(
            self.database, self.bot, self.pace, clock=clock, max_age=max_age, sample=settings.is_sample
        )
        planner = Planner(settings.database_url, spacing=spacing, max_age=max_age)
        self.scheduler = Scheduler(self.database, planner, self.sender, clock)
        self.editor = Editor(
            self.database,
            self.bot,
            self.pace,
            clock=clock,
            busy=lambda: self.sender.in_flight > 0,
            sample=settings.is_sample,
        )
        self.teller = Teller(self.database, self.bot, self.pace, clock)
        self.resumer = Resumer(self.database, self.bot, clock, self._resumed)
        self.housekeeper = Housekeeper(self.database, clock)
        self.loader = Loader(settings)
        self.watcher = Watcher(settings, self.loader, on_load=self._loaded)

    async def open(self) -> None:
        """Bring the database up to date."""
        await asyncio.to_thread(migrate, self.settings.database_url)

    async def work(self) -> None:
        """Load, plan and send until cancelled; on the way out, what is being sent gets a few seconds to finish."""
        sending = asyncio.create_task(self.sender.run(), name="sender")
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self.scheduler.run(), name="scheduler")
                group.create_task(self.watcher.run(), name="watcher")
                group.create_task(self.editor.run(), name="editor")
                group.create_task(self.teller.run(), name="teller")
                group.create_task(self.resumer.run(), name="resumer")
                group.create_task(self.housekeeper.run(), name="housekeeper")
                await asyncio.shield(sending)
        finally:
            self.sender.stop()
            await asyncio.wait({sending}, timeout=_STOP_SECONDS)
            sending.cancel()
            await asyncio.gather(sending, return_exceptions=True)

    async def close(self) -> None:
        """Close the connection to Discord, then the database."""
        if not self.bot.is_closed():
            await self.bot.close()
        await self.database.close()

    def _loaded(self, _report: LoadReport) -> None:
        self.scheduler.wake()
        self.editor.loaded()

    def _resumed(self) -> None:
        self.scheduler.wake()
        self.sender.wake()


async def run(program: Program, token: str, stop: asyncio.Event, announce: Callable[[str], None]) -> None:
    """Run until `stop` is set; `announce` is given what the operator should see at the start.

    Raises `HeatlineError` where Discord does not let the bot in.
    """
    await program.open()
    try:
        if not await _unless_stopped(stop, _log_in(program.bot, token)):
            return
        with Watchdog():
            async with asyncio.TaskGroup() as group:
                tasks = [
                    group.create_task(program.work(), name="work"),
                    group.create_task(_connect(program.bot), name="gateway"),
                    group.create_task(_announce(program, announce), name="announcement"),
                ]
                await stop.wait()
                _log.info("Stopping: finishing what is being sent.")
                for task in tasks:
                    task.cancel()
    except BaseExceptionGroup as failures:
        if failures.subgroup(TokenRejectedError):
            raise HeatlineError(_REJECTED) from None
        known = failures.subgroup(HeatlineError)
        if known is None:
            raise
        first: BaseException = known
        while isinstance(first, BaseExceptionGroup):
            first = first.exceptions[0]
        raise first from None
    finally:
        await program.close()


_REJECTED = (
    "Discord does not accept DISCORD_TOKEN. Make a new one under Bot → Reset Token at "
    "https://discord.com/developers/applications and set it."
)


async def _announce(program: Program, announce: Callable[[str], None]) -> None:
    """Say who the bot is, what news it has and how it is invited, once both are known."""
    bot = program.bot
    await bot.wait_until_ready()
    names = [guild.name for guild in bot.guilds]
    listed = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
    servers = f"{len(names)} server{'' if len(names) == 1 else 's'}" + (f": {listed}" if names else "")
    known = "up to date (Ctrl+R in Discord if you miss them)" if bot.commands_known else "NOT up to date, see the log"
    announce(f"Logged in as {bot.user} in {servers}. Commands {known}.")
    await program.watcher.loaded.wait()
    corpus = await program.database.read(corpus_summary)
    news_line = f"News: {corpus.articles:,} {'story' if corpus.articles == 1 else 'stories'}"
    if corpus.newest:
        news_line += f", newest {corpus.newest.day} {corpus.newest:%b %Y}"
    if bot.sample:
        news_line += ": SAMPLE ONLY. Set CORPUS_DIR to your news folder"
    announce(f"{news_line}.")
    if corpus.problems:
        announce(f"Problems in news files: {corpus.problems:,}. Run `python -m bot check` to see them.")
    application = bot.application_id or 0
    announce(f"Invite: {invite(application)}   Next: type /subscribe in a channel.")


async def _unless_stopped(stop: asyncio.Event, work: Coroutine[None, None, None]) -> bool:
    """Do the work, and return False if it was given up because `stop` was set."""
    working, stopping = asyncio.ensure_future(work), asyncio.ensure_future(stop.wait())
    try:
        await asyncio.wait({working, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            return False
        await working
        return True
    finally:
        working.cancel()
        stopping.cancel()
        await asyncio.gather(working, stopping, return_exceptions=True)


async def _log_in(bot: Heatline, token: str) -> None:
    try:
        await bot.login(token)
    except discord.LoginFailure:
        raise HeatlineError(_REJECTED) from None
    except (discord.HTTPException, aiohttp.ClientError, OSError) as error:
        # Whoever restarts the program tries again; a login costs none of Discord's thousand sessions a day.
        raise HeatlineError(f"Discord cannot be reached ({in_a_line(error)}). Try again in a minute.") from None


async def _connect(bot: Heatline) -> None:
    """Find the gateway, however long that takes (sending needs only REST), and stay connected to it."""
    try:
        while True:
            try:
                return await bot.connect()
            except (discord.GatewayNotFound, aiohttp.ClientError, OSError) as error:
                if bot.is_closed():  # it had been found
                    raise
                cause = error.__cause__ or error
                if isinstance(cause, discord.HTTPException) and cause.status == 401:
                    raise HeatlineError(_REJECTED) from None
                _log.warning("Discord's gateway was not found (%s); sending goes on.", in_a_line(cause))
                await asyncio.sleep(_GATEWAY_AGAIN)
    except discord.PrivilegedIntentsRequired as error:
        raise HeatlineError(str(error)) from None
    except discord.ConnectionClosed as error:
        if error.code == 4004:
            raise HeatlineError(_REJECTED) from None
        raise


def invite(application_id: int) -> str:
    """Return the address at which the bot is invited to a server."""
    return discord.utils.oauth_url(
        application_id, permissions=discord.Permissions(INVITE_PERMISSIONS), scopes=("bot", "applications.commands")
    )
