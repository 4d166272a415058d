"""Pictures of the figures, as SVG, by matplotlib (Debian: python3-matplotlib)."""
import sys

try:
    import matplotlib
    matplotlib.use("svg")
    from matplotlib import pyplot
except ImportError:
    pyplot = None

import rivals

TITLES = {kind.name: kind.title for kind in rivals.ALL}
# Colours that are told apart by whoever sees few of them; actd's stands out.
COLOURS = {"bare": "#999999", "actd": "#d55e00", "gorilla": "#56b4e9", "gorilla-gather": "#0072b2",
           "node-ws": "#009e73", "bun": "#cc79a7"}
WIDTH = 0.8  # of a group of bars


def bars(axes, groups, series):
    """Groups of bars side by side. `series`: name: a spread for each group, or None."""
    width = WIDTH / max(1, len(series))
    for place, (name, spreads) in enumerate(series.items()):
        here = [(at, spread) for at, spread in enumerate(spreads) if spread is not None]
        at = [group - WIDTH / 2 + (place + 0.5) * width for group, _ in here]
        middle = [spread.median for _, spread in here]
        reach = [[spread.median - spread.least for _, spread in here],
                 [spread.most - spread.median for _, spread in here]]
        axes.bar(at, middle, width, yerr=reach, label=TITLES.get(name, name),
                 color=COLOURS.get(name), error_kw={"linewidth": 0.6})
    axes.set_xticks(range(len(groups)), groups, rotation=30, ha="right", fontsize=8)
    axes.grid(axis="y", linewidth=0.3)
    axes.set_axisbelow(True)


def save(figure, path):
    path.parent.mkdir(parents=True, exist_ok=True)
    # No date and no random ids: the same figures are the same file.
    figure.savefig(path, metadata={"Date": None}, bbox_inches="tight")
    pyplot.close(figure)


def picture(figures, path, title, unit, groups, of, logarithmic=False):
    """One picture: for each server and each group what of(group, server) says."""
    series = {name: [of(group, name) for group in groups] for name in figures.rivals()}
    series = {name: spreads for name, spreads in series.items() if any(spreads)}
    if not series:
        return None
    figure, axes = pyplot.subplots(figsize=(9, 4))
    bars(axes, [getattr(group, "title", group) for group in groups], series)
    axes.set_ylabel(f"{unit}, logarithmic" if logarithmic else unit)
    axes.set_title(title, fontsize=10)
    if logarithmic:
        axes.set_yscale("log")
    axes.legend(fontsize=8, ncols=len(series), loc="upper center", bbox_to_anchor=(0.5, -0.3))
    save(figure, path)
    return title, path


def draw(figures, folder):
    """Draws what there are figures for; (title, path) of each picture."""
    if pyplot is None:
        print("bench: NO PLOTS: apt-get install python3-matplotlib", file=sys.stderr)
        return []
    pyplot.rcParams["svg.hashsalt"] = "actd"
    own = figures.spread
    small = [row for row in figures.rows("echo-") if row.name.endswith("-12")]
    wanted = [
        picture(figures, folder / "bench-echo.svg",
                "Answers a second: connections / depth / bytes (medians, least and most)",
                "answers a second", small, lambda row, name: own(row.name, name), True),
        picture(figures, folder / "bench-fan.svg",
                "One to all: receivers / depth / bytes", "deliveries a second",
                figures.rows("fan-"), lambda row, name: own(row.name, name)),
        picture(figures, folder / "bench-rate.svg",
                "99 of 100 answers come within, at one rate for all", "µs",
                figures.rows("rate-"), lambda row, name: own(row.name, name), True),
        picture(figures, folder / "bench-memory.svg", "Memory of an idle connection", "bytes",
                ["2,000 to 18,000 connections"],
                lambda _, name: figures.bytes_each(name), True),
    ]
    return [made for made in wanted if made]
