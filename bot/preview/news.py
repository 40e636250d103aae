"""The demo news: invented articles in the corpus format, with dates relative to the start of the preview."""

import base64
import hashlib
import json
import tomllib
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal, NotRequired, TypedDict

_DATA = Path(__file__).with_name("demo_news.toml")


class _Provider(TypedDict):
    name: str
    domain: str
    logo: bool


class _Report(TypedDict):
    provider: str
    slug: str
    title: str
    excerpt: str
    age: float
    quality: int
    image: bool


class _Article(TypedDict):
    provider: str
    slug: str
    title: str
    excerpt: str
    age: float
    image: bool
    topics: list[str]
    quality: NotRequired[int]
    bonus: NotRequired[int]
    state: NotRequired[Literal["messy", "unpublished", "superseded", "unscored"]]
    related: NotRequired[list[_Report]]


class _News(TypedDict):
    providers: dict[str, _Provider]
    article: list[_Article]
    spare: list[_Article]


def write_demo_news(folder: Path, now: datetime) -> None:
    """Write the demo articles into the folder, which is made where it is missing. `now` is aware."""
    _write(folder, now, "article")


def write_spare_news(folder: Path, now: datetime) -> None:
    """Write the stories that the visitor can publish into the folder: copied into a corpus, each is new and hot."""
    _write(folder, now, "spare")


def _write(folder: Path, now: datetime, which: Literal["article", "spare"]) -> None:
    news: _News = tomllib.loads(_DATA.read_text(encoding="utf-8"))  # type: ignore[assignment]  # our own file
    folder.mkdir(parents=True, exist_ok=True)
    for article in news[which]:
        day = (now - timedelta(hours=article["age"])).date().isoformat()
        text = _document(article, news["providers"], now)
        (folder / f"{day}-{article['slug']}.md").write_text(text, encoding="utf-8", newline="\n")


def _quoted(text: str) -> str:
    """Return the text in double quotes with JSON's escapes, which YAML shares."""
    return json.dumps(text, ensure_ascii=False)


def _moment(now: datetime, age: float) -> str:
    return (now - timedelta(hours=age)).strftime("%Y-%m-%dT%H:%M:00Z")


def _url(provider: _Provider, slug: str) -> str:
    return f"https://{provider['domain']}/news/{slug}"


def _picture(provider: _Provider, slug: str, indent: str) -> list[str]:
    return [
        f"{indent}images:",
        f'{indent}  - url: "https://images.{provider["domain"]}/{slug}-1200x630.jpg"',
        f"{indent}    width: 1200",
        f"{indent}    height: 630",
    ]


def _document(article: _Article, providers: dict[str, _Provider], now: datetime) -> str:
    """Return the article as a file of the corpus: the publishers' order of fields, front matter only."""
    provider = providers[article["provider"]]
    related = article.get("related", [])
    url = _url(provider, article["slug"])
    lines = [
        "---",
        "category: news",
        f"title: {_quoted(article['title'])}",
        f"excerpt: {_quoted(article['excerpt'])}",
        f"publishedDateTime: {_moment(now, article['age'])}",
        f"originalUrl: {_quoted(url)}",
        f"webUrl: {_quoted(url)}",
        "type: article",
        *_scores(article, len(related)),
        "",
        "provider:",
        f"  name: {provider['name']}",
        f"  domain: {provider['domain']}",
    ]
    if provider["logo"]:
        lines += [
            "  images:",
            f'    - url: "https://{provider["domain"]}/logos/{provider["domain"]}-50x50.png"',
            "      width: 50",
            "      height: 50",
        ]
    lines += ["", "topics:", *(f"  - {topic}" for topic in article["topics"])]
    if article["image"]:
        lines += ["", *_picture(provider, article["slug"], ""), f"    title: {_quoted(article['title'])}"]
    if related:
        lines += ["", "related:"]
        for report in related:
            lines += _report(report, providers[report["provider"]], now)
    return "\n".join([*lines, "", f'secured: "{_sealed(article["slug"])}"', "---", "", ""])


def _scores(article: _Article, reports: int) -> list[str]:
    """Return the lines of quality, heat and published as the publishers compute them; none for an unscored article."""
    state = article.get("state")
    if state == "unscored":
        return []
    quality = article.get("quality", 0)
    heat = -1 if state == "superseded" else quality + 10 * reports + article.get("bonus", 0)
    return [f"quality: {quality}", f"heat: {heat}", f"published: {'true' if heat >= 70 else 'false'}"]


def _report(report: _Report, provider: _Provider, now: datetime) -> list[str]:
    return [
        f"  - title: {_quoted(report['title'])}",
        f"    excerpt: {_quoted(report['excerpt'])}",
        f"    publishedDateTime: {_moment(now, report['age'])}",
        f"    webUrl: {_quoted(_url(provider, report['slug']))}",
        "    type: article",
        "    provider:",
        f"      name: {provider['name']}",
        f"      domain: {provider['domain']}",
        f"    quality: {report['quality']}",
        *(_picture(provider, report["slug"], "    ") if report["image"] else ()),
    ]


def _sealed(seed: str) -> str:
    """Return what looks like the publishers' opaque field: nothing may show, log or store it."""
    digest = hashlib.blake2b(seed.encode()).digest()
    return f"{base64.b64encode(digest * 4).decode()};{base64.b64encode(digest[:16]).decode()}"
