"""What /proc tells about a process (proc(5)); all numbers are of this moment."""

import os
import pathlib
import re


def status_kib(pid, field):
    """A line of /proc/PID/status in KiB: "VmRSS" for what is resident, "VmHWM" for its peak."""
    text = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(re.search(rf"^{field}:\s+(\d+) kB$", text, re.M).group(1))


def resident_bytes(pid):
    """What is resident, page by page: the sums in /proc/PID/status lag behind by some pages a CPU."""
    text = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text()
    return int(re.search(r"^Rss:\s+(\d+) kB$", text, re.M).group(1)) * 1024


def descriptors(pid):
    """What each open descriptor leads to."""
    links = {}
    for name in os.listdir(f"/proc/{pid}/fd"):
        try:
            links[int(name)] = os.readlink(f"/proc/{pid}/fd/{name}")
        except FileNotFoundError:
            pass  # closed between the two calls
    return links


def mapped_files(pid):
    """The path of each file-backed mapping, one entry a mapping."""
    paths = []
    for line in pathlib.Path(f"/proc/{pid}/maps").read_text().splitlines():
        fields = line.split(maxsplit=5)
        if len(fields) == 6 and fields[5].startswith("/"):
            paths.append(fields[5])
    return paths


def mapping_count(pid):
    return len(pathlib.Path(f"/proc/{pid}/maps").read_text().splitlines())


def threads(pid):
    return sorted(int(name) for name in os.listdir(f"/proc/{pid}/task"))


def children(pid):
    """The process ids of its children, zombies among them."""
    found = []
    for task in threads(pid):
        text = pathlib.Path(f"/proc/{pid}/task/{task}/children").read_text()
        found += [int(child) for child in text.split()]
    return found
