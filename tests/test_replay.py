"""A corpus rewritten step by step: after every step the store is what a fresh load of the folder gives."""

import random
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from bot.corpus import article_record
from bot.loading import load
from bot.settings import Settings
from bot.store.articles import all_articles, names_of
from bot.store.database import connect
from bot.store.migrate import migrate
from tests.conftest import NOW, Corpus

WORDS = ("robot", "plant", "ocean", "opens", "closes", "chips", "fund", "court", "law", "sun", "rain", "wind", "river")
SPELLINGS = (("AI", "ai", "Ai"), ("Robotics", "robotics"), ("Space",))


def everything(settings: Settings) -> object:
    """Return what must not depend on the way that led here: export, stories, names, problems, search."""
    with connect(settings.database_url, writes=False) as connection:
        run = connection.exec_driver_sql
        articles = all_articles(connection)
        return (
            [article_record(article) for article in articles],
            {article.id: article.story for article in articles},
            {article.id: [report.provider for report in article.coverage] for article in articles},
            sorted(names_of(connection, "topic"), key=str),
            sorted(names_of(connection, "provider"), key=str),
            run("SELECT file, line, field, what, done FROM problems ORDER BY file, position").all(),
            run("SELECT file, status, article FROM files ORDER BY file").all(),
            run("SELECT kind, name, count FROM spellings ORDER BY kind, name").all(),
            run("SELECT key, other FROM story_links ORDER BY 1, 2").all(),
            run(
                "SELECT w.word, w.seen_at, a.id FROM story_words w JOIN articles a ON a.number = w.article"
                " ORDER BY 1, 2, 3"
            ).all(),
            run(
                "SELECT c.url_key, a.id FROM coverage_urls c JOIN articles a ON a.number = c.article ORDER BY 1, 2"
            ).all(),
            run(
                "SELECT t.topic, t.heat, a.id FROM article_topics t JOIN articles a ON a.number = t.article"
                " ORDER BY 1, 3"
            ).all(),
            run(
                "SELECT a.id FROM articles_fts f JOIN articles a ON a.number = f.rowid"
                " WHERE articles_fts MATCH 'robot' ORDER BY 1"
            ).all(),
        )


def rewrite(chance: random.Random, corpus: Corpus, name: str, now: datetime) -> None:
    """Write a file anew, in one of the ways in which publishers do."""
    at = now - timedelta(days=chance.randint(0, 25))
    scored = chance.random() < 0.8
    fields: dict[str, object] = {
        "title": " ".join(chance.sample(WORDS, 6)) if chance.random() < 0.5 else "Robot plant opens by the ocean",
        "webUrl": f"https://news.example/{chance.randrange(12)}",
        "publishedDateTime": f"{at:%Y-%m-%dT%H:%M:%SZ}",
        "topics": [chance.choice(chance.choice(SPELLINGS))],
        "provider": {"name": chance.choice(["Example Times", "EXAMPLE TIMES", "Daily"]), "domain": "news.example"},
        "heat": chance.choice([-1, 70, 88, 88, 120]) if scored else None,
        "quality": 60 if scored else None,
        "published": chance.random() < 0.8 if scored else None,
        "related": [
            {
                "title": "Elsewhere",
                "webUrl": f"https://news.example/{chance.randrange(12)}",
                "provider": {"name": "daily"},
            }
        ]
        if chance.random() < 0.4
        else None,
    }
    path = corpus.write(name, **fields)
    if chance.random() < 0.1:
        path.write_text(path.read_text().replace("title:", "title"))  # broken until it is written again


@pytest.mark.parametrize("seed", range(6))
def test_every_step_is_as_good_as_a_fresh_load(
    settings: Settings, corpus: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    if seed % 2:  # files that are older than a moment are known by their stamp: let these count as older
        monkeypatch.setattr("bot.loading._FRESH_NS", -(10**12))
    chance = random.Random(seed)
    now = NOW
    names = [f"story-{number}" for number in range(30)] + ["below/story-1", "below/story-2"]
    for step in range(12):
        for name in chance.sample(names, chance.choice([1, 2, 20])):
            if chance.random() < 0.15:
                if (corpus.folder / f"{name}.md").exists():
                    corpus.remove(name)
            else:
                rewrite(chance, corpus, name, now)
        load(settings, now=now, allow_mass_removal=True)
        sighted(settings)
        fresh = settings.model_copy(update={"database_url": f"sqlite+aiosqlite:///{tmp_path}/fresh-{step}.db"})
        # First sights are facts of this store, and stories hang on them: the fresh one is told them.
        seed_sightings(settings, fresh)
        load(fresh, now=now)
        assert everything(settings) == everything(fresh), step
        now += timedelta(hours=chance.choice([2, 30, 200]))


def sighted(settings: Settings) -> None:
    """Check that every article has been sighted."""
    with connect(settings.database_url, writes=False) as connection:
        unseen = "SELECT count(*) FROM articles WHERE key NOT IN (SELECT key FROM sightings)"
        assert connection.exec_driver_sql(unseen).scalar_one() == 0


def seed_sightings(settings: Settings, fresh: Settings) -> None:
    """Copy the sightings into a new database."""
    migrate(fresh.database_url)
    with connect(settings.database_url, writes=False) as connection:
        rows = [tuple(row) for row in connection.exec_driver_sql("SELECT key, seen_at, load, quiet FROM sightings")]
    with connect(fresh.database_url, writes=True) as connection, connection.begin():
        if rows:
            connection.exec_driver_sql("INSERT INTO sightings VALUES (?, ?, ?, ?)", rows)
