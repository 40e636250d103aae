"""How answers are written: exactly as Discord does, since discord.py takes other branches otherwise."""

import json
from collections.abc import Mapping
from typing import Any

from aiohttp import web

from .world import Json


class RefusedError(Exception):
    """Ends a request with one of Discord's errors."""

    def __init__(self, status: int, code: int, message: str, body: Json | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.body = body or {"message": message, "code": code}


def answer(data: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
    """Return a JSON answer.

    discord.py reads a body as JSON only when the type is `application/json` without a charset.
    """
    return web.Response(
        body=json.dumps(data).encode(), status=status, headers={"Content-Type": "application/json", **(headers or {})}
    )


def limited(retry_after: float, *, everywhere: bool, headers: Mapping[str, str] | None = None) -> web.Response:
    """Return Discord's 429. Without `Via`, discord.py would take it for a ban by Cloudflare."""
    scope = "global" if everywhere else "user"
    marks = {"X-RateLimit-Global": "true"} if everywhere else {}
    return answer(
        {"message": "You are being rate limited.", "retry_after": retry_after, "global": everywhere},
        429,
        {
            "Via": "1.1 google",
            "Retry-After": str(max(1, round(retry_after))),
            "X-RateLimit-Scope": scope,
            **marks,
            **(headers or {}),
        },
    )


async def payload_of(request: web.Request) -> tuple[Any, list[str]]:
    """Return the request's JSON and the names of the files that came with it."""
    if not request.content_type.startswith("multipart/"):
        body = await request.read()
        return (json.loads(body) if body else {}), []
    form = await request.post()
    files = [part.filename for part in form.values() if isinstance(part, web.FileField)]
    return json.loads(str(form.get("payload_json", "{}"))), files
