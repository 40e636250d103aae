"""The preview's own folder, made anew at each start, and who its visitor is."""

import shutil
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import frontmatter

from bot.models import HeatlineError
from bot.preview.news import write_demo_news, write_spare_news

VISITOR_ID = 1_100_000_000_000_000_001
MEMBER_ID = 1_100_000_000_000_000_002
GERMAN_ID = 1_100_000_000_000_000_003


def visitor_id() -> int:
    """Return the user id of the visitor, who owns the demo server: the program's admin."""
    return VISITOR_ID


@dataclass(frozen=True, slots=True)
class Sandbox:
    """The preview's folder: what the program needs to know of it."""

    folder: Path

    @property
    def corpus(self) -> Path:
        """The news folder that the program watches."""
        return self.folder / "corpus"

    @property
    def spare(self) -> Path:
        """Stories that are not news yet: copied into the corpus, one becomes a push."""
        return self.folder / "try-me"

    @property
    def database_url(self) -> str:
        """Where the program keeps everything, until the next start."""
        return f"sqlite+aiosqlite:///{self.folder / 'heatline.db'}"

    @property
    def admin_ids(self) -> frozenset[int]:
        """The program's admins: the visitor."""
        return frozenset({visitor_id()})


def make_sandbox(folder: Path, seeds: Path, now: datetime) -> Sandbox:
    """Replace the folder by a fresh one with the seeds, the demo news and the spare stories in it.

    Raises `HeatlineError` where that fails, and for a folder that holds anything but an earlier preview.
    """
    sandbox = Sandbox(folder.resolve())
    marker = sandbox.folder / ".heatline-preview"
    try:
        if sandbox.folder.exists():
            # It is deleted below, and its place can be chosen by hand: only what a preview made may go.
            if not marker.exists() and any(sandbox.folder.iterdir()):
                raise HeatlineError(f"{sandbox.folder} is not a preview's folder: move it away, or choose another one.")
            shutil.rmtree(sandbox.folder)
        sandbox.corpus.mkdir(parents=True)
        marker.touch()
        for seed in sorted(seeds.iterdir()):
            if seed.is_file():
                shutil.copyfile(seed, sandbox.corpus / seed.name)
        write_demo_news(sandbox.corpus, now)
        write_spare_news(sandbox.spare, now)
    except OSError as error:
        raise HeatlineError(f"The preview cannot write its folder {sandbox.folder}: {error.strerror}.") from error
    return sandbox


@dataclass(frozen=True, slots=True)
class Released:
    """A story that has just been published: its headline and topics."""

    title: str
    topics: tuple[str, ...]


def release_story(sandbox: Sandbox) -> Released | None:
    """Move the next spare story into the corpus, where the program finds it; return None after the last."""
    for spare in sorted(sandbox.spare.glob("*.md")):
        story = frontmatter.load(str(spare))
        topics = story["topics"]
        # A rename within one file system: the watcher never sees half a file.
        spare.replace(sandbox.corpus / spare.name)
        return Released(str(story["title"]), tuple(map(str, topics)) if isinstance(topics, list) else ())
    return None
