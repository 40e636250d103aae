"""Generates corpora in the format of real feeds: `python -m benchmarks.corpus FOLDER COUNT [SEED]`.

The mix follows what was counted in real files: one provider has four fifths, a third of the files have coverage, a
tenth are not scored yet, one in fifty is superseded, one in thirty tells of the same event as the one before;
published exactly where heat is 70 or more.
"""

import base64
import random
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

TOPICS = [
    f"{kind} {area}".strip() for kind in ("", "Applied", "Open") for area in ("AI", "Robotics", "Security", "Space")
]
_SYLLABLES = [consonant + vowel for consonant in "bdfklmnrstv" for vowel in "aeo"]


def vocabulary(chance: random.Random) -> list[str]:
    return ["".join(chance.choices(_SYLLABLES, k=chance.randint(2, 4))) for _ in range(4000)]


def sentence(chance: random.Random, words: list[str], least: int, most: int) -> str:
    return " ".join(chance.choices(words, k=chance.randint(least, most))).capitalize()


def write_corpus(folder: Path, count: int, seed: int = 1, now: datetime | None = None) -> None:
    """Write so many files below the folder, a thousand to a subfolder, the same ones for the same seed."""
    chance = random.Random(seed)
    words = vocabulary(chance)
    now = now or datetime(2026, 11, 1, tzinfo=UTC)
    providers = [f"Provider {number}" for number in range(86)]
    published, title = now, ""
    for number in range(count):
        below = folder / f"{number // 1000:03d}"
        if number % 1000 == 0:
            below.mkdir(parents=True, exist_ok=True)
        if number and chance.random() < 0.03:  # the same event, told within hours by another
            published -= timedelta(minutes=chance.randint(1, 600))
        else:
            published = now - timedelta(minutes=chance.randint(1, 60 * 24 * 700))
            title = sentence(chance, words, 6, 12)
        name = f"{published:%Y-%m-%d}-story-{number:06d}.md"
        (below / name).write_text(article(chance, words, providers, number, published, title), encoding="utf-8")


def article(
    chance: random.Random, words: list[str], providers: list[str], number: int, published: datetime, title: str
) -> str:
    """Return one file's text."""
    provider = 0 if chance.random() < 0.8 else chance.randrange(len(providers))
    related = [_related(chance, words, providers, published) for _ in range(chance.randint(1, 4))]
    related = related if chance.random() < 0.33 else []
    quality = chance.choice((37, 52, 72, 87, 89, 104))
    heat = -1 if chance.random() < 0.02 else quality + 10 * len(related)
    scores = (
        f"quality: {quality}\nheat: {heat}\npublished: {str(heat >= 70).lower()}\n" if chance.random() < 0.9 else ""
    )
    topics = "".join(f"  - {topic}\n" for topic in chance.sample(TOPICS, chance.choice((1, 1, 1, 1, 2))))
    cipher = base64.b64encode(chance.randbytes(320)).decode() + ";" + base64.b64encode(chance.randbytes(16)).decode()
    return (
        f'---\ncategory: news\ntitle: "{title}"\nexcerpt: "{sentence(chance, words, 25, 45)}."\n'
        f"publishedDateTime: {published:%Y-%m-%dT%H:%M:%SZ}\n"
        f'webUrl: "https://provider{provider}.example.com/{published:%Y/%m/%d}/{number}-{chance.choice(words)}"\n'
        f"type: article\n{scores}\nprovider:\n  name: {providers[provider]}\n  domain: provider{provider}.example.com\n"
        f"\ntopics:\n{topics}\nimages:\n"
        f'  - url: "https://images.example.com/{number}.jpg"\n    width: 1200\n    height: 630\n    isCached: true\n\n'
        + ("related:\n" + "".join(related) + "\n" if related else "")
        + f'secured: "{cipher}"\n---\n\n'
    )


def _related(chance: random.Random, words: list[str], providers: list[str], published: datetime) -> str:
    provider = chance.randrange(len(providers))
    return (
        f'  - title: "{sentence(chance, words, 6, 12)}"\n    excerpt: "{sentence(chance, words, 20, 35)}."\n'
        f"    publishedDateTime: {published - timedelta(hours=chance.randint(1, 30)):%Y-%m-%dT%H:%M:%SZ}\n"
        f'    webUrl: "https://provider{provider}.example.com/r/{chance.randrange(10**9)}"\n    type: article\n'
        f"    provider:\n      name: {providers[provider]}\n      domain: provider{provider}.example.com\n"
        f"    quality: {chance.choice((39, 52, 87, 102))}\n"
    )


if __name__ == "__main__":
    write_corpus(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]) if len(sys.argv) > 3 else 1)
