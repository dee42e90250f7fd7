"""Every page, wide and narrow, light and dark: axe finds nothing serious, and nothing has to be scrolled sideways."""

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.browser.pages import ADMIN, PAGES
from tests.browser.serving import Site

WIDTHS = (1280, 390)
# A theme changes colours and nothing else.
THEMES = {"light": {}, "dark": {"runOnly": ["color-contrast"]}}
OURS = {"exclude": [["#swagger-ui"]]}  # Swagger nests buttons, in every release
# Axe measures by setting styles, which the policy would refuse it; test_security sees the pages with their policy.
OPTIONS = {"bypass_csp": True, "reduced_motion": "reduce"}


def faults(page: Page) -> list[str]:
    """What is wrong with a page in each width and theme, one line a fault."""
    axe, found = Axe(), []
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        needed = page.evaluate("document.scrollingElement.scrollWidth")
        if needed > width:
            found.append(f"{width} px: the page needs {needed} px")
        for theme, options in THEMES.items():
            page.emulate_media(color_scheme=theme)
            page.evaluate("Promise.allSettled(document.getAnimations().map(animation => animation.finished))")
            for fault in axe.run(page, OURS, {"resultTypes": ["violations"], **options}).response["violations"]:
                if fault["impact"] in {"serious", "critical"}:
                    first = fault["nodes"][0]
                    where = f"{width} px, {theme}: {fault['id']} ({len(fault['nodes'])} times)"
                    found.append(f"{where}, first {first['html'][:200]}: {first['failureSummary']}")
    return found


@pytest.mark.parametrize("name", PAGES)
def test_a_public_page(opened: Callable[..., Page], site: Site, name: str) -> None:
    page = opened(**OPTIONS)
    answer = page.goto(PAGES[name].format_map(site.loaded))
    assert answer is not None
    assert answer.status == {"as-of-not-observed": 404, "missing": 404, "changes-wrong": 400}.get(name, 200)
    assert faults(page) == []


@pytest.mark.parametrize("name", ADMIN)
def test_a_page_of_the_admin(opened: Callable[..., Page], site: Site, name: str) -> None:
    page = opened(curator=name != "login", **OPTIONS)
    answer = page.goto(ADMIN[name].format_map(site.loaded))
    assert answer is not None
    assert answer.status == 200
    assert ("login" in page.url) == (name == "login")
    assert faults(page) == []
