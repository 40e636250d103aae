"""What readers keep."""

import json
from datetime import timedelta

from sqlalchemy import Connection

from bot.store import readers
from bot.store.known import key_by_address
from bot.store.readers import (
    count_kept,
    export_reader,
    forget_reader,
    forget_story,
    is_saved,
    keep_look,
    last_look,
    save_story,
    saved_stories,
)
from tests.conftest import NOW
from tests.store.kept import article, keep

MINUTE = timedelta(minutes=1)
ANN, MO = 1, 2


def test_a_look_is_known_after_half_an_hour_and_by_topic_and_reader(connection: Connection) -> None:
    with connection.begin():
        assert last_look(connection, ANN, "", NOW) is None
        keep_look(connection, ANN, "", NOW)
        assert last_look(connection, ANN, "", NOW + 29 * MINUTE) is None
        assert last_look(connection, ANN, "", NOW + 30 * MINUTE) == NOW
        assert last_look(connection, ANN, "ai", NOW + 30 * MINUTE) is None
        assert last_look(connection, MO, "", NOW + 30 * MINUTE) is None
        keep_look(connection, ANN, "", NOW + 60 * MINUTE)
        assert last_look(connection, ANN, "", NOW + 120 * MINUTE) == NOW + 60 * MINUTE


def test_saved_stories_are_the_readers_own_newest_first(connection: Connection) -> None:
    first, second = article("first"), article("second")
    with connection.begin():
        assert save_story(connection, ANN, first, NOW)
        assert save_story(connection, ANN, second, NOW + MINUTE)
        assert save_story(connection, ANN, first, NOW + 2 * MINUTE)
        assert save_story(connection, MO, second, NOW)
        assert [each.title for each in saved_stories(connection, ANN)] == ["Story second", "Story first"]
        assert saved_stories(connection, ANN)[1].at == NOW
        forget_story(connection, ANN, second.key)
        assert not is_saved(connection, ANN, second.key)
        assert is_saved(connection, MO, second.key)


def test_there_is_a_most_that_can_be_saved(connection: Connection) -> None:
    with connection.begin():
        made = [article(f"a{n}") for n in range(readers.SAVED_CAP + 1)]
        assert all(save_story(connection, ANN, each, NOW) for each in made[:-1])
        assert not save_story(connection, ANN, made[-1], NOW)
        assert save_story(connection, ANN, made[0], NOW)
        assert len(saved_stories(connection, ANN)) == readers.SAVED_CAP


def test_everything_about_a_reader_can_be_exported_and_forgotten(connection: Connection) -> None:
    with connection.begin():
        keep_look(connection, ANN, "ai", NOW)
        save_story(connection, ANN, article("a", title="Ünïcode"), NOW)
        save_story(connection, MO, article("b"), NOW)
        exported = json.loads(export_reader(connection, ANN))
        assert exported == {
            "user_id": "1",
            "last_looks": [{"topic": "ai", "at": "2026-03-01T12:00:00+00:00"}],
            "saved_stories": [
                {
                    "title": "Ünïcode",
                    "url": "https://news.example/a",
                    "provider": "Example Times",
                    "saved_at": "2026-03-01T12:00:00+00:00",
                }
            ],
            "open_panels": 0,
        }
        assert count_kept(connection, ANN) == (1, 1, 0)
        assert forget_reader(connection, ANN) == 2
        assert count_kept(connection, ANN) == (0, 0, 0)
        assert count_kept(connection, MO) == (1, 0, 0)


def test_a_story_is_found_by_its_address_and_by_that_of_its_coverage(connection: Connection) -> None:
    with connection.begin():
        known, hidden = article("a", url="https://www.news.example/a/"), article("h", published=False)
        keep(connection, [known, hidden])
        number = connection.exec_driver_sql("SELECT number FROM articles WHERE id = 'a'").scalar_one()
        connection.exec_driver_sql("INSERT INTO coverage_urls VALUES ('//other.example/report', ?)", (number,))
        assert key_by_address(connection, "http://news.example/a#part") == known.key
        assert key_by_address(connection, "https://other.example/report") == known.key
        assert key_by_address(connection, "https://news.example/a?utm_source=x&fbclid=1") == known.key
        assert key_by_address(connection, "https://other.example/") is None
        assert key_by_address(connection, hidden.url) is None
