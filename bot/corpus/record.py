"""Articles and file reports as JSON objects."""

from bot.models import Article, FileReport


def article_record(article: Article) -> dict[str, object]:
    """Return the article as `export --json` prints it; times as `YYYY-MM-DDTHH:MM:SSZ`, coverage as a number."""
    published_at = article.published_at
    return {
        "id": article.id,
        "title": article.title,
        "excerpt": article.excerpt,
        "url": article.url,
        "topics": list(article.topics),
        "provider": article.provider,
        "provider_domain": article.provider_domain,
        "type": article.type,
        "heat": article.heat,
        "quality": article.quality,
        "published": article.published,
        "published_at": f"{published_at:%Y-%m-%dT%H:%M:%SZ}" if published_at else None,
        "image": article.image.url if article.image else None,
        "coverage": len(article.coverage),
    }


def as_record(report: FileReport) -> dict[str, object]:
    """Return the report as `check --json` prints it."""
    record: dict[str, object] = {"file": report.file, "status": str(report.status)}
    if report.article is not None:
        record |= article_record(report.article)
        record["problems"] = [
            {"line": problem.line, "field": problem.field, "what": problem.what, "done": problem.done}
            for problem in report.problems
        ]
    if report.error is not None:
        record["error"] = report.error
    return record
