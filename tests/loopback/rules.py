"""Discord's limits for messages: what it answers with 400, and what Heatline itself must not send."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from .world import Json

Problem = tuple[str, str]  # dotted path in the payload, what is wrong

COMPONENTS_V2 = 1 << 15
ROW, BUTTON, STRING_SELECT, TEXT_INPUT, USER_SELECT, ROLE_SELECT, MENTIONABLE_SELECT, CHANNEL_SELECT = range(1, 9)
SECTION, TEXT_DISPLAY, THUMBNAIL, GALLERY, FILE, SEPARATOR, CONTAINER = 9, 10, 11, 12, 13, 14, 17
SELECTS = (STRING_SELECT, USER_SELECT, ROLE_SELECT, MENTIONABLE_SELECT, CHANNEL_SELECT)
V2_ROOTS = (ROW, SECTION, TEXT_DISPLAY, GALLERY, FILE, SEPARATOR, CONTAINER)


def problems(message: Json) -> list[Problem]:
    """Return why Discord would refuse this message; for an edit pass the message as it would become."""
    found = list(_content(message))
    found += _embeds(message.get("embeds") or [])
    found += _components(message.get("components") or [], bool(int(message.get("flags") or 0) & COMPONENTS_V2))
    return found


def is_empty(message: Json) -> bool:
    """Tell whether nothing would be shown."""
    return not any(message.get(part) for part in ("content", "embeds", "components", "attachments", "poll"))


def refusal(found: list[Problem]) -> Json:
    """Return the body of Discord's 400 for these problems."""
    errors: Json = {}
    for path, what in found:
        node = errors
        for step in path.split("."):
            node = node.setdefault(step, {})
        node.setdefault("_errors", []).append({"code": "BASE_TYPE_BAD", "message": what})
    return {"message": "Invalid Form Body", "code": 50035, "errors": errors}


def mention_problem(payload: Json) -> str | None:
    """Return how this payload could ping someone other than one chosen role, or None."""
    allowed = payload.get("allowed_mentions")
    if not isinstance(allowed, dict):
        return "allowed_mentions is missing"
    if allowed.get("parse") != []:
        return f"allowed_mentions.parse is {allowed.get('parse')!r}"
    if allowed.get("users") or allowed.get("replied_user") or len(allowed.get("roles") or []) > 1:
        return f"allowed_mentions allows more than one role: {allowed!r}"
    return None


def walk(components: list[Json], path: str = "components") -> Iterator[tuple[str, Json]]:
    """Yield every component, nested ones too, with its dotted path."""
    for index, component in enumerate(components):
        here = f"{path}.{index}"
        yield here, component
        yield from walk(component.get("components") or [], f"{here}.components")
        if isinstance(accessory := component.get("accessory"), dict):
            yield f"{here}.accessory", accessory
        if isinstance(inner := component.get("component"), dict):
            yield f"{here}.component", inner


def _too_long(path: str, text: Any, limit: int, *, least: int = 0) -> Iterator[Problem]:
    if not isinstance(text, str) or not least <= len(text) <= limit:
        yield path, f"Must be between {least} and {limit} in length."


def _bad_url(path: str, url: Any, limit: int = 2048, schemes: tuple[str, ...] = ("http", "https")) -> Iterator[Problem]:
    yield from _too_long(path, url, limit, least=1)
    try:
        parts = urlsplit(str(url))
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in schemes or not parts.netloc or any(char.isspace() for char in str(url)):
        yield path, f"Scheme must be one of {schemes}, with a host."


def _content(message: Json) -> Iterator[Problem]:
    yield from _too_long("content", message.get("content") or "", 2000)
    nonce = message.get("nonce")
    if nonce is not None:
        yield from _too_long("nonce", str(nonce), 25, least=1)


def _embeds(embeds: list[Json]) -> Iterator[Problem]:
    if len(embeds) > 10:
        yield "embeds", "Must be 10 or fewer in length."
    total = 0
    for index, embed in enumerate(embeds):
        here = f"embeds.{index}"
        footer, author = embed.get("footer") or {}, embed.get("author") or {}
        fields = embed.get("fields") or []
        texts = [
            (f"{here}.title", embed.get("title"), 256, 0),
            (f"{here}.description", embed.get("description"), 4096, 0),
            (f"{here}.footer.text", footer.get("text"), 2048, 0),
            (f"{here}.author.name", author.get("name"), 256, 0),
        ]
        for number, row in enumerate(fields):
            texts.append((f"{here}.fields.{number}.name", row.get("name") or "", 256, 1))
            texts.append((f"{here}.fields.{number}.value", row.get("value") or "", 1024, 1))
        for path, text, limit, least in texts:
            if text is not None:
                total += len(str(text))
                yield from _too_long(path, text, limit, least=least)
        if len(fields) > 25:
            yield f"{here}.fields", "Must be 25 or fewer in length."
        for path, url in ((f"{here}.url", embed.get("url")), (f"{here}.author.url", author.get("url"))):
            if url:
                yield from _bad_url(path, url)
        for part in ("image", "thumbnail"):
            if embed.get(part):
                schemes = ("http", "https", "attachment")
                yield from _bad_url(f"{here}.{part}.url", embed[part].get("url"), schemes=schemes)
    if total > 6000:
        yield "embeds", "Embed size exceeds maximum size of 6000"


