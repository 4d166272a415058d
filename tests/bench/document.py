"""Results as Markdown: the part of docs/performance.md between its two marks."""
import os
import re

import figures as figures_of
import rivals

BEGIN = "<!-- bench: what follows is written by `make bench` -->"
END = "<!-- bench: end -->"
# A server that uses less of its core than this waited: for the load, or for its messages to travel.
BUSY = 0.9
SPARE = "\\*"
SPARE_MEANS = ("\n\\* The server used less than 90 % of its core: it was the load, or the way there and "
               "back, that\nset the pace. Then the CPU time below tells more.\n")
TITLES = {kind.name: kind.title for kind in rivals.ALL}


def number(value):
    """Three digits that mean something, thousands with commas."""
    if value is None:
        return "–"
    if abs(value) >= 1000:
        return f"{float(f'{value:.3g}'):,.0f}"
    return f"{value:.3g}"


def with_spread(spread, mark=""):
    if spread is None:
        return "–"
    return f"{spread.median:.2f}{mark} ({spread.least:.2f}–{spread.most:.2f})"


def median(spread):
    return number(spread.median) if spread else "–"


def table(head, lines):
    """A table of Markdown; nothing where there are no lines."""
    if not lines:
        return ""
    rule = "| " + " | ".join("---" for _ in head) + " |"
    drawn = ["| " + " | ".join(cells) + " |" for cells in (head, *lines)]
    return "\n".join([drawn[0], rule, *drawn[1:]]) + "\n"


def titles(names):
    return [TITLES.get(name, name) for name in names]


def spare(figures, row, name):
    """A mark where the server was not what held things up."""
    busy = figures.spread(row.name, name, "server", "cores")
    return SPARE if busy and busy.median < BUSY else ""


def ratios(figures, prefix, first):
    """Figures of the bare loop, and the others as ratios to it."""
    names = figures.rivals()
    base = "bare" if "bare" in names else names[0]
    others = [name for name in names if name != base]
    lines = [[row.title, median(figures.spread(row.name, base)) + spare(figures, row, base),
              *(with_spread(figures.ratio(row.name, name, base), spare(figures, row, name))
                for name in others)]
             for row in figures.rows(prefix)]
    drawn = table([first, f"{TITLES.get(base, base)}, a second", *titles(others)], lines)
    return drawn + SPARE_MEANS if SPARE in drawn else drawn


def cpu(figures, prefix, first):
    names = figures.rivals()
    lines = [[row.title, *(median(figures.spread(row.name, name, "server", "cpu_us_each"))
                           for name in names)] for row in figures.rows(prefix)]
    return table([first, *titles(names)], lines)


def times(figures):
    names, lines = figures.rivals(), []
    for row in figures.rows("rate-"):
        rate = figures.results["rates"].get(row.name, 0)
        for quantile in ("p50", "p99", "p99.9", "max"):
            lines.append([f"{row.title}, {rate:,} a second", quantile, *(
                median(figures.spread(row.name, name, "latency_us", quantile))
                for name in names)])
    return table(["load", "µs", *titles(names)], lines)


def idle(figures):
    names = figures.rivals()
    wanted = [
        ("bytes a connection, 2,000 to 18,000", figures.bytes_each),
        ("the same with the tables that they take", figures.bytes_with_tables),
        ("cores, 18,000 idle, no pings", lambda name: figures.spread("idle-cpu", name)),
        ("the same with a ping every 25 s", lambda name: figures.spread("idle-cpu-pings", name)),
        ("µs of CPU an answer, 50 active of 50", lambda name: figures.spread(
            "echo-50-1-12", name, "server", "cpu_us_each")),
        ("the same, 50 active of 18,000", lambda name: figures.spread("active-50-of-18000", name)),
        ("connections opened and closed a second", lambda name: figures.spread("connects", name)),
    ]
    lines = [[title, *(median(of(name)) for name in names)] for title, of in wanted
             if any(of(name) for name in names)]
    return table(["figure", *titles(names)], lines)


def demands(figures):
    lines = []
    for demand in figures_of.demands(figures):
        bound = "at least" if demand.at_least else "at most"
        lines.append([demand.text, f"{bound} {number(demand.wanted)}", number(demand.found),
                      demand.where, "yes" if demand.met() else "**no**"])
    return table(["actd", "to be reached", "found", "where", "met"], lines)


def conditions(results):
    """The machine, the versions, and how it was measured."""
    machine = results["machine"]
    lines = [
        f"{results['rounds']} rounds, {results['seconds']:g} s each after {results['warm']:g} s of "
        f"warming up; {results['at']}. {machine['processor']}, {machine['cores']} cores, "
        f"{machine['memory_kib'] / 2**20:.0f} GiB; {machine['kernel']}, {machine['system']}, "
        f"libwebsockets {machine['libwebsockets']}; load average "
        f"{machine['load_average_at_start']:.2f} at the start.", "",
        *(f"- {TITLES.get(name, name)}: {version}"
          for name, version in results["versions"].items()),
        *(f"- {TITLES.get(name, name)}: left out: {why}"
          for name, why in results["missing"].items()),
    ]
    for failed in results["failed"]:
        lines.append(f"- **failed**: {failed['row']}, {failed['rival']}, round "
                     f"{failed['round'] + 1}: {failed['why']}")
    return "\n".join(lines) + "\n"


def markdown(results, pictures=()):
    """All of it. `pictures` are (title, path) pairs."""
    figures = figures_of.Figures(results)
    shape = "connections / depth / bytes"
    parts = [
        ("", conditions(results)),
        ("### What is to be reached", demands(figures)),
        ("### Answers a second", ratios(figures, "echo-", shape)),
        ("### CPU time of the server for an answer, µs", cpu(figures, "echo-", shape)),
        ("### Time to the answer at a fixed rate", times(figures)),
        ("### One to all: deliveries a second", ratios(figures, "fan-", shape)),
        ("### Connections that say nothing, and that come and go", idle(figures)),
    ]
    text = "\n".join(f"{head}\n\n{body}" if head else body for head, body in parts if body)
    return text + "".join(f"\n![{title}]({path})\n" for title, path in pictures)


def put(text, part):
    """The document with another part between its marks."""
    pattern = re.compile(re.escape(BEGIN) + ".*?" + re.escape(END), re.S)
    if len(pattern.findall(text)) != 1:
        raise ValueError(f"expected the marks {BEGIN} and {END} once each")
    return pattern.sub(lambda _: f"{BEGIN}\n\n{part}\n{END}", text)


def write(results, path):
    """Draws the plots beside the document, and puts the figures between its marks."""
    import plots  # here, since the figures need no library
    text = path.read_text(encoding="utf-8")
    pictures = plots.draw(figures_of.Figures(results), path.parent / "plots")
    staged = path.with_suffix(".new")
    staged.write_text(put(text, markdown(results, [
        (title, file.relative_to(path.parent).as_posix()) for title, file in pictures])),
        encoding="utf-8")
    os.replace(staged, path)
