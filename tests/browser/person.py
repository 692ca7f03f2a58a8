"""
A person with a browser window: every page that comes is looked at.

Looked at means: the status is the expected one, `lang` is the person's language, the document is not wider than the
window, a wide window shows its tables whole, the console has no error, and axe-core finds no violation. What differs
from a page it has judged in the same window in ids and numbers alone is not judged again; nor is the contrast of
colours that it has judged together, in letters of this size, on any page: that rule takes longer than all others.
Without JavaScript axe cannot run in the window itself; then a second window of the same person opens the address.
"""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from axe_playwright_python.async_playwright import Axe  # type: ignore[import-untyped]
from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Error, Page, Response

_AXE_CORE = Axe().axe_script
# An element's colour, size and weight, and what is painted below it up to the page.
_COLOURS_OF = """const coloursOf = each => {
    const own = getComputedStyle(each), told = [own.color, own.fontSize, own.fontWeight];
    for (let at = each; at; at = at.parentElement) {
        const {backgroundColor, backgroundImage, opacity} = getComputedStyle(at);
        told.push(backgroundColor, backgroundImage, opacity);
    }
    return told.join();
};"""
# Of each element whose words can be seen: a hidden one axe does not judge.
_COLOURS = f"""() => {{
{_COLOURS_OF}
const typed = 'button, select, textarea, input:not([type=hidden], [type=checkbox], [type=radio], [type=file])';
return [...new Set([...document.body.querySelectorAll('*')]
.filter(each => each.matches(typed) || [...each.childNodes].some(node => node.nodeType === 3 && node.data.trim()))
.filter(each => {{
    const {{right, width}} = each.getBoundingClientRect();
    return each.checkVisibility({{visibilityProperty: true}}) && right + scrollX > 0 && width > 1;
}})
.map(coloursOf))];
}}"""
# And the colours whose contrast was judged: not those of which axe cannot say (`incomplete`), nor those it passes over.
_JUDGE = f"""async contrast => {{
{_COLOURS_OF}
const results = await axe.run({{
    elementRef: contrast,
    resultTypes: contrast ? ['violations', 'passes'] : ['violations'],
    rules: {{'color-contrast': {{enabled: contrast}}}},
}});
const judged = results.passes.filter(rule => rule.id === 'color-contrast').flatMap(rule => rule.nodes);
return [
    results.violations.map(({{id, help, nodes}}) => ({{id, help, nodes: nodes.map(({{html}}) => ({{html}}))}})),
    judged.map(node => coloursOf(node.element)),
];
}}"""
_OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
_HIDDEN_AT_SIDE = "[...document.querySelectorAll('.scroll')].map(each => each.scrollWidth - each.clientWidth)"
_WIDE = 1280
_WAIT_SECONDS = 90.0
_LOOK_EVERY_SECONDS = 1.0
_IDS_AND_NUMBERS = re.compile(r'[0-9a-f]{8}-[0-9a-f-]{27}|(?<=name="csrf_token" value=")[^"]+|\d+')
_LOADED_AGAIN = ("because of a navigation", "the page is navigating", "axe is not defined")


@dataclass(frozen=True)
class Window:
    """How somebody looks at pages."""

    language: str
    width: int
    height: int
    scripts: bool = True

    def __str__(self) -> str:
        return f"{self.language}-{self.width}" + ("" if self.scripts else "-without-scripts")


