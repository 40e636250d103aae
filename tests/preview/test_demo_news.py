"""The demo news and the pictures: invented, in the corpus format, the same at every start."""

import io
import re
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import frontmatter
import pytest
from PIL import Image

from bot.preview.news import write_demo_news, write_spare_news
from bot.preview.pictures import avatar_hash, picture

NOW = datetime(2026, 5, 4, 3, 2, 1, tzinfo=UTC)
TOPICS = {"AI", "Security", "Robotics", "Climate", "Space", "Business"}


def read(folder: Path) -> dict[str, dict[str, Any]]:
    return {path.name: dict(frontmatter.load(str(path)).metadata) for path in sorted(folder.iterdir())}


@pytest.fixture
def news(tmp_path: Path) -> dict[str, dict[str, Any]]:
    write_demo_news(tmp_path / "corpus", NOW)
    return read(tmp_path / "corpus")


def scored(news: dict[str, dict[str, Any]]) -> list[dict[str, Any]]:
    return [item for item in news.values() if item.get("heat", -1) >= 0]


def test_there_are_thirty_with_names_and_titles_of_their_own(news: dict[str, dict[str, Any]]) -> None:
    assert len(news) == 30
    assert len({item["title"] for item in news.values()}) == 30
    assert len({item["webUrl"] for item in news.values()}) == 30
    for name, item in news.items():
        assert re.fullmatch(r"\d{4}-\d\d-\d\d-[a-z0-9-]+\.md", name)
        assert name.startswith(item["publishedDateTime"].date().isoformat())
        assert item["category"] == "news"
        assert 15 <= len(item["title"]) <= 180
        assert 2 <= len(item["excerpt"]) <= 339
        assert item["secured"].count(";") == 1


def test_six_topics_and_many_publishers(news: dict[str, dict[str, Any]]) -> None:
    assert {topic for item in news.values() for topic in item["topics"]} == TOPICS
    publishers = Counter(item["provider"]["name"] for item in news.values())
    assert len(publishers) >= 8
    assert max(publishers.values()) <= 6


def test_they_are_of_the_last_six_days_and_never_of_the_future(news: dict[str, dict[str, Any]]) -> None:
    ages = [NOW - item["publishedDateTime"] for item in news.values()]
    assert timedelta(0) <= min(ages)
    assert timedelta(days=4) < max(ages) < timedelta(days=6)
    assert sum(age < timedelta(hours=48) for age in ages) >= 12


def test_heat_is_quality_and_coverage_and_a_small_bonus(news: dict[str, dict[str, Any]]) -> None:
    for item in scored(news):
        assert 0 <= item["heat"] - item["quality"] - 10 * len(item.get("related", [])) <= 8
        assert item["published"] is (item["heat"] >= 70)
        assert item["heat"] <= 140
    assert {len(item["related"]) for item in news.values() if "related" in item} >= {1, 2, 3, 4, 5}
    assert 8 <= sum("related" in item for item in news.values()) <= 12


def test_one_of_each_special_kind(news: dict[str, dict[str, Any]]) -> None:
    assert [item["published"] for item in scored(news)].count(False) == 1
    superseded = [item for item in news.values() if item.get("heat") == -1]
    assert len(superseded) == 1
    better = superseded[0]["related"][0]
    assert better["quality"] > superseded[0]["quality"]
    assert better["webUrl"] in {item["webUrl"] for item in scored(news)}
    unscored = [item for item in news.values() if not {"heat", "quality", "published"} & item.keys()]
    assert len(unscored) == 1
    messy = [item["excerpt"] for item in news.values() if "&#8217;" in item["excerpt"]]
    assert len(messy) == 1
    assert "&nbsp;" in messy[0]
    assert "â€œ" in messy[0]


def test_nobody_real_is_named_by_an_address(news: dict[str, dict[str, Any]]) -> None:
    addresses = set(re.findall(r"https?://[^\s\"']+", str(news)))
    assert len(addresses) > 60
    assert all((urlsplit(address).hostname or "").endswith(".example") for address in addresses)
    assert all(item["provider"]["domain"].endswith(".example") for item in news.values())


def test_spare_stories_are_hot_and_new(tmp_path: Path, news: dict[str, dict[str, Any]]) -> None:
    write_spare_news(tmp_path / "spare", NOW)
    spare = read(tmp_path / "spare")
    assert len(spare) >= 5
    assert not {item["title"] for item in spare.values()} & {item["title"] for item in news.values()}
    for item in spare.values():
        assert item["heat"] >= 80
        assert NOW - item["publishedDateTime"] < timedelta(minutes=1)


def test_the_same_start_writes_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        write_demo_news(tmp_path / name, NOW)
    one, two = (sorted((tmp_path / name).iterdir()) for name in ("one", "two"))
    assert [path.read_bytes() for path in one] == [path.read_bytes() for path in two]


@pytest.mark.parametrize(
    ("url", "kind", "size"),
    [
        ("https://images.a.example/story-1200x630.jpg", "JPEG", (800, 420)),
        ("https://images.a.example/story.PNG?w=1200", "PNG", (800, 420)),
        ("https://images.a.example/story.webp", "WEBP", (800, 420)),
        ("https://images.a.example/image?url=x&signature=y", "JPEG", (800, 420)),
        ("https://a.example/logos/a.example-50x50.png", "PNG", (128, 128)),
        (f"https://cdn.simcord.invalid/avatars/1/{avatar_hash('Heatline')}.png", "PNG", (128, 128)),
    ],
)
def test_a_picture_is_what_its_address_promises(url: str, kind: str, size: tuple[int, int]) -> None:
    drawn = picture(url)
    assert drawn is not None
    name, data = drawn
    with Image.open(io.BytesIO(data)) as image:
        assert (image.format, image.size) == (kind, size)
    assert name.rpartition(".")[2] in {"JPEG": ("jpg",), "PNG": ("png",), "WEBP": ("webp",)}[kind]
    assert len(data) < 400_000
    picture.cache_clear()
    assert picture(url) == drawn


@pytest.mark.parametrize("url", ["", "ftp://a.example/x.jpg", "attachment://x.png", "https://[", "javascript:1"])
def test_what_is_no_web_address_has_no_picture(url: str) -> None:
    assert picture(url) is None
