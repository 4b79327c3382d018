"""What every page must be: whole, and in need of nothing from outside."""

import re
import xml.etree.ElementTree as ET
from html.parser import HTMLParser

from container.report.model.page import Report

WITHOUT_END = ("meta", "br", "path", "rect", "circle")
AWKWARD = "</style><script>alert('1')</script> \"q\" & <b>more</b>"
NO_PLACE = re.compile(r"\b(nan|inf)\b")  # where a number should be
WITHIN = ("#", "../prepared/report.html")  # where a link may lead


class Tags(HTMLParser):
    """Every tag of a page, and whether all that were opened are closed."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        if tag not in WITHOUT_END:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def is_whole_and_loads_nothing(html: str) -> bool:
    """Whether each tag is closed, nothing is fetched or run, and links stay within the run's own pages."""
    tags = Tags(html)
    outside = [
        tag
        for tag, attrs in tags.found
        if tag in ("script", "link", "img", "iframe", "use", "image", "object", "form", "base") or "src" in attrs
    ]
    links = [attrs["href"] or "" for _, attrs in tags.found if "href" in attrs]
    handlers = [name for _, attrs in tags.found for name in attrs if name.startswith("on")]
    stays = all(link.startswith(WITHIN) for link in links)
    return not tags.open and not outside and not handlers and stays and "url(" not in html and "@import" not in html


def text(html: str) -> str:
    """What a reader sees, tags and runs of space aside."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", html.split("</style>", 1)[1]))


def are_pictures_of_their_own(made: Report) -> bool:
    """Whether each plot is well-formed, has its colours in it, and refers to nothing."""
    for plot in made.plots:
        text = plot.standalone
        assert ET.fromstring(text).tag == "{http://www.w3.org/2000/svg}svg", plot.name
        assert "var(" not in text
        assert "href" not in text
        assert not NO_PLACE.search(text), plot.name
        assert 'fill="#fff"' in text
    return True
