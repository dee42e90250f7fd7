"""What the sites that we read put into their pages does nothing in a reader's browser."""

import pytest
from playwright.sync_api import Route, expect

from tests.browser.data import HOSTILE
from tests.browser.pages import ADMIN, PAGES


@pytest.mark.parametrize(("pages", "curator"), [(PAGES, False), (ADMIN, True)], ids=["public", "admin"])
def test_no_page_asks_elsewhere_or_breaks_its_policy(opened, site, pages, curator):
    page = opened(curator=curator)
    for address in pages.values():
        page.goto(address.format_map(site.loaded), wait_until="networkidle")


def test_a_hostile_page_is_shown_as_its_bytes(page, site):
    response = page.goto(f"/captures/{site.loaded['hostile_capture']}/raw")
    assert response.body() == HOSTILE
    assert response.headers["content-type"].startswith("text/plain")
    assert "sandbox" in response.headers["content-security-policy"]
    expect(page.locator("body")).to_contain_text("alert('load')")
    assert page.evaluate("window.ran") is None


def test_hostile_text_stays_text_on_every_page(opened, site):
    page = opened(curator=True)
    for address in (
        "/",
        "/lists/",
        "/lists/hostile/",
        "/lists/hostile/on/2026-01-05/",
        f"/snapshots/{site.loaded['hostile']}/",
        "/search/?q=%3Cscript%3Ealert(1)%3C/script%3E",
        "/changes/?text=%22%3E%3Csvg%20onload=alert(1)%3E",
        f"/admin/procurement/snapshot/{site.loaded['hostile']}/change/",
        f"/admin/procurement/vendorlist/{site.loaded['hostile_list']}/change/",
        "/admin/vendors/printedname/?q=script",
    ):
        assert page.goto(address).status == 200, address
        assert page.evaluate("window.ran") is None
        assert page.locator("a[href^='javascript:'], img[src='x'], svg[onload]").count() == 0, address


def test_a_script_that_got_into_a_page_would_not_run(opened):
    """The second line of defence: the policy stops what is inline, whoever wrote it."""
    page = opened(watched=False)
    injected = "<script>window.ran = 1</script><img src=x onerror='window.ran = 2'></main>"

    def inject(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, body=answer.text().replace("</main>", injected))

    page.route("**/lists/", inject)
    page.goto("/lists/")
    expect(page.locator("img[src=x]")).to_have_count(1)
    assert page.evaluate("window.ran") is None


def test_the_admin_refuses_what_another_site_sends(opened, site):
    page, address = opened(curator=True), f"/admin/procurement/snapshot/{site.loaded['hostile']}/withdraw/"
    assert page.request.post(address, form={"why": "forged"}).status == 403
    page.goto(f"/snapshots/{site.loaded['hostile']}/")
    expect(page.get_by_text("Withdrawn")).to_have_count(0)


def test_a_missing_page_of_the_admin_is_missing_in_words(opened):
    page = opened(curator=True)
    assert page.goto("/admin/nothing/").status == 404
    expect(page.locator("main")).to_contain_text("The address may have been typed")
