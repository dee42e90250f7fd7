"""Makes the pictures of the README from a fresh demonstration: `python -m tests.browser.screenshots`."""

import io
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

from tests.browser.serving import CHROMIUM, served

IMAGES = Path(__file__).resolve().parents[2] / "docs" / "images"
LARGEST = 150_000  # bytes
HOST = "lists.example.org"  # what citations in the pictures name instead of a port of this machine
COMPARISON = "/lists/cn-cgpc-antivirus/compare/2013-06-27..2014-07-31/"
# Name, address, theme, width and height of the window, and what to scroll to.
PICTURES = (
    ("home", "/", "light", 1280, 860, ""),
    ("comparison-light", COMPARISON, "light", 1280, 1180, ""),
    ("comparison-dark", COMPARISON, "dark", 1280, 1180, ""),
    ("comparison-mobile", COMPARISON, "light", 390, 1100, ".sentence"),
    ("list", "/lists/us-fedramp-high/", "light", 1280, 1540, ""),
    ("evidence", "/snapshots/{founding}/", "light", 1280, 1000, ""),
    ("vendor", "/vendors/kaspersky/", "light", 1280, 1000, ""),
)
LOAD = """
import io
from django.core.management import call_command
from procurement.models import Snapshot
call_command("demo", stdout=io.StringIO())
print('{"founding": %d}' % Snapshot.objects.get(list__slug="cn-cgpc-antivirus", captured_at__date="2014-07-31").pk)
"""


def main() -> None:
    IMAGES.mkdir(exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as folder,
        served(Path(folder), LOAD, ALLOWED_HOSTS=f"localhost,{HOST}") as site,
        sync_playwright() as playwright,
    ):
        mapped = f"--host-resolver-rules=MAP {HOST}:80 {site.url.removeprefix('http://')}"
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--hide-scrollbars", mapped]
        )
        for name, address, theme, width, height, to in PICTURES:
            page = browser.new_page(viewport={"width": width, "height": height}, color_scheme=theme)
            page.goto(f"http://{HOST}{address.format_map(site.loaded)}")
            if to:
                page.locator(to).first.evaluate("element => scrollTo(0, element.offsetTop - 60)")
            size = keep(page.screenshot(), IMAGES / f"{name}.png")
            print(f"{name}.png {size:,} bytes")
            page.close()
        browser.close()


def keep(picture: bytes, path: Path) -> int:
    """Write a picture in as few colours as its size asks for; returns its bytes.

    Raises ValueError for a picture that is too large even so.
    """
    whole = Image.open(io.BytesIO(picture)).convert("RGB")
    for colours in (0, 256, 128, 64):
        # The usual method merges rare colours, and the signs are rare.
        smaller = whole.quantize(colours, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE) if colours else whole
        packed = io.BytesIO()
        smaller.save(packed, "PNG", optimize=True)
        if packed.tell() <= LARGEST:
            return path.write_bytes(packed.getvalue())
    raise ValueError(f"{path.name} has {packed.tell():,} bytes even in {colours} colours. Make its window smaller.")


if __name__ == "__main__":
    main()
