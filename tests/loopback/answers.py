"""What the program answered to one interaction, and when."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal, TypeVar

from .ledger import Ledger
from .messages import EPHEMERAL, LOADING, Messages
from .rules import walk
from .wire import RefusedError
from .world import Channel, Json, Person

T = TypeVar("T")

PONG, MESSAGE, DEFERRED_MESSAGE, DEFERRED_UPDATE, UPDATE, CHOICES, MODAL = 1, 4, 5, 6, 7, 8, 9
DEFERRED = (DEFERRED_MESSAGE, DEFERRED_UPDATE)


def texts(message: Json) -> str:
    """Return everything that can be read in a message, one piece a line."""
    pieces = [str(message.get("content") or "")]
    for embed in message.get("embeds") or []:
        pieces += [str(embed.get(part) or "") for part in ("title", "description")]
        for row in embed.get("fields") or []:
            pieces += [str(row["name"]), str(row["value"])]
        pieces.append(str((embed.get("footer") or {}).get("text") or ""))
    for _, component in walk(message.get("components") or []):
        pieces += [str(component.get(part) or "") for part in ("content", "label", "placeholder")]
        for option in component.get("options") or []:
            pieces += [str(option["label"]), str(option.get("description") or "")]
    return "\n".join(piece for piece in pieces if piece)


@dataclass(frozen=True, slots=True)
class Reply:
    """One accepted request of the program about an interaction; `at` is in seconds since the interaction was sent."""

    kind: Literal["callback", "edit", "followup", "delete"]
    payload: Json
    message_id: int | None
    at: float


@dataclass(slots=True, eq=False)
class Answer:
    """An interaction and all that the program answered so far."""

    id: int
    token: str
    type: int
    channel: Channel
    user: Person
    data: Json
    sent_at: float
    messages: Messages
    ledger: Ledger
    source_id: int | None = None
    original_id: int | None = None
    replies: list[Reply] = field(default_factory=list)

    @property
    def callback(self) -> Json | None:
        """The first answer's payload: its `type` and `data`."""
        return self.replies[0].payload if self.replies else None

    @property
    def callback_type(self) -> int | None:
        """The first answer's type, or None while there is none."""
        return None if self.callback is None else int(self.callback["type"])

    @property
    def answered(self) -> bool:
        """Whether the user sees a result: more than "is thinking"."""
        return self.callback_type is not None and (self.callback_type not in DEFERRED or len(self.replies) > 1)

    @property
    def acknowledged_in(self) -> float:
        """Seconds until the first answer, which Discord wants within 3."""
        return self.replies[0].at

    @property
    def answered_in(self) -> float:
        """Seconds until the user saw a result."""
        return self.replies[1 if self.callback_type in DEFERRED else 0].at

    @property
    def message(self) -> Json:
        """The answer's own message as it is now; for a component's update, the message that has the component."""
        if self.original_id is None:
            raise LookupError(f"no message belongs to the answer {self.callback}")
        return self.messages.get(self.original_id)

    @property
    def text(self) -> str:
        """Everything that can be read in the answer's message now."""
        return texts(self.message)

    @property
    def ephemeral(self) -> bool:
        """Whether only the user sees the answer."""
        return bool(self.message["flags"] & EPHEMERAL)

    @property
    def thinking(self) -> bool:
        """Whether the user still sees "is thinking"."""
        return bool(self.message["flags"] & LOADING)

    @property
    def followups(self) -> list[Json]:
        """The messages that followed the answer, as they are now."""
        made = [reply.message_id for reply in self.replies if reply.kind == "followup" and reply.message_id]
        return [self.messages.get(message_id) for message_id in made]

    @property
    def choices(self) -> list[Json]:
        """What autocomplete offered."""
        if self.callback is None or self.callback_type != CHOICES:
            raise LookupError(f"no choices in {self.callback}")
        return list(self.callback["data"]["choices"])

    @property
    def modal(self) -> Json:
        """The form that was opened."""
        if self.callback is None or self.callback_type != MODAL:
            raise LookupError(f"no form in {self.callback}")
        return dict(self.callback["data"])

    async def wait_for(self, predicate: Callable[["Answer"], T], within: float = 5.0, *, what: str = "the answer") -> T:
        """Return the predicate's first true value; it is asked again whenever something happened."""
        try:
            return await self.ledger.wait_for(lambda: predicate(self), within, what=what)
        except TimeoutError as error:
            raise TimeoutError(f"{error}; interaction {self.data} has the answers {self.replies}") from None

    def add(
        self, kind: Literal["callback", "edit", "followup", "delete"], payload: Json, message_id: int | None
    ) -> None:
        """Record one answer of the program."""
        self.replies.append(Reply(kind, payload, message_id, self.ledger.now() - self.sent_at))

    def acknowledged(self) -> None:
        """Refuse what Discord refuses before the first answer."""
        if not self.replies:
            raise RefusedError(404, 10015, "Unknown Webhook")
