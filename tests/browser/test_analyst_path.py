"""An analyst finds the founding case by clicks alone, checks the evidence, and quotes it."""

import hashlib
import re

import pytest
from playwright.sync_api import Page, expect

ANTIVIRUS = "Antivirus software, approved for central state bodies"
FOUNDING = "/lists/cn-cgpc-antivirus/compare/2013-06-27..2014-07-31/"
COVERED = "Covered List of communications equipment and services"


def link(page: Page, name: str | re.Pattern[str], within: str = "main") -> None:
    """Click the first link of that name."""
    page.locator(within).get_by_role("link", name=name).first.click()


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
@pytest.mark.parametrize("width", [1280, 390])
def test_from_home_to_the_founding_case_its_evidence_and_a_vendor(opened, width, script):
    page = opened(viewport={"width": width, "height": 900}, java_script_enabled=script)
    page.goto("/")
    link(page, ANTIVIRUS)
    expect(page.get_by_role("heading", level=1)).to_contain_text(ANTIVIRUS)
    expect(page.locator("main")).to_contain_text("Binds: Central state bodies")

    link(page, re.compile("^5 dropped"))
    page.get_by_label("From").select_option(label="27 Jun 2013 · issue 20 (总第20期) (partial)")
    page.get_by_role("button", name="Compare").click()
    expect(page).to_have_url(re.compile(re.escape(FOUNDING)))
    expect(page.locator(".sentence")).to_contain_text("5 vendors dropped, all foreign; 1 vendor stayed; 4 first seen.")
    dropped = page.get_by_role("region", name="Dropped, by vendor")
    for vendor in ("ESET", "Kaspersky Lab", "Panda Security", "Symantec", "Trend Micro"):
        row = dropped.get_by_role("row").filter(has=page.get_by_role("link", name=vendor))
        expect(row).to_contain_text("foreign")
    expect(page.get_by_role("complementary", name="What was said")).to_contain_text("Venustech")

    evidence = page.get_by_role("region", name="Evidence")
    hashes = [code.strip() for code in evidence.locator("code.hash").all_text_contents()]
    proofs = evidence.get_by_role("link", name="The bytes as received")
    assert len(hashes) == proofs.count() == 2
    for digest, proof in zip(hashes, proofs.all(), strict=True):
        body = page.request.get(proof.get_attribute("href")).body()
        assert hashlib.sha256(body).hexdigest() == digest
    link(page, re.compile(r"^Snapshot \d+$"), within="section[aria-labelledby=evidence]")
    expect(page.get_by_role("heading", level=1)).to_contain_text("27 Jun 2013")
    expect(page.locator("main")).to_contain_text(hashes[0])
    page.go_back()
    link(page, "Kaspersky Lab", within="[aria-label='Dropped, by vendor']")
    expect(page.get_by_role("heading", level=1)).to_contain_text("卡巴斯基")
    expect(page.get_by_role("heading", name="Origin and ownership")).to_be_visible()


def test_the_citation_is_copied_as_it_stands(page):
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(FOUNDING)
    page.get_by_role("button", name="Copy").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == " ".join(page.locator("#citation").inner_text().split())
    assert "sha256:" in copied and FOUNDING in copied


def test_a_refused_clipboard_selects_the_citation(page):
    page.add_init_script("Clipboard.prototype.writeText = () => Promise.reject(new Error('refused'))")
    page.goto(FOUNDING)
    page.get_by_role("button", name="Copy").click()
    expect(page.get_by_role("button", name="Select it")).to_be_visible()
    assert "sha256:" in page.evaluate("getSelection().toString()")


def test_steps_lead_along_the_changes_of_a_list_and_back(page):
    page.goto("/")
    page.get_by_role("link", name=re.compile("added")).first.click()
    latest = page.url
    expect(page.get_by_text("No change after")).to_be_visible()
    link(page, "Change before")
    assert page.url != latest
    expect(page.locator(".sentence")).to_be_visible()
    link(page, "Change after")
    expect(page).to_have_url(latest)


def test_any_two_dates_are_compared_from_the_list(page):
    page.goto("/lists/us-fcc-covered-list/")
    page.get_by_label("From").fill("2022-01-01")
    page.get_by_label("To", exact=True).fill("2022-12-31")
    page.get_by_role("button", name="Compare").click()
    expect(page).to_have_url(re.compile(r"/compare/2022-01-01\.\.2022-12-31/$"))
    expect(page.locator(".sentence")).to_contain_text("added")
    page.goto("/lists/us-fcc-covered-list/")
    page.get_by_label("The list as last observed on").fill("2022-12-31")
    page.get_by_role("button", name="Show", exact=True).click()
    expect(page).to_have_url(re.compile("/on/2022-12-31/$"))
    expect(page.get_by_role("region", name="Entries", exact=True)).to_contain_text("Kaspersky")


def test_filters_narrow_the_changes_and_are_cleared(page):
    page.goto("/changes/")
    page.get_by_label("Jurisdiction of the list").select_option(label="China")
    page.get_by_label("Dropped").check()
    page.get_by_label("Until").fill("2014-12-31")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_role("status")).to_contain_text("5 changes: 5 dropped.")
    expect(page.locator("main tbody tr")).to_have_count(5)
    expect(page.get_by_label("Dropped")).to_be_checked()
    link(page, "Evidence")
    expect(page.locator(".sentence")).to_contain_text("5 vendors dropped")
    page.go_back()
    link(page, "Clear all filters")
    expect(page.get_by_label("Dropped")).not_to_be_checked()
    expect(page.get_by_role("status")).to_contain_text("amended")


@pytest.mark.parametrize("words", ["卡巴斯基", "kaspersky", "Касперский"])
def test_a_vendor_is_found_by_its_name_in_any_script(page, words):
    page.goto("/")
    page.get_by_role("searchbox").fill(words)
    page.get_by_role("button", name="Search").click()
    link(page, "Kaspersky Lab")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Kaspersky Lab")
    expect(page.get_by_role("region", name="Spells on lists")).to_contain_text(ANTIVIRUS)


def test_the_chosen_theme_stays(page):
    page.goto("/")
    ground = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(ground)
    page.get_by_role("button", name="Use the dark theme").click()
    dark = page.evaluate(ground)
    assert dark != light
    link(page, "Lists", within="nav[aria-label=Main]")
    assert page.evaluate(ground) == dark
    page.reload()
    page.get_by_role("button", name="Use the light theme").click()
    assert page.evaluate(ground) == light
