"""Placeholder pictures in place of the network's: calm, made from the address alone, the same at every start."""

import colorsys
import functools
import hashlib
import io
import math
import random
from collections.abc import Sequence
from urllib.parse import unquote, urlsplit

from PIL import Image, ImageDraw, ImageFont

Colour = tuple[int, int, int]
Point = tuple[float, float]
Picture = tuple[str, bytes]

# The shape of nearly all press pictures (1200 x 630), at the size at which the page shows them on a sharp screen.
_SCENE = (800, 420)
_SQUARE = 128

# About 25 kB each. A start shows some 60; the rest is for what the visitor adds.
_CACHED = 256

# SimCord's address of an avatar: AVATARS/<user id>/<avatar_hash>.png
_AVATARS = "https://cdn.simcord.invalid/avatars/"
_PEOPLE = {"you": ("You", 0.60), "sam": ("Sam", 0.38)}

_FORMATS = {"png": "PNG", "webp": "WEBP", "gif": "GIF"}
_LOGO_WORDS = ("logo", "icon", "avatar", "50x50", "/organizations/")


def avatar_hash(name: str) -> str:
    """Return what stands for the hash in the address of someone's avatar: `picture` draws it from that."""
    return name.casefold()


@functools.lru_cache(maxsize=_CACHED)
def picture(url: str) -> Picture | None:
    """Return a file name and the bytes of a picture for this address, None for one that is no web address."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return None
    extension = parts.path.rpartition(".")[2].lower()
    if url.startswith(_AVATARS):
        image = avatar(parts.path.rpartition("/")[2].removesuffix(".png"))
    elif any(word in unquote(parts.path).lower() for word in _LOGO_WORDS):
        image = _initials(_name_in(parts.path, parts.hostname), _random(parts.path).random())
    else:
        image = _scene(_random(url))
    # The page refuses a picture whose bytes are not what its address promises.
    kind = _FORMATS.get(extension, "JPEG")
    return f"picture.{extension if extension in _FORMATS else 'jpg'}", _encoded(image, kind)


def avatar(name: str) -> Image.Image:
    """Return someone's avatar; Heatline's is its logo."""
    if name == "heatline":
        return logo()
    label, hue = _PEOPLE.get(name, (name.title(), _random(name).random()))
    return _initials(label, hue)


def avatar_png(name: str) -> bytes:
    """Return someone's avatar as a PNG file."""
    return _encoded(avatar(name), "PNG")


def _encoded(image: Image.Image, kind: str) -> bytes:
    buffer = io.BytesIO()
    if kind in ("JPEG", "WEBP"):
        image.save(buffer, kind, quality=82)
    else:
        image.save(buffer, kind)
    return buffer.getvalue()


def _random(seed: str) -> random.Random:
    """Return numbers that follow from the text alone, on every machine."""
    return random.Random(hashlib.blake2b(seed.encode("utf-8", "replace")).digest())  # noqa: S311  # for colours only


def _colour(hue: float, saturation: float, value: float) -> Colour:
    red, green, blue = colorsys.hsv_to_rgb(hue % 1, saturation, value)
    return round(red * 255), round(green * 255), round(blue * 255)


def _gradient(size: tuple[int, int], top: Colour, bottom: Colour) -> Image.Image:
    strip = Image.new("RGB", (1, 2))
    strip.putpixel((0, 0), top)
    strip.putpixel((0, 1), bottom)
    return strip.resize(size, Image.Resampling.BICUBIC)


