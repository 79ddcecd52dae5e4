"""The pages of docs/runbooks, as somebody reads them who follows one."""

import functools
import pathlib
import re

FOLDER = pathlib.Path("docs/runbooks")
FENCED = re.compile(r"^ *```\w*\n(.*?)^ *```$", re.M | re.S)
INLINE = re.compile(r"`([^`]+)`")
TESTED = "## How this was tested"


class Page:
    def __init__(self, path):
        self.path, self.text = path, path.read_text()
        fenced = FENCED.findall(self.text)
        inline = INLINE.findall(FENCED.sub("", self.text))
        self.pieces = [" ".join(piece.split()) for piece in [*fenced, *inline]]

    @classmethod
    @functools.lru_cache
    def of(cls, alert):
        return cls(FOLDER / f"{alert}.md")

    def code(self, beginning, blanks):
        """The code on the page that begins so, with its `<blanks>` filled in."""
        found = [piece for piece in self.pieces if piece.startswith(beginning)]
        if not found:
            raise ValueError(f"{self.path.name} has nothing that begins with {beginning!r}")
        text = found[0]
        for name, value in blanks.items():
            text = text.replace(f"<{name}>", str(value))
        if left := re.search(r"<[a-z_ ]+>", text):
            raise ValueError(f"{self.path.name}: nothing was filled in for {left.group()}")
        return text

    def tested(self):
        """What it says of its own test, on one line."""
        return " ".join(self.text.partition(TESTED)[2].split())

    def write_tested(self, text):
        self.path.write_text(f"{self.text.partition(TESTED)[0]}{TESTED}\n\n{text}\n")


def alerts():
    """Those that there is a page of."""
    return sorted(path.stem for path in FOLDER.glob("Stevedore*.md"))
