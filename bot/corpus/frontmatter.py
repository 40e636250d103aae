"""python-frontmatter with strict, safe YAML.

Two handlers read the same text. The fast one (yaml-rs) takes a file only where it cannot differ from the exact one
(libyaml's events, every scalar the text that was written); whatever it is unsure of raises UncertainError, and the
exact one decides. That one also knows the lines.
"""

import re
from typing import Any, Final, cast

import frontmatter
import yaml_rs
from frontmatter.default_handlers import YAMLHandler

from bot.corpus import limits
from bot.corpus.exact import ExactReader
from bot.corpus.faults import Fault
from bot.corpus.findings import Place, RefusedError, UncertainError

_CIPHERTEXT: Final = "secured"
"""The publisher's opaque field: dropped here, at every depth, before anything else sees it."""

# yaml-rs 0.1.6 recurses without bound through block collections nested on one line ("- - - -"): some 14,000 of them,
# 28 kB, overflow the stack and kill the process. Such a nest begins its line with nothing but indicators (fuzzed with
# 9,500 token soups), so refusing 48 such columns keeps it about 50 deep.
_DEEP = re.compile(rf"\n[ \t?:-]{{{limits.INDENT}}}")

# What is left of a file without these bytes is short, and shows at little cost whether anything odd is in it.
_PLAIN = bytes((*b"\t\n\r", *range(0x20, 0x7F)))
_ODD = re.compile(rb"[\0-\x7f]|\xc2[\x80-\x9f]|\xe2\x80[\xa8\xa9]|\xef\xbb\xbf|\xef\xbf[\xbe\xbf]")
_UNPRINTABLE = re.compile(r"[\x01-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufeff\ufffe\uffff]")
_OLD_LINE_BREAKS = re.compile(r"[\x85\u2028\u2029]")
_COLLECTIONS = (dict, list)
_TEXT = frozenset((str,))


def text_of(data: bytes) -> str:
    r"""Return the file as text with `\n` line ends, in which both readers see the same characters.

    Raises RefusedError where it is not UTF-8 or has a NUL. Characters that YAML forbids raw become a zero-width space,
    which cleaning removes and an address may not have; line breaks that only YAML 1.1 knows become spaces.
    """
    rest = data.translate(None, _PLAIN)
    if b"\0" in rest:
        raise RefusedError(Fault.NUL, line=data.count(b"\n", 0, data.index(b"\0")) + 1)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise RefusedError(Fault.NO_UTF8, line=data.count(b"\n", 0, error.start) + 1) from None
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if rest and _ODD.search(rest):
        text = _UNPRINTABLE.sub("\u200b", _OLD_LINE_BREAKS.sub(" ", text))
    return text


class FastHandler(YAMLHandler):
    """Reads front matter with yaml-rs; raises UncertainError where that might not be what was written."""

    def detect(self, text: str) -> bool:
        """Return whether the text begins with front matter: a first line of three dashes."""
        text = text.lstrip()
        return text.startswith("---") and not text.partition("\n")[0][3:].strip()

    def split(self, text: str) -> tuple[str, str]:
        """Return the front matter, from the end of its first line, and nothing: a body is never read.

        Raises RefusedError where no line of three dashes ends it: half a file is not news.
        """
        start = end = text.find("\n")
        while end >= 0 and (end := text.find("\n---", end)) >= 0:
            after = text.find("\n", end + 4)
            if not text[end + 4 : after if after >= 0 else None].strip():
                return text[start : end + 1], ""
            end += 4
        raise RefusedError(Fault.NO_END, line=1)

    def load(self, fm: str, **kwargs: object) -> dict[str, object]:
        """Return the mapping, with scalars in the types of YAML 1.2, or raises UncertainError."""
        # a tab is white space to one reader and an error to the other; so is an end of a document before its start
        if "\t" in fm or "\n..." in fm or _DEEP.search(fm) or _has_indicator(fm):
            raise UncertainError
        try:
            data = cast("object", yaml_rs.loads(fm))
        except (ValueError, TypeError):  # its own errors, numbers too long for Python, keys that are mappings
            raise UncertainError from None
        if type(data) is not dict:
            raise UncertainError
        _check(data)
        return data


class ExactHandler(FastHandler):
    """Reads front matter as text only, and remembers the line of every place; one handler reads one file."""

    def __init__(self, first_line: int) -> None:
        """Take the number of the line that opens the front matter."""
        super().__init__()
        self.lines: dict[Place, int] = {}
        self._first_line = first_line

    def load(self, fm: str, **kwargs: object) -> dict[str, object]:
        """Return the mapping; raises RefusedError for what is not strict YAML: one mapping without tricks."""
        reader = ExactReader(fm, self._first_line)
        data = reader.mapping()
        self.lines = reader.lines
        _check(data)
        return data


_FAST = FastHandler()


def has_front_matter(text: str) -> bool:
    """Return whether the text begins with front matter."""
    return _FAST.detect(text)


def fast_mapping(text: str) -> dict[str, object]:
    """Return the front matter in YAML's types; raises UncertainError where the exact one decides."""
    return _FAST.load(_FAST.split(text)[0])


def exact_mapping(text: str) -> tuple[dict[str, object], dict[Place, int]]:
    """Return the front matter with every scalar as written, and the line of every place; raises RefusedError."""
    handler = ExactHandler(text[: len(text) - len(text.lstrip())].count("\n") + 1)
    return frontmatter.parse(text, handler=handler)[0], handler.lines


def _has_indicator(text: str) -> bool:
    """Return whether an anchor, alias, tag or directive may stand in the text; a quoted `"- &x"` counts, too."""
    if "\n%" in text:
        return True
    for indicator in "&*!":
        at = text.find(indicator)
        while at >= 0:
            before = at - 1
            if text[before] in " \n[{,:":
                while before > 0 and text[before] == " ":
                    before -= 1
                if text[before] in " \n[{,:?-":
                    return True
            at = text.find(indicator, at + 1)
    return False


def _check(data: dict[str, object]) -> None:
    """Drop the ciphertext; raise UncertainError where it is larger, deeper or has other keys than is taken."""
    items = 0
    level: list[Any] = [data]
    for _ in range(limits.DEPTH):
        below: list[Any] = []
        for values in level:
            inner = values
            if isinstance(values, dict):
                if "<<" in values or not _TEXT.issuperset(map(type, values)):
                    raise UncertainError
                items += len(values)
                values.pop(_CIPHERTEXT, None)
                inner = values.values()
            else:
                items += len(values)
            below += [value for value in inner if type(value) in _COLLECTIONS]
        if not below:
            if items > limits.ITEMS:
                raise UncertainError
            return
        level = below
    raise UncertainError
