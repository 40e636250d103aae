"""News files in the publisher's format, for the tests of the corpus."""

from datetime import UTC, datetime
from pathlib import Path

from bot.corpus.article import read_article
from bot.models import Article, FileReport

SEEDS = Path(__file__).parents[2] / "seeds"
NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
CIPHERTEXT = (
    "2Lq0I2ppKfQbutSEDgEYDl7CtYfoj2bYyBf35WVC1GaOUyIyJ4wD5RkAjqRP59WIKl29yHg+AFlKqZ/IL1M=;fer3cL7ajbh0Qc2ODrpFoQ=="
)

FIELDS = {
    "category": "news",
    "title": '"A title"',
    "excerpt": '"An excerpt."',
    "publishedDateTime": "2026-02-01T10:00:00Z",
    "webUrl": '"https://example.com/a"',
    "type": "article",
    "quality": "69",
    "heat": "89",
    "published": "true",
    "provider": "\n  name: Example News\n  domain: example.com",
    "topics": "\n  - AI",
    "secured": f'"{CIPHERTEXT}"',
}


def news(**changes: str | None) -> str:
    """Return a news file with some fields' YAML changed, added, or (None) left out."""
    fields = FIELDS | changes
    lines = [
        f"{name}:{'' if text.startswith(chr(10)) else ' '}{text}" for name, text in fields.items() if text is not None
    ]
    return "\n".join(["---", *lines, "---", "", ""])


def report_of(text: str | bytes) -> FileReport:
    """Return what the corpus says of a file with this content."""
    return read_article("a.md", "a", text.encode() if isinstance(text, str) else text, NOW)


def article_of(text: str | bytes) -> Article:
    """Return the article of a file that must be taken."""
    report = report_of(text)
    assert report.article is not None, report.error
    return report.article


def faults_of(text: str | bytes) -> list[tuple[int | None, str | None, str, str]]:
    """Return the problems of a file: line, field, what, done."""
    return [(problem.line, problem.field, problem.what, problem.done) for problem in report_of(text).problems]
