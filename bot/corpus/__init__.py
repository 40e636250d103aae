"""Files -> articles: walk, parse, validate, clean. Knows neither Discord nor SQL."""

from bot.corpus.reading import read_corpus, read_file, read_files, read_twins, twins_apart
from bot.corpus.record import article_record, as_record
from bot.corpus.roots import Root, parse_roots
from bot.corpus.spelling import Spelling, corrected, corrections, spellings_of
from bot.corpus.walk import Found, found_files

__all__ = [
    "Found",
    "Root",
    "Spelling",
    "article_record",
    "as_record",
    "corrected",
    "corrections",
    "found_files",
    "parse_roots",
    "read_corpus",
    "read_file",
    "read_files",
    "read_twins",
    "spellings_of",
    "twins_apart",
]
