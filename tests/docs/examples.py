"""Takes the C examples out of the documents: each fenced block marked `c` is a whole file, and its
first line names it ("/* hello.c: ...")."""
import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGES = ["README.md", "docs/writing-a-plugin.md"]
BLOCK = re.compile(r"^```c\n(.*?)^```$", re.M | re.S)
NAME = re.compile(r"/\* ([a-z_]+)\.c: ")


def examples():
    """{name: (page, line, source)} of all C examples; ValueError where one cannot be told apart."""
    found = {}
    for page in PAGES:
        text = (ROOT / page).read_text(encoding="utf-8")
        for block in BLOCK.finditer(text):
            line = text.count("\n", 0, block.start()) + 2
            name = NAME.match(block.group(1))
            if name is None:
                raise ValueError(f'{page}:{line}: a C example begins with "/* name.c: what it is"')
            if name.group(1) in found:
                raise ValueError(f"{page}:{line}: there is an example {name.group(1)}.c already")
            found[name.group(1)] = (page, line, block.group(1))
    return found
