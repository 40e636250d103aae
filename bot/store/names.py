"""The names of topics and providers: how they are written, and how many visible articles have them."""

from collections.abc import Mapping

from sqlalchemy import Connection

from bot.corpus import Spelling, corrections
from bot.models import fold


def merge_spellings(connection: Connection, counted: Mapping[Spelling, int]) -> None:
    """Add what the load counted of each spelling, and say anew which of them are corrected to which."""
    run = connection.exec_driver_sql
    rows = [(kind, name, count) for (kind, name), count in counted.items() if count]
    if not rows:
        return
    run(
        """INSERT INTO spellings (kind, name, count) VALUES (?, ?, ?)
           ON CONFLICT (kind, name) DO UPDATE SET count = count + excluded.count""",
        rows,
    )
    run("DELETE FROM spellings WHERE count <= 0")
    known = {(kind, name): count for kind, name, count in run("SELECT kind, name, count FROM spellings")}
    better = corrections(known)
    run("DELETE FROM corrections")
    if better:
        run("INSERT INTO corrections VALUES (?, ?, ?)", [(kind, name, best) for (kind, name), best in better.items()])


def count_names(connection: Connection) -> None:
    """Count the visible articles of every topic and provider anew."""
    run = connection.exec_driver_sql
    best: dict[tuple[str, str], str] = {}
    for kind, name in run(
        "SELECT kind, name FROM spellings WHERE (kind, name) NOT IN (SELECT kind, name FROM corrections)"
    ):
        best[kind, fold(name)] = name
    counts = [
        ("topic", folded, count) for folded, count in run("SELECT topic, count(*) FROM article_topics GROUP BY topic")
    ] + [
        ("provider", folded, count)
        for folded, count in run(
            "SELECT provider_folded, count(*) FROM articles WHERE published GROUP BY provider_folded"
        )
    ]
    run("DELETE FROM names")
    if counts:
        run(
            "INSERT INTO names (kind, folded, name, count) VALUES (?, ?, ?, ?)",
            [(kind, folded, best[kind, folded], count) for kind, folded, count in counts],
        )
