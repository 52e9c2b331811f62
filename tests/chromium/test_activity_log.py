"""The activity log in a browser: suggestions while one types, and what is said and where one is after filtering."""

from playwright.sync_api import expect

from tests.chromium.people import somebody
from tests.chromium.server import Server
from tests.chromium.windows import Windows


def test_people_are_suggested_while_one_types_and_the_results_are_announced(server: Server, windows: Windows):
    for username, name in (("karim.rossi", "Karim Rossi"), ("karin", "Karin Olsen"), ("vera", "Vera Lindqvist")):
        somebody(server, username, name=name)
    page = somebody(server, "auditor", "Auditor").signs_in(windows.open(server), "/activity-log")
    page.locator("#log-person").press_sequentially("rossi")
    expect(page.locator("#log-people option")).to_have_count(1)
    expect(page.locator("#log-people option")).to_have_attribute("value", "karim.rossi")
    assert page.url.endswith("/activity-log")

    region = page.get_by_role("status").filter(has_text="entr")
    region.evaluate("element => { element.mark = 'the same' }")
    page.locator("#log-person").press("Enter")
    expect(region).to_contain_text("1 entry, number ")
    assert region.evaluate("element => element.mark") == "the same"
    expect(page.locator("#log-person")).to_be_focused()
    assert "person=rossi" in page.url
    expect(page.locator("td.what")).to_have_text("The command line created the user karim.rossi, roles: Member")

    page.locator("#log-person").fill("nobody-at-all")
    page.get_by_role("button", name="Filter").click()
    expect(region).to_have_text("No entry matches.")
    expect(page.get_by_role("button", name="Filter")).to_be_focused()


def test_after_paging_the_focus_is_on_the_entries(server: Server, windows: Windows):
    auditor = somebody(server, "reader", "Auditor")
    for number in range(55):
        somebody(server, f"many-{number}")
    page = auditor.signs_in(windows.open(server), "/activity-log")
    page.get_by_role("link", name="Older").press("Enter")
    expect(page.get_by_role("link", name="Latest")).to_be_visible()
    expect(page.locator("#activity-log")).to_be_focused()
    expect(page.locator("#activity-log")).to_be_in_viewport()
