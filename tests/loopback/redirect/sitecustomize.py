"""Points discord.py at the stand-in when it is imported, without importing it.

Python imports this module at start when its folder is on PYTHONPATH. Children of the program that never import
discord, like the loader, pay nothing.
"""

import os
import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from types import ModuleType


class Redirected(SourceFileLoader):
    """Loads a module of discord.py and then changes the address in it."""

    def exec_module(self, module: ModuleType) -> None:
        super().exec_module(module)
        if module.__name__ == "discord.http":
            module.Route.BASE = os.environ["LOOPBACK_API"]
        else:
            import yarl

            module.DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(os.environ["LOOPBACK_GATEWAY"])
            silence = os.environ.get("LOOPBACK_SILENCE")
            if silence:  # seconds after which a silent gateway is taken for dead, instead of a minute
                limit = property(lambda _: float(silence), lambda _, __: None)
                module.DiscordWebSocket._max_heartbeat_timeout = limit


class Redirect(MetaPathFinder):
    """Finds the two modules of discord.py that hold addresses."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname not in ("discord.http", "discord.gateway"):
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is not None and spec.origin is not None:
            spec.loader = Redirected(fullname, spec.origin)
        return spec


if "LOOPBACK_API" in os.environ:
    sys.meta_path.insert(0, Redirect())
