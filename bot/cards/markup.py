"""Text into Discord's Markdown: cut first, then escaped, so that corpus text shows as written and does nothing."""

import re
import unicodedata
from urllib.parse import quote

_ACTIVE = re.compile(r"[\\*_~`|\[\]<]")
# The end of a text counts as a space, or as the colon of an emoji's name: something of ours may follow.
_LINE_START = re.compile(r"^(\s*)(#{1,3}(?=\s|$)|-#?(?=\s|$)|\+(?=\s|$)|>|\d+(?=[.)](?:\s|$)))", re.MULTILINE)
_MASS = re.compile(r"@(?=everyone|here)", re.IGNORECASE)
_INVITE = re.compile(r"(discord(?:app)?)\.(?=gg|com|me|gift|new)", re.IGNORECASE)
_EMOJI = re.compile(r":(?=[\w+-]+(?::|$))", re.MULTILINE)

# What belongs to the picture before it: joiner, variation selector, skin tones.
_JOINED = "\u200d\ufe0f\U0001f3fb\U0001f3fc\U0001f3fd\U0001f3fe\U0001f3ff"


def cut(text: str, most: int) -> str:
    """Return the text, or its beginning in whole words with an ellipsis, in at most so many characters."""
    if len(text) <= most:
        return text
    head, space, _ = text[:most].rpartition(" ")
    if not space or len(head) < most // 2:  # one long word, or writing without spaces: cut inside it
        head = text[: most - 1]
        while head and (unicodedata.combining(text[len(head)]) or text[len(head)] in _JOINED):
            head = head[:-1]  # never between a letter and its accent, nor inside a joined emoji
        head = head.rstrip("\u200d")
    return head.rstrip(" ,;:–—-") + "…"


def escape(text: str) -> str:
    """Return the text so that Discord shows it as it is: no markup, link, mention, time, emoji name or invitation."""
    text = _ACTIVE.sub(lambda match: "\\" + match[0], text)
    text = _LINE_START.sub(_escape_line_start, text)
    text = text.replace("://", ":\\//")
    text = _EMOJI.sub("\\\\:", text)
    text = _INVITE.sub(r"\1\\.", text)
    return _MASS.sub("@\u200b", text)


def _escape_line_start(match: re.Match[str]) -> str:
    space, mark = match[1], match[2]
    return f"{space}{mark}\\" if mark[0].isdigit() else f"{space}\\{mark}"


def shown(text: str, most: int) -> str:
    """Return the text cut to so many visible characters, then escaped."""
    return escape(cut(text, most))


def link(label: str, url: str, longest: int, *, quiet: bool = False) -> str:
    """Return a masked link under a label of ours, in plain letters; nothing where its address would be longer.

    Where Discord would show a preview of the page under the message, a `quiet` link has none.

    What is counted is the address as it is written in the link: escaped, a character can take twelve.
    """
    address = quote(url, safe=_URL_SAFE)
    if len(address) > longest:
        return ""
    return f"[{label}](<{address}>)" if quiet else f"[{label}]({address})"


# Everything that addresses may hold but for what would end the link or start markup.
_URL_SAFE = "%/:?#[]@!$&'+,;=-._~"
