"""One measurement: a fresh server on one core, `actctl bench` on another, the object it prints."""
import json
import subprocess

PATIENCE = 120.0  # seconds beyond the measurement itself until the load counts as hung


class Failed(Exception):
    """The load was not served rightly: an answer that was wrong, missing or late, or no server."""


def call(build, server, arguments, seconds, warm, cpu=None):
    """Loads a running server; the object that actctl prints, with every answer verified."""
    pin, awake = [], []
    if cpu is not None:
        pin, awake = ["taskset", "-c", str(cpu)], ["--spin"]
    command = [*pin, str(build / "bin/actctl"), "bench", server.url, "--json", "-s", str(seconds),
               "--warm", str(warm), "--pid", str(server.pid), "--timeout", "30", *awake,
               *arguments]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False,
                              timeout=seconds + warm + PATIENCE)
    except subprocess.TimeoutExpired as why:
        raise Failed(f"{' '.join(command)}: no end in sight") from why
    if done.returncode != 0:
        raise Failed(f"{' '.join(command)}: exit code {done.returncode}: {done.stderr.strip()}")
    return json.loads(done.stdout)


def one(build, rival, row, rate, seconds, warm, cpus):
    """Starts the server anew, loads it as the row says, and ends it."""
    arguments = list(row.arguments)
    if row.rate_of:
        arguments += ["--rate", str(rate)]
    server_cpu, load_cpu = cpus
    with rival.running(row, server_cpu) as server:
        return call(build, server, arguments, max(seconds, row.seconds), max(warm, row.warm),
                    load_cpu)
