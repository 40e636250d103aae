"""Windows of age, counted from first sight.

Heat hardly decays, so ranking everything by heat shows the same list for years: a listing is ranked inside a window,
and the window is widened until it holds a page.
"""

PAGE = 5
"""Articles on a page: five sections with thumbnails and their controls stay under Discord's 40 components."""

WINDOWS: tuple[int | None, ...] = (7, 30, 365, None)
"""Days, from the first choice to the last resort."""
