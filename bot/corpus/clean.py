"""Texts of publishers made fit to show: whole characters, no markup, nothing invisible, one line."""

import html
import re
import unicodedata
from functools import lru_cache

import ftfy

from bot.corpus import limits

_ELEMENTS = (
    "a|abbr|address|article|aside|audio|b|big|blockquote|body|br|button|caption|center|cite|code|dd|del|div|dl|dt|em"
    "|figcaption|figure|font|footer|form|h[1-6]|head|header|hr|html|i|iframe|img|input|ins|kbd|label|li|link|main|mark"
    "|meta|nav|noscript|object|ol|option|p|path|picture|pre|q|s|samp|script|section|select|small|source|span|strike"
    "|strong|style|sub|summary|sup|svg|table|tbody|td|textarea|tfoot|th|thead|time|title|tr|tt|u|ul|var|video|wbr"
)
# Only names that HTML has: a headline about List<String> keeps its type.
_TAG = re.compile(
    rf"<(script|style)\b[^<>]*>.*?</\1\s*>|<!--.*?-->|<!doctype[^<>]*>|</?({_ELEMENTS})(?:[\s/][^<>]*)?>",
    re.IGNORECASE | re.DOTALL,
)
_INLINE = re.compile(
    "a|abbr|b|big|cite|code|del|em|font|i|ins|kbd|label|mark|q|s|small|span|strike|strong|su[bp]|tt|u", re.I
)

# UTF-8 read as Windows-1252 or Latin-1: its first byte as a letter, its second as what stands at 0x80 to 0xBF there.
_MOJIBAKE = re.compile(
    "[\u00c2-\u00f4][\u0080-\u00bf\u20ac\u201a\u0192\u201e\u2026\u2020\u2021\u02c6\u2030\u0160\u2039\u0152\u017d"
    "\u2018\u2019\u201c\u201d\u2022\u2013\u2014\u02dc\u2122\u0161\u203a\u0153\u017e\u0178]"
)
_MENDING = ftfy.TextFixerConfig(
    unescape_html=False,
    remove_terminal_escapes=False,
    fix_latin_ligatures=False,
    fix_character_width=False,
    uncurl_quotes=False,
    fix_line_breaks=False,
    fix_surrogates=False,
    remove_control_chars=False,
    normalization=None,
    explain=False,
)

_LETTER = "\u0600-\u08ff\u0900-\u109f\u1780-\u18af\ufb50-\ufdff\ufe70-\ufefc"  # scripts whose letters joiners shape
_PICTURE = "\u00a9\u00ae\u203c-\u3299\U0001f000-\U0001faff"
_INVISIBLE = re.compile(
    # a joiner between pictures makes one picture of them; between letters of some scripts it is spelling
    rf"(?<![{_PICTURE}\ufe0f{_LETTER}])\u200d|\u200d(?![{_PICTURE}{_LETTER}])|(?<![{_LETTER}])\u200c|\u200c(?![{_LETTER}])"
    "|[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200e\u200f"
    "\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0d\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff\ud800-\udfff\U0001bca0-\U0001bca3"
    "\U0001d173-\U0001d17a\U000e0100-\U000e0fff]"
    # tag characters spell the flags of England, Scotland and Wales after a black flag; elsewhere they hide text
    "|(?<![\U0001f3f4\U000e0020-\U000e007e])[\U000e0000-\U000e007f]+"
)
# what of these Python counts as printable
_BLANK = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0d\uffa0\U000e0100-\U000e01ef]")

_NOTHING = frozenset(("", "na", "n/a", "none", "null", "undefined", "placeholder", "english"))


def clean(text: str) -> str:
    """Return the text as one line: entities and mojibake mended, tags and invisible characters gone, spaces single.

    Only the first 10,000 characters are looked at.
    """
    if len(text) > limits.RAW_TEXT:
        text = text[: limits.RAW_TEXT]
    if "<" in text:
        text = _TAG.sub(_gap, text)
    if "&" in text:
        text = html.unescape(text)
        if "<" in text:
            text = _TAG.sub(_gap, text)
    if not text.isascii():
        if _MOJIBAKE.search(text):
            text = ftfy.fix_text(text, _MENDING)
        if not unicodedata.is_normalized("NFC", text):
            text = unicodedata.normalize("NFC", text)
    if text.isprintable() and (text.isascii() or not _BLANK.search(text)):
        return " ".join(text.split()) if "  " in text else text.strip()
    return " ".join(_INVISIBLE.sub("", text).split())


def clean_name(text: str) -> str:
    """Return the text cleaned and cut as the name of a provider, a topic or a type."""
    return _known_name(text) if len(text) <= limits.NAME else cut(clean(text), limits.NAME)


@lru_cache(4096)
def _known_name(text: str) -> str:
    """Clean a short name, as `clean_name` does: a corpus repeats a few hundred."""
    return cut(clean(text), limits.NAME)


def clean_excerpt(text: str) -> str:
    """Return the text cleaned and cut as an excerpt; empty where it says nothing."""
    text = cut(clean(text), limits.EXCERPT)
    return "" if len(text) < 16 and text.strip(" .…-–—").casefold() in _NOTHING else text


def cut(text: str, limit: int) -> str:
    """Return the text in at most `limit` characters: cut after a word where one ends in its last third, with `…`."""
    if len(text) <= limit:
        return text
    head = text[: limit - 1]
    if not text[limit - 1].isspace():
        space = head.rfind(" ", limit * 2 // 3)
        if space > 0:
            head = head[:space]
    return head.rstrip(" ,;:.-–—\u200c\u200d\ufe0f") + "…"


def _gap(match: re.Match[str]) -> str:
    return "" if _INLINE.fullmatch(match[2] or "") else " "
