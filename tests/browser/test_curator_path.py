"""A curator decides on a held snapshot, and readers see what was decided."""

import re

from playwright.sync_api import Locator, Page, expect

from tests.browser.data import PASSWORD, TWELVE_TO_FIVE


def rows(page: Page, region: str) -> Locator:
    return page.get_by_role("region", name=region, exact=True).locator("tbody tr")


def test_from_the_login_to_a_published_drop(page):
    page.goto("/lists/twelve-to-five/")
    expect(page.locator("main")).to_contain_text("12 entries became 5")
    expect(rows(page, "Entries")).to_have_count(12)

    page.get_by_role("link", name="Curation").click()
    page.get_by_label("Username").fill("carla")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    page.get_by_role("link", name=re.compile(r"\d+ held snapshots?")).click()
    page.get_by_role("row").filter(has_text=TWELVE_TO_FIVE).get_by_role("link").first.click()
    panel = page.get_by_role("region", name="Held for review")
    expect(panel).to_contain_text("12 entries became 5")
    expect(panel).to_contain_text("7 would vanish")
    for vanishing in ("Vendor 6", "Vendor 12"):
        expect(page.get_by_role("region", name="Dropped")).to_contain_text(vanishing)
    page.get_by_label("Reason, for the record").fill("The publisher confirmed it.")
    page.get_by_role("button", name="Publish").click()
    expect(page.get_by_role("list").filter(has_text="Published: ").first).to_be_visible()
    expect(page.locator(".decided")).to_contain_text("The publisher confirmed it.")

    page.goto("/")
    page.get_by_role("link", name=TWELVE_TO_FIVE).first.click()
    expect(rows(page, "Entries")).to_have_count(5)
    page.get_by_role("link", name=re.compile("^7 dropped")).first.click()
    expect(page.locator(".sentence")).to_contain_text("7 vendors dropped")
    expect(rows(page, "Dropped, by vendor")).to_have_count(7)


def test_withdrawing_asks_for_a_reason_and_leaves_the_list_as_it_was(opened, site):
    page, held = opened(curator=True), site.loaded["to_withdraw"]
    page.goto(f"/admin/procurement/snapshot/{held}/change/")
    page.get_by_role("button", name="Withdraw").click()
    expect(page.locator("main")).to_contain_text("Give a reason")
    page.get_by_label(re.compile("^Reason")).fill("Half of the page was missing.")
    page.get_by_role("button", name="Withdraw").click()
    expect(page.locator("main")).to_contain_text("Half of the page was missing.")
    page.goto(f"/snapshots/{held}/")
    expect(page.locator("main")).to_contain_text("Withdrawn: no longer part of the history")
    page.goto("/lists/half-a-page/")
    expect(rows(page, "Entries")).to_have_count(12)
