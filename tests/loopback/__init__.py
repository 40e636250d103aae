"""A loopback stand-in for the part of Discord that Heatline uses, and the real program run against it."""

from .answers import Answer, Reply, texts
from .faults import Fault
from .ledger import Post, Request, Violation
from .program import Program
from .server import Loopback
from .world import Channel, Guild, Person, Role, World

__all__ = [
    "Answer",
    "Channel",
    "Fault",
    "Guild",
    "Loopback",
    "Person",
    "Post",
    "Program",
    "Reply",
    "Request",
    "Role",
    "Violation",
    "World",
    "texts",
]
