"""One spelling per name in a corpus: "power apps" and "Power Apps" are one topic."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from bot.models import Article, FileReport, fold


def unified(reports: Sequence[FileReport]) -> list[FileReport]:
    """Return the reports with every provider and topic in its most frequent spelling, ties by code point."""
    providers: Counter[str] = Counter()
    topics: Counter[str] = Counter()
    for report in reports:
        if article := report.article:
            providers[article.provider] += 1
            topics.update(article.topics)
            for other in article.coverage:
                providers[other.provider] += 1
    provider_names = _corrections(providers)
    topic_names = _corrections(topics)
    if not provider_names and not topic_names:
        return list(reports)
    return [
        replace(report, article=_corrected(report.article, provider_names, topic_names)) if report.article else report
        for report in reports
    ]


def _corrections(counts: Counter[str]) -> dict[str, str]:
    """Return for each spelling that is not its name's best the one that is."""
    spellings: dict[str, list[str]] = {}
    for spelling in counts:
        spellings.setdefault(fold(spelling), []).append(spelling)
    corrections = {}
    for alike in spellings.values():
        if len(alike) > 1:
            best = min(alike, key=lambda spelling: (-counts[spelling], spelling))
            corrections.update({spelling: best for spelling in alike if spelling != best})
    return corrections


def _corrected(article: Article, providers: Mapping[str, str], topics: Mapping[str, str]) -> Article:
    if article.provider in providers:
        article = replace(article, provider=providers[article.provider])
    if any(report.provider in providers for report in article.coverage):
        coverage = (
            replace(other, provider=providers.get(other.provider, other.provider)) for other in article.coverage
        )
        article = replace(article, coverage=tuple(coverage))
    if any(topic in topics for topic in article.topics):
        article = replace(article, topics=_merged(topics.get(topic, topic) for topic in article.topics))
    return article


def _merged(topics: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(topics))
