"""A curator's way through the admin, in a real browser."""

from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.db import connections

from curation.models import AuditLog, ValidationEvent
from tests.factories import CandidateFactory, DetectionFactory, ModelRunFactory
from tests.pictures import keep_pictures

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
CHROMIUM = Path("/usr/bin/chromium")
OPTIONS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-sync",
    "--no-first-run",
)

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not CHROMIUM.exists(), reason=f"there is no {CHROMIUM}"),
]


@pytest.fixture(scope="module")
def chromium():
    # Code inside Playwright's event loop has connections of its own: one left open outside would miss that the
    # database is put back between tests.
    connections.close_all()
    with pytest.MonkeyPatch.context() as environment, sync_api.sync_playwright() as playwright:
        # Playwright keeps an event loop in this thread, which Django takes for asynchronous code.
        environment.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=OPTIONS)
        yield browser
        browser.close()


@pytest.fixture
def open_page(chromium, live_server):
    """A page of a fresh browser; at the end, nothing it asked for was elsewhere, and nothing it said was an error."""
    asked, errors, contexts = [], [], []

    def open_page(theme="light"):
        context = chromium.new_context(base_url=live_server.url, color_scheme=theme)
        page = context.new_page()
        page.on("request", lambda request: asked.append(urlsplit(request.url)))
        page.on("console", lambda message: message.type == "error" and errors.append(message.text))
        page.on("pageerror", lambda error: errors.append(str(error)))
        contexts.append(context)
        return page

    yield open_page
    for context in contexts:
        context.close()
    here = urlsplit(live_server.url).netloc
    assert {place.netloc for place in asked if place.scheme != "data"} == {here}
    assert errors == []


@pytest.fixture
def detection(db, artefacts):
    run = ModelRunFactory()
    candidate = CandidateFactory(difference_run=run.difference_run, pixel_x=60, pixel_y=45)
    keep_pictures(run.difference_run, x=60, y=45)
    return DetectionFactory(model_run=run, candidate=candidate, confidence_score=0.987)


def log_in(page, make_user, role):
    make_user(role, username=role, password="a long password")
    page.goto("/")
    page.get_by_label("Username").fill(role)
    page.get_by_label("Password").fill("a long password")
    page.get_by_role("button", name="Log in").click()


def test_a_curator_looks_at_a_detection_and_judges_it(open_page, make_user, detection):
    page = open_page()
    log_in(page, make_user, "curator")
    page.locator("#content").get_by_role("link", name="Detections").click()
    page.locator("#result_list").get_by_role("link", name=f"{detection.ra:.5f}").click()

    stamps = page.locator(".stamps img")
    sync_api.expect(stamps).to_have_count(3)
    page.wait_for_load_state("load")
    assert stamps.evaluate_all("images => images.map(image => image.naturalWidth)") == [252, 252, 252]

    sync_api.expect(page.locator("#verdicts")).to_have_text("Nobody has judged it yet.")
    page.get_by_label("real").check()
    page.get_by_label("Label").select_option("supernova")
    page.get_by_label("Notes").fill("<script>alert(1)</script>")
    page.get_by_role("button", name="Record verdict").click()
    sync_api.expect(page.locator(".messagelist")).to_have_text("Recorded: real.")
    sync_api.expect(page.locator("#verdicts li")).to_contain_text("curator: real, supernova (medium)")
    sync_api.expect(page.locator("#verdicts li")).to_contain_text("<script>alert(1)</script>")
    sync_api.expect(page.locator(".field-status .readonly")).to_have_text("Validated")

    event = ValidationEvent.objects.get()
    entry = AuditLog.objects.about(event).get()
    assert (entry.username, entry.ip_address) == ("curator", "127.0.0.1")
    assert "Chrome" in entry.user_agent


def test_the_dark_theme_is_dark(open_page, make_user, detection):
    page = open_page("dark")
    log_in(page, make_user, "viewer")
    page.goto(f"/admin/mlregistry/detection/{detection.pk}/change/")
    lightness = "colour => colour.match(/\\d+/g).slice(0, 3).reduce((sum, part) => sum + Number(part), 0) / 3"
    colour = "getComputedStyle(document.querySelector('{}')).{}"
    background = page.evaluate(f"({lightness})({colour.format('body', 'backgroundColor')})")
    link = page.evaluate(f"({lightness})({colour.format('.field-observation a', 'color')})")
    assert background < 40
    assert link > 130
    sync_api.expect(page.locator("#verdict-form")).to_have_count(0)


def test_the_apis_page_works_without_the_internet(open_page, make_user):
    page = open_page()
    log_in(page, make_user, "viewer")
    page.get_by_role("link", name="API").click()
    sync_api.expect(page.get_by_text("/api/v1/observations/", exact=True).first).to_be_visible()
