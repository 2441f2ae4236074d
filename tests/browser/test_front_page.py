"""The front page in a real browser."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright
from werkzeug.serving import make_server

from tests.api.town import Town, filled

pytestmark = pytest.mark.browser
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a hub with four sites."""
    town = filled(Town(Path(tmp_path_factory.mktemp("town"))))
    server = make_server("127.0.0.1", 0, town.app(), threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=ARGUMENTS)
        yield opened
        opened.close()


def _open(browser: Browser, address: str, *, width: int = 1280, locale: str = "vi-VN") -> tuple[Page, list[str]]:
    page = browser.new_context(viewport={"width": width, "height": 900}, locale=locale).new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(address)
    return page, asked


def test_the_page_is_vietnamese_and_switches_to_english(browser: Browser, address: str) -> None:
    page, _ = _open(browser, address)
    assert page.get_attribute("html", "lang") == "vi"
    assert page.inner_text("h1") == "Trục dữ liệu thử"
    page.click("text=English")
    assert page.get_attribute("html", "lang") == "en"
    assert page.inner_text("h1") == "Test Data Hub"


def test_an_english_browser_gets_english(browser: Browser, address: str) -> None:
    page, _ = _open(browser, address, locale="en-GB")
    assert page.get_attribute("html", "lang") == "en"


def test_the_page_shows_live_counts_and_freshness(browser: Browser, address: str) -> None:
    page, _ = _open(browser, address)
    card = page.locator(".card", has_text="Di tích")
    assert card.locator(".count b").inner_text() == "4"
    row = page.locator("tbody tr").first.inner_text()
    assert "culture" in row
    assert "Di tích" in row


@pytest.mark.parametrize("width", [320, 390, 1280])
def test_nothing_is_wider_than_the_screen(browser: Browser, address: str, width: int) -> None:
    page, _ = _open(browser, address, width=width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_nothing_is_fetched_from_elsewhere(browser: Browser, address: str) -> None:
    _, asked = _open(browser, address)
    assert len(asked) >= 2
    assert all(url.startswith(address) for url in asked)


def test_landmarks_and_one_heading_stand(browser: Browser, address: str) -> None:
    page, _ = _open(browser, address)
    counts: dict[str, Any] = {one: page.locator(one).count() for one in ("header", "main", "footer", "nav", "h1")}
    assert counts == {"header": 1, "main": 1, "footer": 1, "nav": 1, "h1": 1}


_CONTRAST = """() => {
  const light = (c) => { const [r, g, b] = c.map(v => { v /= 255;
    return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4 });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b };
  const parse = (t) => (t.match(/[\\d.]+/g) || []).map(Number);
  const ground = (e) => { for (; e; e = e.parentElement) { const style = getComputedStyle(e);
    const c = parse(style.backgroundColor); if (style.backgroundImage !== 'none') return [90, 42, 99];
    if (c.length === 3 || c[3] === 1) return c } return [255, 255, 255] };
  const low = [];
  for (const e of document.querySelectorAll('h1,h2,h3,p,a,dt,dd,th,td,b,code,.state')) {
    if (!e.innerText.trim() || e.classList.contains('skip')) continue;
    const [a, b] = [light(parse(getComputedStyle(e).color).slice(0, 3)), light(ground(e).slice(0, 3))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) low.push(`${e.tagName} ${e.innerText.slice(0, 30)} ${ratio.toFixed(2)}`);
  } return low }"""


def test_every_text_has_the_contrast_of_wcag_aa(browser: Browser, address: str) -> None:
    page, _ = _open(browser, address)
    assert page.evaluate(_CONTRAST) == []
