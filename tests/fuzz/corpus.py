#!/usr/bin/python3
"""Makes the seeds that no editor can write: compressed messages, and scripts of what a client sends
(script.h).

    corpus.py            writes them into corpus/
    corpus.py --check    says what there differs from what it would write, and changes nothing

Other files in corpus/ are kept by hand: all of corpus/config, and those named found-*, which are
what the fuzzers have found. Names tell what a file is; the fuzzers do not look at them. The seeds
of plugin files are made with the build (elf_seeds.py).
"""
import pathlib
import sys

import deflate_seeds
import script_seeds

CORPUS = pathlib.Path(__file__).resolve().parent / "corpus"


def seeds():
    """{path below corpus/: bytes}"""
    folders = {"deflate": deflate_seeds.files(), **script_seeds.folders()}
    return {f"{folder}/{name}": content for folder, files in folders.items()
            for name, content in files.items()}


def differences(made):
    """Sentences about files that are not as they should be."""
    folders = {path.split("/")[0] for path in made}
    kept = {path.relative_to(CORPUS).as_posix(): path for folder in folders
            for path in (CORPUS / folder).iterdir() if not path.name.startswith("found-")}
    for path in sorted(made.keys() | kept.keys()):
        if path not in made:
            yield f"corpus/{path}: nothing makes it: name it found-… or let corpus.py make it"
        elif path not in kept:
            yield f"corpus/{path}: is missing: run corpus.py"
        elif kept[path].read_bytes() != made[path]:
            yield f"corpus/{path}: differs from what corpus.py makes: run corpus.py"


def main():
    made = seeds()
    if sys.argv[1:] == ["--check"]:
        wrong = list(differences(made))
        print("\n".join(wrong) if wrong else f"{len(made)} seeds are as they should be")
        return 1 if wrong else 0
    if sys.argv[1:]:
        print(__doc__, file=sys.stderr)
        return 2
    for path, content in made.items():
        (CORPUS / path).parent.mkdir(parents=True, exist_ok=True)
        (CORPUS / path).write_bytes(content)
    return 0


if __name__ == "__main__":
    sys.exit(main())
