"""A folder of 250 hostile files: `check` ends soon, stays small, and has a line for each."""

import json
import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from bot.corpus import limits
from tests.corpus.news import CIPHERTEXT, news

CHECKOUT = Path(__file__).parents[1]
SECONDS = 60
MEGABYTES = 300
MEASURE = """
import resource, subprocess, sys
out, err, *command = sys.argv[1:]
code = subprocess.run(command, stdout=int(out), stderr=int(err)).returncode
print(code, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""
"""Runs a command and prints its exit code and peak memory in KiB."""

BOMB = "".join(f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 9 if n else ['lol'] * 9)}]\n" for n in range(10))
FULL = limits.FILE_BYTES - 4_000


def inside(extra: str) -> str:
    """Return a news file with more lines in its front matter."""
    return news().replace("---\n\n", f"{extra}\n---\n\n")


KINDS: dict[str, str | bytes] = {
    "alias_bomb": f"---\n{BOMB}---\n",
    "alias_bomb_in_news": inside(BOMB),
    "alias_bomb_as_topics": news(topics=None).replace("---\n\n", f"{BOMB}topics: *l9\n---\n\n"),
    "recursive_alias": inside("related: &a [*a]"),
    "deep_lists": inside("related: " + "[" * (FULL // 2)),
    "deep_closed_lists": inside("related: " + "[" * 60_000 + "]" * 60_000),
    "deep_mappings": inside("related: " + "{a: " * (FULL // 5)),
    "deep_dashes": inside("related:\n" + "- " * (FULL // 3)),
    "deep_indents": inside("related:\n" + "\n".join(f"{' ' * n}a:" for n in range(1, 600))),
    "larger_than_allowed": news() + "x" * 300_000,
    "front_matter_too_large": inside("excerpt2: " + "x" * 300_000),
    "huge_list": inside(f"related: [{'x, ' * (FULL // 3)}]"),
    "huge_mapping": inside("\n".join(f"k{n}: {n}" for n in range(20_000))),
    "huge_topics": news(topics=f"[{', '.join(f't{n}' for n in range(30_000))}]"),
    "huge_related": news(related="".join(f"\n  - {{title: T, webUrl: 'https://e.example/{n}'}}" for n in range(4_500))),
    "huge_title": news(title=f'"{"x" * (FULL - 1_000)}"'),
    "title_of_tags": news(title=f'"{"<b" * (FULL // 3)}"'),
    "title_of_entities": news(title=f'"{"&amp;" * (FULL // 6)}"'),
    "title_of_mojibake": news(title=f'"{"â€œÃ©" * (FULL // 14)}"'),
    "huge_number": news(heat="9" * 200_000),
    "nul_bytes": news(title='"a\0b"'),
    "only_nul_bytes": b"\0" * 100_000,
    "utf_16": news().encode("utf-16"),
    "latin_1": news(title='"Café"').encode("latin-1"),
    "lone_bytes": b"---\ntitle: \xff\xfe\x80\n---\n",
    "surrogates": news(title='"\\ud83d \\ud800"'),
    "random_bytes": b"---\n" + random.Random(1).randbytes(50_000),
    "python_tag": inside("x: !!python/object/apply:os.system ['touch owned']"),
    "other_tags": news(heat="!!int '89'", title="!mine {a: b}"),
    "binary_tag": news(title="!!binary aGFsbG8="),
    "duplicate_keys": inside('title: "Another"'),
    "duplicate_keys_deep": news(provider="\n  name: A\n  name: B"),
    "merge_keys": inside("base: &b {heat: 99}\n<<: *b"),
    "complex_keys": inside("? [a, b]\n: c\n? {d: e}\n: f"),
    "unclosed_front_matter": news().removesuffix("---\n\n"),
    "unclosed_quote": news(title='"A title'),
    "several_documents": inside("...\n---\ntitle: two"),
    "directives": "%YAML 9.9\n" + news(),
    "not_a_mapping": "---\n- a\n- b\n---\n",
    "wrong_types": news(title="[1]", webUrl="{a: b}", heat="{}", provider="[]", topics="{}", images="1", related="2"),
    "bad_addresses": news(webUrl='"javascript:alert(1)"'),
    "secret_in_a_list": news(secured=f"[{CIPHERTEXT!r}, *missing]"),
    "secret_unclosed": news(secured=f'"{CIPHERTEXT}'),
    "block_of_spaces": inside("x: |\n" + " " * (FULL - 10)),
    "tabs": inside("\tx: y"),
    "carriage_returns": news().replace("\n", "\r"),
}
"""Every kind of hostile file; each is written several times."""


def write_hostile_folder(folder: Path) -> set[str]:
    """Write at least 250 files, and what is no file; return the names of the regular news files there."""
    regular = set()
    for copy in range(6):
        inner = folder / f"_{copy}"
        inner.mkdir(parents=True)
        for number, (kind, content) in enumerate(KINDS.items()):
            name = f"{kind}{('.md', '.txt', '.markdown')[(number + copy) % 3]}"
            (inner / name).write_bytes(
                content if isinstance(content, bytes) else content.encode(errors="surrogatepass")
            )
            regular.add(f"_{copy}/{name}")
        for name in ("twin.md", "twin.txt", "TWIN.TXT"):
            (inner / name).write_text(news(), encoding="utf-8")
            regular.add(f"_{copy}/{name}")
        os.mkfifo(inner / "pipe.md")
        (inner / "outside.md").symlink_to("/etc/passwd")
        (inner / "device.md").symlink_to("/dev/zero")
        (inner / "loop.md").symlink_to("loop.md")
        (inner / "around").symlink_to("..")
        (inner / "root").symlink_to("/")
        (inner / "nowhere.md").symlink_to("missing.md")
        (inner / "a folder.md").mkdir()
        (inner / ".hidden.md").write_text(news(), encoding="utf-8")
    with (folder / "sparse.md").open("wb") as sparse:
        sparse.truncate(50 << 20)
    regular.add("sparse.md")
    return regular


def write_odd_names(folder: Path) -> int:
    """Write files whose names are no text, or hold control characters; return their number."""
    names = [
        b"new\nline.md",
        b"esc\x1b[31m.md",
        b"bell\x07.txt",
        b"\xff\xfe.md",
        "‮gpj.md".encode(),
        b"n" * 250 + b".md",
    ]
    for name in names:
        Path(os.fsdecode(os.fsencode(folder) + b"/" + name)).write_text(news(), encoding="utf-8")
    return len(names)


@pytest.mark.skipif(sys.platform != "linux", reason="names that are no text, and resident sizes in kilobytes")
def test_a_hostile_folder_is_checked_soon_small_and_whole(tmp_path: Path) -> None:
    folder = tmp_path / "hostile"
    regular = write_hostile_folder(folder)
    odd = write_odd_names(folder)
    assert len(regular) + odd >= 250
    command = [sys.executable, "-m", "bot", "check", str(folder), "--json"]
    outputs = tmp_path / "out", tmp_path / "err"
    started = time.monotonic()
    with outputs[0].open("wb") as out, outputs[1].open("wb") as err:
        # Measured by a small process: the figure of a child begins with the size of what started it.
        measured = subprocess.run(
            [sys.executable, "-c", MEASURE, str(out.fileno()), str(err.fileno()), *command],
            cwd=CHECKOUT,
            pass_fds=(out.fileno(), err.fileno()),
            capture_output=True,
            check=True,
        )
    exit_code, peak = map(int, measured.stdout.split())
    assert time.monotonic() - started < SECONDS
    assert peak < MEGABYTES * 1024
    said, complaint = (output.read_text(encoding="utf-8") for output in outputs)
    assert (exit_code, complaint) == (1, "")
    lines = [json.loads(line) for line in said.splitlines()]
    named = [str(line["file"]) for line in lines]
    assert len(named) == len(set(named)) == len(regular) + odd
    assert regular <= set(named)
    assert all(name.isprintable() for name in named)
    assert "Traceback" not in said
    assert "while it was read" not in said  # a fault of ours that the last guard caught
    assert {str(line["status"]) for line in lines} == {"load", "skip", "reject"}
    assert [start for start in range(len(CIPHERTEXT) - 23) if CIPHERTEXT[start : start + 24] in said] == []
    assert not (CHECKOUT / "owned").exists()