def _scene(numbers: random.Random) -> Image.Image:
    """Draw a sky, a soft sun and three ranges of hills: nothing that could be mistaken for the article's picture."""
    width, height = _SCENE
    hue = numbers.random()
    # From dusk to noon; the lower sky is the lighter one, in a neighbouring hue.
    value = numbers.uniform(0.42, 0.72)
    neighbour = hue + numbers.uniform(0.05, 0.14) * numbers.choice((-1, 1))
    image = _gradient(_SCENE, _colour(hue, 0.44, value), _colour(neighbour, 0.26, min(0.95, value + 0.26)))
    sun = Image.new("L", (352, 352))
    ImageDraw.Draw(sun).ellipse((0, 0, 351, 351), fill=165)
    sun = sun.resize((88, 88), Image.Resampling.LANCZOS)  # drawn four times too large: that smooths the edge
    # Within the middle: thumbnails are cut to a square.
    place = round(numbers.uniform(0.30, 0.58) * width), round(numbers.uniform(0.10, 0.30) * height)
    image.paste(_colour(neighbour + 0.02, 0.12, 1.0), place, mask=sun)
    for layer in range(3):
        base = height * (0.58 + 0.14 * layer)
        phases = [numbers.uniform(0, math.tau) for _ in range(3)]
        stretch = numbers.uniform(0.8, 1.5)
        ridge = [
            (
                x,
                base
                - 26 * math.sin(x / width * math.tau * stretch + phases[0])
                - 12 * math.sin(x / width * math.tau * 2.3 * stretch + phases[1])
                - 4 * math.sin(x / width * math.tau * 5.1 + phases[2]),
            )
            for x in range(0, width + 8, 8)
        ]
        hill = _colour(hue + 0.02 * layer, 0.38 + 0.08 * layer, value * (0.74 - 0.19 * layer))
        ImageDraw.Draw(image).polygon([(0, height), *ridge, (width, height)], fill=hill)
    return image


def _name_in(path: str, host: str) -> str:
    """Return whose logo an address shows: the domain in the file's name, else the host."""
    stem = unquote(path).rpartition("/")[2]
    name = stem.split("-50x50")[0].split(".")[0].replace("logo", "").strip("-_ ")
    return name or host.removeprefix("www.").split(".")[0]


def _initials(name: str, hue: float) -> Image.Image:
    """Draw one or two letters on a soft colour."""
    words = name.replace("-", " ").replace("_", " ").split() or ["?"]
    letters = "".join(word[0] for word in words[:2]).upper()
    image = _gradient((_SQUARE, _SQUARE), _colour(hue, 0.45, 0.78), _colour(hue + 0.06, 0.60, 0.56))
    font = ImageFont.load_default(size=68 if len(letters) == 1 else 54)
    ImageDraw.Draw(image).text((_SQUARE / 2, _SQUARE / 2), letters, fill=(255, 255, 255), font=font, anchor="mm")
    return image


def _curve(start: Point, *curves: tuple[Point, Point, Point]) -> list[Point]:
    """Return points along joined cubic Bézier curves."""
    points = [start]
    for one, two, end in curves:
        x0, y0 = points[-1]
        for step in range(1, 25):
            t = step / 24
            a, b, c, d = (1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3
            points.append(
                (a * x0 + b * one[0] + c * two[0] + d * end[0], a * y0 + b * one[1] + c * two[1] + d * end[1])
            )
    return points


_FLAME = _curve(
    (53, 10),
    ((60, 29), (80, 40), (80, 63)),
    ((80, 80), (67, 91), (50, 91)),
    ((33, 91), (20, 80), (20, 63)),
    ((20, 49), (31, 43), (34, 30)),
    ((40, 34), (43, 40), (43, 46)),
    ((51, 38), (54, 25), (53, 10)),
)
_PULSE: Sequence[Point] = ((10, 67), (36, 67), (44, 52), (54, 82), (62, 61), (66, 67), (90, 67))


@functools.cache
def logo() -> Image.Image:
    """Draw Heatline's mark: a flame, crossed by a line that beats."""
    large = 4 * _SQUARE  # drawn four times too large: that smooths the edges
    scale = large / 100
    night = (36, 27, 47)
    image = _gradient((large, large), (58, 40, 66), night)
    mask = Image.new("L", (large, large))
    ImageDraw.Draw(mask).polygon([(x * scale, y * scale) for x, y in _FLAME], fill=255)
    image.paste(_gradient((large, large), (255, 84, 64), (255, 196, 87)), mask=mask)
    line = [(x * scale, y * scale) for x, y in _PULSE]
    ImageDraw.Draw(image).line(line, fill=night, width=round(6.5 * scale), joint="curve")
    return image.resize((_SQUARE, _SQUARE), Image.Resampling.LANCZOS)
