"""What can be wrong with a news file, and what is done about it, each as it is told in English and stored."""

from enum import StrEnum


class Fault(StrEnum):
    """What is wrong, without a word of the file; braces stand for a number, or for what a library or the system says.

    By what it reads with the braces filled in, the cards know which it was: no two may read alike.
    """

    # of the file
    UNLISTED = "cannot be listed ({reason})"
    UNREADABLE = "cannot be read ({reason})"
    UNSTEADY = "changes while it is read"
    UNSHOWN_NAME = "a file name that cannot be shown"
    NO_FILE = "not a regular file"
    TOO_LARGE = "larger than {most} KiB"
    TWIN = "the same name as another file, but for its suffix"
    UNEXPECTED = "unexpected {error} while it was read"
    # of its text
    NUL = "a NUL byte"
    NO_UTF8 = "not UTF-8 text"
    NO_END = "front matter without an end"
    NO_YAML = "not valid YAML"
    BROKEN_YAML = "not valid YAML: {reason}"
    DIRECTIVE = "a YAML directive"
    SEVERAL_DOCUMENTS = "more than one YAML document"
    MERGE_KEY = "a YAML merge key"
    ALIAS = "a YAML alias"
    ANCHOR = "a YAML anchor"
    TAG = "a YAML tag"
    NO_FRONT_MATTER = "front matter that is not a mapping"
    SENSELESS = "front matter that makes no sense"
    TOO_DEEP = "nested more than {most} deep"
    TOO_MUCH = "more than {most} values"
    ODD_FIELD = "a field name that is not plain text"
    TWICE = "the same field twice"
    # of a field
    TOO_MANY = "more than {most} entries"
    NO_TEXT = "not text"
    NO_LIST = "not a list"
    NO_MAPPING = "not a mapping"
    NO_INTEGER = "not a whole number"
    OUT_OF_RANGE = "out of range"
    NO_FLAG = "neither true nor false"
    NO_DATE = "not a date"
    FUTURE = "a date in the future"
    NO_ADDRESS = "no usable web address"
    BAD_ADDRESS = "not a usable web address"
    BAD_DOMAIN = "not a domain"
    NO_TITLE = "no title"


class Remedy(StrEnum):
    """What is done about a fault."""

    NOT_TAKEN = "file not taken"
    LEFT_OUT = "left out"
    ENTRY_LEFT_OUT = "entry left out"
    REST_LEFT_OUT = "the rest left out"
    HIDDEN = "article hidden"
