"""A browser, and a site with the demonstration in it, for the tests of this folder.

The site is a process with a database of its own, and nothing here asks the database itself: Playwright keeps an event
loop in the tests' thread, where Django's connections are others than the suite's, and lead to the real database.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Dialog, Page, Request, Response, sync_playwright

from tests.browser.serving import CHROMIUM, Site, served

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(autouse=True)
def own_store() -> None:
    """The site keeps its own captures; the suite's settings need no change."""


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    if not CHROMIUM:
        pytest.skip("there is no Chromium here, so nothing is looked at; install it: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def site(chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The site with the demonstration and `data`; what a test adds stays until the last test of this folder."""
    with served(tmp_path_factory.mktemp("site"), "from tests.browser import data; print(data.load())") as site:
        yield site


class Watch:
    """What went wrong in a page besides what its test looks at."""

    def __init__(self, origin: str) -> None:
        self.origin = origin
        self.problems: list[str] = []

    def follow(self, page: Page) -> None:
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.problems.append(f"error in a script: {error}"))
        page.on("dialog", self._dialog)
        page.on("request", self._request)
        page.on("response", self._response)

    def _console(self, message: ConsoleMessage) -> None:
        # What could not be loaded is judged by its response: a page that a test asks for may be missing on purpose.
        if message.type == "error" and not message.text.startswith("Failed to load resource"):
            self.problems.append(f"console: {message.text}")

    def _dialog(self, dialog: Dialog) -> None:
        self.problems.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def _request(self, request: Request) -> None:
        if not request.url.startswith((f"{self.origin}/", "data:")):
            self.problems.append(f"request to another origin: {request.url}")

    def _response(self, response: Response) -> None:
        if response.status >= 400 and response.request.resource_type != "document":
            self.problems.append(f"{response.status}: {response.url}")


Opener = Callable[..., Page]


@pytest.fixture
def opened(chromium: Browser, site: Site) -> Iterator[Opener]:
    """Opens a page in a context of its own; whatever breaks behind it fails the test."""
    watch = Watch(site.url)
    contexts = []

    def open_page(*, curator: bool = False, watched: bool = True, **options: Any) -> Page:
        context = chromium.new_context(base_url=site.url, **{"viewport": {"width": 1280, "height": 900}, **options})
        contexts.append(context)
        context.set_default_timeout(20_000)
        if watched:
            context.on("page", watch.follow)
        if curator:
            context.add_cookies([{"name": "sessionid", "value": site.loaded["session"], "url": site.url}])
        return context.new_page()

    yield open_page
    for context in contexts:
        context.close()
    assert watch.problems == []


@pytest.fixture
def page(opened: Opener) -> Page:
    return opened()
