"""The terms of a subscription as text, in one column: what is None or empty is left out."""

import json
from dataclasses import asdict, fields
from functools import lru_cache

from bot.models import Level, Look, Often, Terms

_ENUMS = {"level": Level, "ping_level": Level, "often": Often, "look": Look}
_NAMES = {field.name for field in fields(Terms)}


def terms_text(terms: Terms) -> str:
    """Return the text of the terms; equal terms have equal texts."""
    chosen = {name: value for name, value in asdict(terms).items() if value is not None and value != ()}
    return json.dumps(chosen, ensure_ascii=False, sort_keys=True)


@lru_cache(maxsize=65_536)  # many subscriptions have the same terms, and parsing is most of the work of reading one
def terms_of(text: str) -> Terms:
    """Return the terms of a text; what a newer program added is ignored."""
    values = {name: value for name, value in json.loads(text).items() if name in _NAMES}
    for name, value in values.items():
        if isinstance(value, list):
            values[name] = tuple(value)
        elif name in _ENUMS:
            values[name] = _ENUMS[name](value)
    return Terms(**values)
