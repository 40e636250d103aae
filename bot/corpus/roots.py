"""The folders of a corpus, as `CORPUS_DIR` names them."""

import os
import re
from dataclasses import dataclass
from pathlib import Path

from bot.models import HeatlineError

_LABEL = re.compile(r"[a-z0-9][a-z0-9_-]*")


@dataclass(frozen=True, slots=True)
class Root:
    """One folder of the corpus. `label` begins the ids of a later root; the first one's ids have no prefix."""

    path: Path
    label: str | None


def parse_roots(text: str, base: Path) -> tuple[Root, ...]:
    """Return the roots that `[label=]path` entries name, separated by `os.pathsep`, the first one first.

    `~` is the home folder and relative paths lie below `base`. Raises HeatlineError where a folder is missing or
    named twice, or two labels are the same.
    """
    roots: list[Root] = []
    for entry in text.split(os.pathsep):
        if not (entry := entry.strip()):
            continue
        label, separator, rest = entry.partition("=")
        if not separator or not _LABEL.fullmatch(label):
            label, rest = "", entry
        root = Root(_folder(rest.strip(), base), label or None)
        if roots and root.label is None:
            root = Root(root.path, _label_of(root.path, len(roots) + 1))
        for earlier in roots:
            if earlier.path == root.path:
                raise HeatlineError(f"CORPUS_DIR names the folder {root.path} twice; remove one of the two.")
            if earlier.label == root.label:
                raise HeatlineError(
                    f"CORPUS_DIR has two folders labelled '{root.label}' ({earlier.path} and {root.path}); "
                    "give one of them another label, like other=PATH."
                )
        roots.append(root)
    if not roots:
        raise HeatlineError("CORPUS_DIR names no folder; set it to the folder that holds the news files.")
    return tuple(roots)


def _folder(written: str, base: Path) -> Path:
    try:
        path = (base / Path(written).expanduser()).resolve()
        is_folder, exists = path.is_dir(), path.exists()
    except (OSError, RuntimeError, ValueError):  # no such user, a loop of links, a NUL
        is_folder = exists = False
        path = base / written
    if not exists:
        raise HeatlineError(f"The corpus folder {path} does not exist; correct CORPUS_DIR or create it.")
    if not is_folder:
        raise HeatlineError(f"The corpus folder {path} is not a folder; correct CORPUS_DIR.")
    return path


def _label_of(path: Path, number: int) -> str:
    label = re.sub(r"[^a-z0-9_-]+", "-", path.name.lower()).strip("-_")
    return label or f"root{number}"
