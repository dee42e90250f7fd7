"""Ready definitions of real lists: where each is published, how it is read, and what is to be expected of it."""

from scraping.catalogue.definitions import CatalogueError, Definition, Page, all_definitions, definition
from scraping.catalogue.installing import Installed, install, state

__all__ = ["CatalogueError", "Definition", "Installed", "Page", "all_definitions", "definition", "install", "state"]
