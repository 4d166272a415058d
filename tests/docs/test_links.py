#!/usr/bin/python3
"""Each link from one of the documents to a file, a folder or a heading of this project leads there."""
import pathlib
import re
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
FENCE = re.compile(r"^```.*?^```$", re.M | re.S)
HEADING = re.compile(r"^#+ +(.+?) *$", re.M)


def pages():
    return sorted([ROOT / "README.md", *(ROOT / "docs").glob("*.md")])


def prose(page):
    """A page without its fenced blocks, where a bracket is no link and '#' no heading."""
    return FENCE.sub("", page.read_text(encoding="utf-8"))


def anchor(heading):
    """What a heading is linked as: lower case, no punctuation, dashes for blanks."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


class Links(unittest.TestCase):
    def test_lead_somewhere(self):
        checked = 0
        for page in pages():
            for link in LINK.findall(prose(page)):
                if re.match(r"[a-z]+:", link):
                    continue
                checked += 1
                path, _, heading = link.partition("#")
                target = (page.parent / path).resolve() if path else page
                with self.subTest(page=page.relative_to(ROOT).as_posix(), link=link):
                    self.assertTrue(target.exists(), "there is no such file")
                    if heading:
                        anchors = [anchor(text) for text in HEADING.findall(prose(target))]
                        self.assertIn(heading, anchors)
        self.assertGreater(checked, 20)

    def test_each_page_is_in_the_index(self):
        index = LINK.findall(prose(ROOT / "docs/README.md"))
        for page in (ROOT / "docs").glob("*.md"):
            if page.name != "README.md":
                self.assertIn(page.name, index)


if __name__ == "__main__":
    unittest.main()
