"""Every private part of SimCord that the preview touches, why, and the check that each is still there.

SimCord's public preview shows one channel, does not follow the bot, runs on a frozen clock and wants a click for every
refresh. What it lacks is added in `live` by subclassing, and a few lines of its page are corrected while they are
served; these two tables are the whole contact surface. It is private, so the version is pinned exactly and `verify`
refuses anything else with one sentence.
"""

import importlib
from dataclasses import dataclass
from importlib import metadata, resources

import discord

from bot.models import HeatlineError

PINNED = "3.2.1"
"""The one version of SimCord whose private parts are known."""


@dataclass(frozen=True, slots=True)
class Hook:
    """One private part: its module, its attribute path, what it is used for."""

    module: str
    path: str
    why: str


HOOKS = (
    Hook("simcord._clock", "Clock", "replaced by a real clock: SimCord's stands still at 1 January 2026"),
    Hook(
        "simcord.backend.models", "User", "made by hand, because the visitor's id must be known before the program is"
    ),
    Hook("simcord.backend.state", "Backend.reserve_id", "keeps the visitors' ids from being given out twice"),
    Hook("simcord.backend.state", "Backend.create_channel", "the builder of announcement channels takes no topic"),
    Hook("simcord.backend.state", "Backend.get_message", "tells whether a message is there"),
    Hook("simcord.backend.state", "Backend.visible_commands", "knows what the menu of a message offers"),
    Hook("simcord.env", "Env.time_context", "the jobs' webhook calls must reach the simulated Discord too"),
    Hook("simcord.env", "Env._record_error", "its list of errors is emptied now and then: it grows for ever"),
    Hook(
        "simcord.env", "Env._mark_mutation", "tells `env._preview`, the one preview it knows, of clicks: ours passes on"
    ),
    Hook(
        "simcord.interactions", "base_payload", "says which language a visitor has chosen: SimCord's all have English"
    ),
    Hook("simcord.preview", "Preview.__init__", "constructed directly, because env.preview() allows one per Env"),
    Hook("simcord.preview", "Preview._publish", "shows what the bot did by itself: there is no live push"),
    Hook("simcord.preview", "Preview._advance_presentation_time", "keeps “2 minutes ago” right"),
    Hook("simcord.preview", "Preview._action", "one at a time, and never refused because a message arrived meanwhile"),
    Hook("simcord.preview", "Preview._finish_action", "an answered command is done, even if it raised or still works"),
    Hook("simcord.preview", "Preview._get_page", "knows the revision that a click must name"),
    Hook("simcord.preview", "Preview._close_page", "drops the oldest page instead of refusing the newest"),
    Hook("simcord.preview", "Preview._MAX_PAGES", "the number of pages from which it refuses"),
    Hook("simcord.preview", "Preview._mark_action_dispatched", "passed on to every channel's preview"),
    Hook("simcord.preview._pages", "_Page.asset_id", "asks `_explicit_assets` for pictures: ours makes them on demand"),
    Hook(
        "simcord.preview._server", "PreviewServer._static", "served from our one port, without the developer's toolbar"
    ),
    Hook("simcord.preview._server", "PreviewServer._authorized", "checks one origin: ours, which may be forwarded"),
    Hook("simcord.preview._server", "PreviewServer._STATIC_FILES", "the frame moves from / to /frame"),
    Hook("simcord.preview._server", "PreviewServer._SECURITY_HEADERS", "lets our own page frame it"),
    Hook("simcord.preview._server", "PreviewServer.start", "binds a port of its own for each channel: ours does not"),
    *(
        Hook("simcord.preview._server", f"PreviewServer.{name}", "answers the frame's requests, on our port")
        for name in ("_pages", "_delete_page", "_state", "_commands", "_action_result", "_action", "_asset")
    ),
)


@dataclass(frozen=True, slots=True)
class Patch:
    """A correction of SimCord's page: in this file, this text becomes that one, for this reason."""

    file: str
    old: str
    new: str
    why: str


