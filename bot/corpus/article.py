"""One file's bytes -> its report: an article, a skip, or a reason why not."""

from datetime import datetime, timedelta

from bot.corpus import limits
from bot.corpus.clean import clean, clean_excerpt, clean_name, cut
from bot.corpus.document import Document, Picture, Related, Source, mended_document, strict_document
from bot.corpus.faults import Fault, Remedy
from bot.corpus.findings import Complain, Findings, Place, RefusedError, UncertainError, doubt, rejection
from bot.corpus.frontmatter import exact_mapping, fast_mapping, has_front_matter, text_of
from bot.corpus.urls import domain, host_of
from bot.models import Article, FileReport, FileStatus, Image, Report, fold, key_of


def read_article(file: str, article_id: str, data: bytes, now: datetime) -> FileReport:
    """Return what the file says: `load` with its article, `skip` where it is not news, `reject` with the reason.

    `now` is aware; dates more than two days after it count as missing.
    """
    try:
        text = text_of(data)
        if not has_front_matter(text):
            return FileReport(file, FileStatus.SKIP)
        try:
            fields = fast_mapping(text)
            if _is_other(fields):
                return FileReport(file, FileStatus.SKIP)
            article = _article(article_id, strict_document(fields), now, doubt)
            return FileReport(file, FileStatus.LOAD, article)
        except (UncertainError, RefusedError, ValueError):  # the last of yaml-rs or pydantic: read it again, with lines
            return _exactly(file, article_id, text, now)
    except RefusedError as refusal:
        return rejection(file, refusal.what, refusal.place, refusal.line)


def _exactly(file: str, article_id: str, text: str, now: datetime) -> FileReport:
    fields, lines = exact_mapping(text)
    findings = Findings(file, lines)
    try:
        if _is_other(fields):
            return FileReport(file, FileStatus.SKIP)
        document = mended_document(fields, findings.add)
        article = _article(article_id, document, now, findings.add)
    except RefusedError as refusal:
        return rejection(file, refusal.what, refusal.place, findings.line_of(refusal.place))
    return FileReport(file, FileStatus.LOAD, article, findings.problems)


def _is_other(fields: dict[str, object]) -> bool:
    """Return whether the file is something else than news; raises RefusedError where that cannot be told.

    A publisher's repository holds other pages too: one that does not say that it is news has to look like it.
    """
    category = fields.get("category")
    if category is not None and not isinstance(category, str):
        raise RefusedError(Fault.NO_TEXT, ("category",))
    if category and category.strip():
        return fold(category) != "news"
    return fields.get("title") is None or (fields.get("webUrl") is None and fields.get("originalUrl") is None)


def _article(article_id: str, document: Document, now: datetime, complain: Complain) -> Article:
    title = cut(clean(document.title or ""), limits.TITLE)
    if not title:
        raise RefusedError(Fault.NO_TITLE, ("title",))
    url = document.web_url or document.original_url
    if not url:
        raise RefusedError(Fault.NO_ADDRESS, ("webUrl",))
    latest = now + timedelta(days=limits.FUTURE_DAYS)
    name, host, logo = _provider(document.provider, url, ("provider",), complain)
    return Article(
        id=article_id,
        key=key_of(article_id),
        title=title,
        url=url,
        provider=name,
        provider_domain=host,
        logo=logo,
        excerpt=clean_excerpt(document.excerpt or ""),
        topics=_topics(document.topics),
        type=clean_name(document.type or "").lower() or "article",
        heat=document.heat,
        quality=document.quality,
        published=document.published,
        published_at=_not_future(document.published_at, latest, (), complain),
        image=_image(document.images, ("images",), complain),
        coverage=_coverage(document.related, latest, complain) if document.related else (),
    )


def _coverage(entries: list[Related], latest: datetime, complain: Complain) -> tuple[Report, ...]:
    reports = []
    for index, entry in enumerate(entries):
        place: Place = ("related", index)
        title = cut(clean(entry.title or ""), limits.TITLE)
        url = entry.web_url or entry.original_url
        if not title or not url:
            complain(place, Fault.NO_ADDRESS if title else Fault.NO_TITLE, Remedy.ENTRY_LEFT_OUT)
            continue
        name, host, _ = _provider(entry.provider, url, (*place, "provider"), complain)
        reports.append(
            Report(
                title=title,
                url=url,
                provider=name,
                provider_domain=host,
                excerpt=clean_excerpt(entry.excerpt or ""),
                quality=entry.quality,
                published_at=_not_future(entry.published_at, latest, place, complain),
                image=_image(entry.images, (*place, "images"), complain),
            )
        )
    return tuple(reports)


def _provider(source: Source | None, url: str, place: Place, complain: Complain) -> tuple[str, str | None, str | None]:
    """Return name, domain and logo; what the file leaves out comes from the address."""
    host = logo = None
    name = ""
    if source is not None:
        name = clean_name(source.name or "")
        if source.domain and source.domain.strip():
            host = domain(source.domain)
            if host is None:
                complain((*place, "domain"), Fault.BAD_DOMAIN, Remedy.LEFT_OUT)
        image = _image(source.images, (*place, "images"), complain)
        logo = image.url if image else None
    host = host or host_of(url) or None
    return name or host or "", host, logo


def _topics(written: list[str | None]) -> tuple[str, ...]:
    topics: dict[str, str] = {}
    for text in written:
        if text and (topic := clean_name(text)):
            topics.setdefault(fold(topic), topic)
    return tuple(topics.values())


def _image(pictures: list[Picture], place: Place, complain: Complain) -> Image | None:
    """Return the first picture with an address."""
    for index, picture in enumerate(pictures):
        if picture.url:
            return Image(picture.url, picture.width, picture.height)
        complain((*place, index), Fault.NO_ADDRESS, Remedy.LEFT_OUT)
    return None


def _not_future(moment: datetime | None, latest: datetime, place: Place, complain: Complain) -> datetime | None:
    if moment is not None and moment > latest:
        complain((*place, "publishedDateTime"), Fault.FUTURE, Remedy.LEFT_OUT)
        return None
    return moment