def _components(components: list[Json], v2: bool) -> Iterator[Problem]:
    everything = list(walk(components))
    if len(everything) > 40:
        yield "components", f"Must be 40 or fewer components in all, not {len(everything)}."
    if not v2 and len(components) > 5:
        yield "components", "Must be between 1 and 5 in length."
    roots = V2_ROOTS if v2 else (ROW,)
    for index, component in enumerate(components):
        if component.get("type") not in roots:
            yield f"components.{index}.type", f"Value of field must be one of {roots}."
    custom_ids: set[str] = set()
    shown = 0
    for path, component in everything:
        yield from _component(path, component)
        shown += len(str(component.get("content") or "")) if component.get("type") == TEXT_DISPLAY else 0
        if custom_id := component.get("custom_id"):
            if custom_id in custom_ids:
                yield f"{path}.custom_id", "Component custom id cannot be duplicated"
            custom_ids.add(custom_id)
    if shown > 4000:
        yield "components", f"The displayable text of all components must be 4000 or fewer, not {shown}."


def _component(path: str, component: Json) -> Iterator[Problem]:
    kind = component.get("type")
    children = component.get("components") or []
    if kind == BUTTON:
        yield from _button(path, component)
    elif kind in SELECTS:
        yield from _select(path, component)
    elif kind == ROW:
        kinds = [child.get("type") for child in children]
        if not (kinds and ((set(kinds) == {BUTTON} and len(kinds) <= 5) or (len(kinds) == 1 and kinds[0] in SELECTS))):
            yield f"{path}.components", "A row holds 1 to 5 buttons or one select."
    elif kind == SECTION:
        if not 1 <= len(children) <= 3 or any(child.get("type") != TEXT_DISPLAY for child in children):
            yield f"{path}.components", "A section holds 1 to 3 texts."
        if (component.get("accessory") or {}).get("type") not in (BUTTON, THUMBNAIL):
            yield f"{path}.accessory", "A section needs a button or a thumbnail."
    elif kind == TEXT_DISPLAY:
        yield from _too_long(f"{path}.content", component.get("content"), 4000, least=1)
    elif kind == THUMBNAIL:
        yield from _media(path, component)
    elif kind == GALLERY:
        items = component.get("items") or []
        if not 1 <= len(items) <= 10:
            yield f"{path}.items", "Must be between 1 and 10 in length."
        for index, item in enumerate(items):
            yield from _media(f"{path}.items.{index}", item)
    elif kind == CONTAINER:
        allowed = tuple(root for root in V2_ROOTS if root != CONTAINER)
        if not children or any(child.get("type") not in allowed for child in children):
            yield f"{path}.components", f"A container holds at least one of {allowed}."


def _media(path: str, item: Json) -> Iterator[Problem]:
    yield from _bad_url(
        f"{path}.media.url", (item.get("media") or {}).get("url"), 2048, ("http", "https", "attachment")
    )
    yield from _too_long(f"{path}.description", item.get("description") or "", 1024)


def _button(path: str, button: Json) -> Iterator[Problem]:
    yield from _too_long(f"{path}.label", button.get("label") or "", 80)
    if not button.get("label") and not button.get("emoji"):
        yield f"{path}.label", "A button needs a label or an emoji."
    if button.get("style") == 5:
        yield from _bad_url(f"{path}.url", button.get("url"), 512)
        if button.get("custom_id"):
            yield f"{path}.custom_id", "A link button has no custom id."
    else:
        yield from _too_long(f"{path}.custom_id", button.get("custom_id"), 100, least=1)


def _select(path: str, select: Json) -> Iterator[Problem]:
    yield from _too_long(f"{path}.custom_id", select.get("custom_id"), 100, least=1)
    yield from _too_long(f"{path}.placeholder", select.get("placeholder") or "", 150)
    if select.get("type") != STRING_SELECT:
        return
    options = select.get("options") or []
    if not 1 <= len(options) <= 25:
        yield f"{path}.options", "Must be between 1 and 25 in length."
    for index, option in enumerate(options):
        here = f"{path}.options.{index}"
        yield from _too_long(f"{here}.label", option.get("label"), 100, least=1)
        yield from _too_long(f"{here}.value", option.get("value"), 100, least=1)
        yield from _too_long(f"{here}.description", option.get("description") or "", 100)
    if len({option.get("value") for option in options}) != len(options):
        yield f"{path}.options", "The specified option value is already used"