PATCHES = (
    Patch(
        "preview.css",
        """@font-face {
  font-family: "Noto Sans SC";
  src: url("/fonts/noto-sans-sc-v2.004.ttf") format("truetype");
  font-style: normal;
  font-weight: 100 900;
  font-display: block;
}
""",
        "",
        "18 MB, fetched at once whether needed or not: a minute through a tunnel, and browsers have a Chinese font",
    ),
    Patch(
        "actions.js",
        'if (pending || (uncertain && kind !== "close")) {',
        """if (pending && !uncertain && !pageAction(kind) && (pending.queryIntent || pageAction(pending.kind))) {
      setTimeout(dispatch, 30, kind, extra, metadata); return;
    }
    if (pending || (uncertain && kind !== "close")) {""",
        "a click or an Enter within the 0.1 s of an autocomplete was lost; now it waits",
    ),
    Patch(
        "actions.js",
        " && awaitingRevision > context.publishedRevision) return;",
        """ && awaitingRevision > context.publishedRevision) {
      setTimeout(dispatch, 30, kind, extra, metadata); return;
    }""",
        "the same until the page has seen what its last click did",
    ),
    Patch(
        "commands.js",
        "autocompleteKey(currentDraft(), option.name, current)) || [];",
        """autocompleteKey(currentDraft(), option.name, current));
            const chosen = currentDraft().values[option.name]?.label !== undefined;""",
        "for the next one",
    ),
    Patch(
        "commands.js",
        "renderPopup(field, `OPTIONS MATCHING ${current.toUpperCase()}`,",
        """if (!choices || chosen) { clearPopup(); if (!current) queryAutocomplete(option, current); }
            else renderPopup(field, `OPTIONS MATCHING ${current.toUpperCase()}`,""",
        "Discord asks for suggestions before anything is typed, and not again after one has been chosen",
    ),
    Patch(
        "commands.js",
        '"Loading options failed" : "No options match"',
        """"Loading options failed"
      : autocomplete.state === "loading" ? "Loading options…" : "No options match\"""",
        "it said so before it knew",
    ),
    Patch(
        "dom.js",
        "const ICON_PATHS = {\n",
        'const ICON_PATHS = {\n  more: "M4 11h2v2H4Zm7 0h2v2h-2Zm7 0h2v2h-2Z",\n',
        "for the next one",
    ),
    Patch(
        "messages.js",
        "    if (toolbar.childElementCount) root.append(toolbar);",
        """    if (!message.ephemeral) addAction("more", "Apps", () => {});
    if (toolbar.childElementCount) root.append(toolbar);""",
        "it has no menu of a message; `menu.js`, which has, listens to this button too",
    ),
    Patch(
        "timeline.js",
        "  let correction = null;\n",
        "  let correction = null;\n  let atEnd = true;\n  let lastTop = 0;\n",
        "for the next two",
    ),
    Patch(
        "timeline.js",
        """    if (!state.ready && state.scrollIntent?.policy === "target") return;""",
        """    const { scrollTop, scrollHeight, clientHeight } = ui.timeline;
    if (scrollHeight - scrollTop - clientHeight <= 40) atEnd = true;
    else if (scrollTop < lastTop - 2) atEnd = false;
    lastTop = scrollTop;
    if (!state.ready && state.scrollIntent?.policy === "target") return;""",
        "only who scrolls up leaves the end",
    ),
    Patch(
        "timeline.js",
        'ui.timeline.scrollHeight - ui.timeline.scrollTop - ui.timeline.clientHeight <= 1 ? "bottom"',
        'atEnd ? "bottom"',
        "a growing composer or a late picture counted as scrolling up, and the answer came out of sight",
    ),
)


def check_version(found: str | None) -> None:
    """Raise `HeatlineError` unless the installed version of SimCord is the pinned one."""
    if found is None:
        raise HeatlineError(
            f"The preview needs simcord {PINNED}: run make install, or pip install 'heatline[preview]'."
        )
    if found != PINNED:
        raise HeatlineError(
            f"The preview needs simcord {PINNED} exactly, and {found} is installed: run make install, "
            f"or pip install simcord=={PINNED}."
        )


def check_hook(hook: Hook) -> None:
    """Raise `HeatlineError` unless the private part is where it was."""
    try:
        target: object = importlib.import_module(hook.module)
        for name in hook.path.split("."):
            target = getattr(target, name)
    except (ImportError, AttributeError):
        raise HeatlineError(
            f"The preview does not fit this simcord: {hook.module}.{hook.path} is gone; run make install."
        ) from None


def check_patch(patch: Patch, text: str) -> None:
    """Raise `HeatlineError` unless the file's text has the place that the patch corrects, once."""
    if text.count(patch.old) != 1:
        raise HeatlineError(
            f"The preview does not fit this simcord: {patch.file} of its page has changed; run make install."
        )


def verify() -> None:
    """Raise `HeatlineError` unless the simulated Discord is installed, is the pinned version and has every hook."""
    try:
        found: str | None = metadata.version("simcord")
    except metadata.PackageNotFoundError:
        found = None
    check_version(found)
    # The page's own needs: simcord installs without them, and finds out only when the page is opened.
    for module in ("aiohttp", "PIL", "markdown_it", "linkify_it", "regex"):
        try:
            importlib.import_module(module)
        except ImportError:
            raise HeatlineError(
                f"The preview needs the Python package that holds “{module}”: run make install, "
                "or pip install 'heatline[preview]'."
            ) from None
    # SimCord makes a client of its own, which would warn of the voice libraries that nobody here needs.
    discord.VoiceClient.warn_nacl = discord.VoiceClient.warn_dave = False
    try:
        importlib.import_module("simcord")
    except ImportError as error:  # it checks discord.py's internals when it is imported
        raise HeatlineError(f"simcord {PINNED} does not fit this discord.py: {error}") from error
    for hook in HOOKS:
        check_hook(hook)
    static = resources.files("simcord.preview").joinpath("static")
    for patch in PATCHES:
        check_patch(patch, static.joinpath(patch.file).read_text(encoding="utf-8"))