@dataclass
class Person:
    page: Page
    window: Window
    origin: str
    # The same person's window with JavaScript, where `page` has none.
    second: Page | None = None
    console: list[str] = field(default_factory=list)

    async def visit(self, address: str, *, status: int = 200) -> None:
        """Opens a page by its address, and looks at it."""
        await self._look(await self.page.goto(address), status)

    async def press(self, selector: str, *, status: int = 200, ours: bool = True) -> None:
        """Presses what leads to another page, and looks at that; `ours` False: it is a marketplace's."""
        async with self.page.expect_navigation() as coming:
            await self.page.locator(selector).first.click()
        if ours:
            await self._look(await coming.value, status)

    async def load_again(self, *, status: int = 200) -> None:
        """As by the browser's own button: a form's answer sends the form once more."""
        await self._look(await self.page.reload(), status)

    async def fill(self, form: str, **values: str) -> None:
        """Types into the fields of a form, by their names."""
        for name, value in values.items():
            await self.page.locator(f'{form} [name="{name}"]').fill(value)

    async def sees(self, selector: str) -> bool:
        return await self.page.locator(selector).count() > 0

    async def wait_for(self, selector: str, *, count: int = 1) -> None:
        """Loads this page again until so many are on it, and looks at it then."""
        async with asyncio.timeout(_WAIT_SECONDS):
            while await self.page.locator(selector).count() < count:
                await asyncio.sleep(_LOOK_EVERY_SECONDS)
                await self.page.reload()
        await self.visit(self.page.url)

    async def download(self, selector: str) -> tuple[str, bytes]:
        """What a link gives: its media type and its content."""
        address = await self.page.locator(selector).first.get_attribute("href")
        assert address is not None
        answer = await self.page.context.request.get(f"{self.origin}{address}")
        assert answer.ok, f"{address} answers {answer.status}"
        return answer.headers["content-type"], await answer.body()

    async def _look(self, response: Response | None, status: int) -> None:
        assert response is not None
        where = f"{self.page.url} ({self.window})"
        assert response.status == status, f"{where} answers {response.status}"
        await look_at(self.page, self.window.language)
        if self.window.scripts:
            await find_no_violation(self.page, self.window)
        elif self.second is not None and response.request.method == "GET":
            await self.second.context.add_cookies(await self.page.context.cookies())  # type: ignore[arg-type]
            await self.second.goto(self.page.url)
            await find_no_violation(self.second, self.window)
        expected = [] if status == 200 else [f"status of {status}"]
        errors = [text for text in self.console if not any(part in text for part in expected)]
        self.console.clear()
        assert not errors, f"the console of {where} says {errors}"


async def look_at(page: Page, language: str) -> None:
    """The page is in this language and not wider than its window; a wide one shows its tables whole."""
    assert await page.evaluate("document.documentElement.lang") == language, f"{page.url} is not in {language}"
    over = await page.evaluate(_OVERFLOW)
    assert over <= 0, f"{page.url} ({language}) is {over} pixels wider than its window"
    if await page.evaluate("window.innerWidth") >= _WIDE:
        hidden = max(await page.evaluate(_HIDDEN_AT_SIDE), default=0)
        assert hidden <= 0, f"{page.url} ({language}) hides {hidden} pixels of a table"


_sound: set[tuple[Window, str]] = set()
_judged_colours: set[str] = set()


async def find_no_violation(page: Page, window: Window) -> None:
    """axe-core finds nothing to mend."""
    async with asyncio.timeout(_WAIT_SECONDS):
        while (violations := await _violations(page, window)) is None:
            await page.wait_for_load_state()
    told = [
        f"{violation['id']}: {violation['help']}: {node['html'][:300]}"
        for violation in violations
        for node in violation["nodes"]
    ]
    assert not told, f"axe on {page.url} ({window}): " + "; ".join(told)


async def _violations(page: Page, window: Window) -> list[Any] | None:
    """None: the page loaded itself again meanwhile, as that of a batch does while labels are being made."""
    try:
        seen = window, _IDS_AND_NUMBERS.sub("#", await page.content())
        if seen in _sound:
            return []
        colours = set(await page.evaluate(_COLOURS))
        found: tuple[list[Any], list[str]] = await page.evaluate(_JUDGE, bool(colours - _judged_colours))
    except Error as error:
        if any(part in error.message for part in _LOADED_AGAIN):
            return None
        raise
    violations, judged = found
    if not violations:
        _sound.add(seen)
        _judged_colours.update(judged)
    return violations


@asynccontextmanager
async def person_at(browser: Browser, origin: str, window: Window, **options: Any) -> AsyncIterator[Person]:
    """Somebody who is not signed in; `options` as `Browser.new_context` takes them."""
    context = await open_window(browser, origin, window, java_script_enabled=window.scripts, **options)
    others: list[BrowserContext] = []
    try:
        person = Person(await context.new_page(), window, origin)
        if not window.scripts:
            others.append(await open_window(browser, origin, window))
            person.second = await others[0].new_page()

        def listen(message: ConsoleMessage) -> None:
            if message.type == "error" and message.location.get("url", origin).startswith(origin):
                person.console.append(message.text)

        person.page.on("console", listen)
        person.page.on("pageerror", lambda error: person.console.append(str(error)))
        yield person
    finally:
        for each in (context, *others):
            await each.close()


async def open_window(browser: Browser, origin: str, window: Window, **options: Any) -> BrowserContext:
    """A browser's own cookies, language and width."""
    locale = {"en": "en-GB", "fr": "fr-FR"}[window.language]
    size: Any = {"width": window.width, "height": window.height}
    context = await browser.new_context(base_url=origin, locale=locale, viewport=size, **options)
    # Once for all its pages: to send axe-core to each takes as long as to run it on a small one.
    await context.add_init_script(script=_AXE_CORE)
    return context
