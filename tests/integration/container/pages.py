"""What every page must be: whole, and in need of nothing from outside."""

from html.parser import HTMLParser

WITHOUT_END = ("meta", "br", "path", "rect", "circle")
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
