"""How much the corpus takes from one file; far above what publishers write, low enough that no file can hurt."""

FILE_BYTES = 256 * 1024  # news files have 1 to 5 kB; larger than this and it is not one
DEPTH = 16  # nested collections; the format has 5. libyaml's time grows with the square of the depth
ITEMS = 5_000  # entries of all mappings and lists together; a file with 100 reports has about 1,500
INDENT = 48  # columns before a line's first word; see `frontmatter._DEEP`

TOPICS = 50
IMAGES = 50
RELATED = 100

TITLE = 300  # characters, like all below; the longest title seen has 180
EXCERPT = 2_000  # the longest excerpt seen has 360
NAME = 100  # of a provider, a topic, a type
ADDRESS = 2_048  # of a URL; Discord refuses longer ones
RAW_TEXT = 10_000  # what of a text is cleaned at all, so that no pattern meets a whole file

NUMBER = 1_000_000_000  # of a score or a size in pixels, either sign; a database integer holds it anywhere
FUTURE_DAYS = 2  # clocks and time zones are wrong by hours; a date later than this is a mistake
READS = 3  # attempts at a file that changes while it is read
