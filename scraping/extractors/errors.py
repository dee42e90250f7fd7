# ruff: noqa: N818 - the names say what happened, and are read in sentences
"""What can go wrong when a list is read; every message is a sentence for the person who can act."""


class ExtractionError(Exception):
    """The bytes gave no rows. Nothing was stored or changed by trying."""


class EmptyBody(ExtractionError):
    """Nothing, or nothing but white space, was received."""


class UnreadableFormat(ExtractionError):
    """The bytes are not of a format that is read, or are damaged."""


class Encrypted(ExtractionError):
    """The file asks for a password."""


class TooLarge(ExtractionError):
    """Reading would take more memory or time than is allowed."""


class NoListFound(ExtractionError):
    """Without a recipe, nothing in the page looks like a list of vendors or products."""


class RecipeMisfit(ExtractionError):
    """The recipe names something that the page does not have (any more)."""


class RecipeError(ExtractionError):
    """The recipe itself is wrong: an unknown key, a selector or a pattern that does not parse."""
