"""One spelling per name in a corpus: "power apps" and "Power Apps" are one topic."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Literal

from bot.models import Article, FileReport, fold

Kind = Literal["topic", "provider"]
Spelling = tuple[Kind, str]
"""A name as it is written somewhere, and what it names."""


def spellings_of(article: Article) -> Iterator[Spelling]:
    """Yield every name in the article as it is written there, those of its coverage too."""
    yield "provider", article.provider
    for report in article.coverage:
        yield "provider", report.provider
    for topic in article.topics:
        yield "topic", topic


def corrections(counts: Mapping[Spelling, int]) -> dict[Spelling, str]:
    """Return for each spelling that is not its name's most frequent one the one that is; ties go by code point."""
    alike: dict[Spelling, list[str]] = {}
    for kind, name in counts:
        alike.setdefault((kind, fold(name)), []).append(name)
    found: dict[Spelling, str] = {}
    for (kind, _), names in alike.items():
        if len(names) > 1:
            best = min(names, key=lambda name: (-counts[kind, name], name))
            found |= {(kind, name): best for name in names if name != best}
    return found


def corrected(article: Article, better: Mapping[Spelling, str]) -> Article:
    """Return the article with its names in their best spellings."""
    if not better or not any(spelling in better for spelling in spellings_of(article)):
        return article
    return replace(
        article,
        provider=better.get(("provider", article.provider), article.provider),
        topics=tuple(dict.fromkeys(better.get(("topic", topic), topic) for topic in article.topics)),
        coverage=tuple(
            replace(report, provider=better.get(("provider", report.provider), report.provider))
            for report in article.coverage
        ),
    )


def unified(reports: Sequence[FileReport]) -> list[FileReport]:
    """Return the reports with every provider and topic in its most frequent spelling."""
    counts: Counter[Spelling] = Counter()
    for report in reports:
        if report.article is not None:
            counts.update(spellings_of(report.article))
    better = corrections(counts)
    return [
        replace(report, article=corrected(report.article, better)) if report.article and better else report
        for report in reports
    ]
