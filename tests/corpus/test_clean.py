"""Texts and addresses made fit to show."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.corpus import limits
from bot.corpus.clean import clean, clean_excerpt, cut
from bot.corpus.urls import domain, host_of, web_address


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("  a  b\r\n\tc\u00a0d\u2003e ", "a b c d e"),
        ("Don&#8217;t &amp; won&rsquo;t&hellip;", "Don’t & won’t…"),
        ("a&nbsp;b&#8203;c", "a bc"),
        ("<p>One</p><p>Two <b>bold</b>er</p>", "One Two bolder"),
        ('<a href="https://e.com">link</a><br/>next', "link next"),
        ("a<script>alert(1)</script>b<!-- no -->c", "a b c"),
        ("&lt;b&gt;escaped&lt;/b&gt;", "escaped"),
        ("List<String> and a < b > c", "List<String> and a < b > c"),
        ("I <3 this", "I <3 this"),
        ("â€œquotedâ€\u009d itâ€™s", "“quoted” it’s"),
        ("Ã¼ber cafÃ©", "über café"),
        ("SÃO PAULO “quoted” café’s ½", "SÃO PAULO “quoted” café’s ½"),
        ("ﬁne ＦＵＬＬ “curly”", "ﬁne ＦＵＬＬ “curly”"),
        ("a\x00b\x07c\x1b[31md\x7f\x9f", "abc[31md"),
        ("\u202eevil\u202c \u2066x\u2069 \u200ey\u200f", "evil x y"),
        ("z\u200be\u2060r\ufeffo\u00ad", "zero"),
        ("a\u200db \u200d c\u200cd", "ab cd"),
        (
            "👩\u200d👩\u200d👧 ❤\ufe0f 👨🏽\u200d💻 🏳\ufe0f\u200d🌈",
            "👩\u200d👩\u200d👧 ❤\ufe0f 👨🏽\u200d💻 🏳\ufe0f\u200d🌈",
        ),
        ("می\u200cخواهم क्\u200dष", "می\u200cخواهم क्\u200dष"),
        (
            "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
            "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
        ),
        ("x\U000e0041\U000e0042", "x"),
        ("cafe\u0301", "café"),
        ("\u3164\u115f", ""),
        ("\ud800x", "x"),
        ("plain", "plain"),
        ("", ""),
    ],
)
def test_clean(text: str, cleaned: str) -> None:
    assert clean(text) == cleaned


@pytest.mark.parametrize(
    "text",
    [
        "👩\u200d👩\u200d👧 a family",
        "❤\ufe0f and 👨🏽\u200d💻",
        "🏳\ufe0f\u200d🌈 flag",
        "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
        "می\u200cخواهم",
        "क्\u200dष",
    ],
)
def test_joined_characters_survive(text: str) -> None:
    assert clean(text) == text


@pytest.mark.parametrize("text", ["NA", "na", "N/A", "Placeholder.", " placeholder ", "English", "...", "null", ""])
def test_an_excerpt_that_says_nothing_is_empty(text: str) -> None:
    assert clean_excerpt(text) == ""


@pytest.mark.parametrize("text", ["English lessons", "NASA", "No.", "Placeholders are bad"])
def test_an_excerpt_that_says_something_stays(text: str) -> None:
    assert clean_excerpt(text) == text


@pytest.mark.parametrize(
    ("text", "limit", "shortened"),
    [
        ("one two three", 13, "one two three"),
        ("one two three", 11, "one two…"),
        ("one two, three", 10, "one two…"),
        ("one two three", 8, "one two…"),
        ("abcdefghij", 5, "abcd…"),
        ("a " + "b" * 20, 10, "a bbbbbbb…"),
    ],
)
def test_cut(text: str, limit: int, shortened: str) -> None:
    assert cut(text, limit) == shortened
    assert len(shortened) <= limit


@given(st.text())
def test_cleaned_text_is_one_visible_line(text: str) -> None:
    cleaned = clean(text)
    assert cleaned == " ".join(cleaned.split())
    assert all(
        char.isprintable() or char in "\u200c\u200d" or "\U000e0020" <= char <= "\U000e007f" or ord(char) > 0x7F
        for char in cleaned
    )


@pytest.mark.parametrize(
    "text", ["<" * 200_000, "<!--" * 60_000, "<script>" * 30_000, "&" * 200_000, "<b " * 60_000, "Ã¢â‚¬" * 40_000]
)
def test_long_text_is_quickly_cleaned(text: str) -> None:
    assert len(clean(text)) <= limits.RAW_TEXT


@pytest.mark.parametrize(
    "text",
    [
        "https://example.com",
        "http://example.com/a?b=c&d#e",
        "HTTPS://Example.COM/",
        "https://example.com:8443/x",
        "https://münchen.example/straße",
        "https://a_b.example.com./",
        "https://[2001:db8::1]/x",
        "https://example.com?x=me@example.org",
        "https://example.com/a@b:c",
    ],
)
def test_addresses_that_are_taken(text: str) -> None:
    assert web_address(f" {text}\n") == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "example.com",
        "//example.com",
        "ftp://example.com/",
        "javascript:alert(1)",
        "data:text/html,x",
        "https://",
        "https:///path",
        "https://?x",
        "https://.../",
        "https://user@example.com/",
        "https://user:password@example.com/",
        "https://example.com\\@evil.example/",
        "https://example.com /",
        "https://example.com/a b",
        "https://example.com/a\tb",
        "https://example.com/a\nb",
        "https://example.com/\x07",
        "https://example.com/\u202e",
        "https://example.com/\u200b",
        "https://example.com/\u00a0x",
        "https://exa\u200bmple.com/",
        "https://example.com:99999/",
        "https://example.com:port/",
        "https://[::1",
        "https://example.com/" + "a" * limits.ADDRESS,
    ],
)
def test_addresses_that_are_not_taken(text: str) -> None:
    assert web_address(text) is None


def test_an_address_may_be_as_long_as_discord_takes() -> None:
    text = "https://e.com/".ljust(limits.ADDRESS, "a")
    assert web_address(text) == text


@pytest.mark.parametrize(
    ("text", "host"),
    [("https://www.Example.com:80/x", "example.com"), ("http://blog.example.com", "blog.example.com"), ("nothing", "")],
)
def test_host(text: str, host: str) -> None:
    assert host_of(text) == host


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Example.COM", "example.com"),
        ("https://www.example.com/x", "example.com"),
        ("example.com/", "example.com"),
        ("two words", None),
        ("user@example.com", None),
        ("a" * 300, None),
    ],
)
def test_domain(text: str, name: str | None) -> None:
    assert domain(text) == name
