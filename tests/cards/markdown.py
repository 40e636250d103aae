"""What Discord makes of a text: a small reference scanner, stricter than Discord where its clients differ."""

import re

ESCAPE = re.compile(r"\\[^0-9A-Za-z\s]")
BLOCK = re.compile(r"[^\S\n]*(?:#{1,3}|-#|>(?:>>)?|[-*+]|\d+[.)])(?=\s|$)")
INLINE = re.compile(
    r"[*_~`|]"  # emphasis, code, spoilers
    r"|\[[^\]\n]*\]\("  # masked links
    r"|<(?:@[!&]?|\#|id:|t:-?|a?:\w+:|/[^<>:\n]+:)\w"  # mentions, times, emoji, commands
    r"|<[a-z][a-z+.-]*:[^<>\s]"  # addresses in angle brackets
    r"|[a-z][a-z0-9+.-]*://\S"  # addresses
    r"|:[\w+-]+:",  # emoji by name
    re.IGNORECASE,
)
# The server looks for these without knowing of Markdown.
ANYWHERE = re.compile(r"@everyone|@here|discord(?:app)?\.(?:gg|gift|new|me)/\w|discord(?:app)?\.com/\w", re.IGNORECASE)


def active(text: str) -> list[str]:
    """Return all in the text that would not show as it is written."""
    found = ANYWHERE.findall(text)
    for line in text.split("\n"):
        if block := BLOCK.match(line):
            found.append(block[0])
        place = 0
        while place < len(line):
            if escape := ESCAPE.match(line, place):
                place = escape.end()
            else:
                if inline := INLINE.match(line, place):
                    found.append(inline[0])
                place += 1
        if line.endswith("\\") and (ESCAPE.findall(line) or [""])[-1] != "\\\\":
            found.append("a backslash at the end")
    return found


def unescaped(text: str) -> str:
    """Return the text with a dot for every character that is escaped: what is left of markup is meant."""
    return ESCAPE.sub("·", text)


def visible(text: str) -> str:
    """Return what a reader sees of a text without active markup."""
    return re.sub(r"\\([^0-9A-Za-z\s])", r"\1", text).replace("@\u200b", "@")
