"""Discord's limits, in characters unless said otherwise (its API document; where docs differ, the smaller figure)."""

CONTENT = 2000
EMBED_DESCRIPTION = 4096
EMBED_AUTHOR = 256
EMBED_FOOTER = 2048
LINK = 512
IMAGE_LINK = 2048
TEXT_LINK = 2048
OPTION = 100
OPTIONS = 25
V2_TEXT = 4000
ALT_TEXT = 1024

# Ours, stricter: what reads well on a phone.
HEADLINE_LINE = 200
CARD_EXCERPT = 200
LIST_EXCERPT = 120
LIST_HEADLINE = 160
BUTTON = 38
LARGE_IMAGE_WIDTH = 600
