"""The numbers: exactly right after known traffic, and as Prometheus wants them."""

import re
import subprocess

import admin
import probe
import secure
from harness import DEADLINE, ROOT, ServerCase, eventually, main
from programs import need
from rawws import TEXT, BINARY, CLOSE, Client, client_frame, close_body


class Numbers(ServerCase):

    def calls(self, server):
        """actd_calls_total without the generation: {(plugin, action, status): count}, zeros left out."""
        found = admin.Metrics(server).family("actd_calls_total")
        return {(plugin, action, status): value
                for (plugin, _, action, status), value in found.items() if value}

    def test_messages_and_bytes(self):
        server = self.serve(config={"threads": 1})
        with Client(server.port) as one, Client(server.port) as two:
            for client in (one, two):
                for _ in range(10):
                    client.text(1, "hello")
            one.error(77, "nobody")
            metrics = admin.Metrics(server)
            self.assertEqual(metrics["actd_connections"], 2)
            one.bye()
            two.bye()
        self.assertEqual(metrics["actd_connections_opened_total"], 2)
        self.assertEqual(metrics["actd_messages_received_total"], 21)
        self.assertEqual(metrics["actd_received_bytes_total"], 20 * 9 + 10)
        self.assertEqual(metrics["actd_messages_sent_total"], 21)
        self.assertEqual(metrics.family("actd_messages_unrouted_total"),
                         {("unknown_action",): 1})
        label = '{plugin="echo",generation="1",action="echo"}'
        self.assertEqual(metrics["actd_call_request_bytes_total" + label], 100)
        self.assertEqual(metrics["actd_call_reply_bytes_total" + label], 100)
        self.assertEqual(metrics["actd_call_duration_seconds_count" + label], 20)
        self.assertEqual(self.calls(server), {("echo", "echo", "ok"): 20})
        eventually(lambda: admin.Metrics(server)["actd_connections"] == 0, "all are gone")
        loops = admin.status(server)["loops"]
        self.assertEqual([loop["connections"] for loop in loops], [0])

    def test_every_end_once(self):
        server = self.serve("probe", config={"threads": 2, "actions": {
            str(probe.ME): "probe.me",
            str(probe.HOLD): {"action": "probe.hold", "deadline_ms": 600000},
            "5": {"action": "probe.me", "rate_per_s": 0.001, "rate_burst": 1}}})
        with probe.Probe(server.port) as client, probe.Probe(server.port) as other:
            client.text(5)
            self.assertEqual(client.error(5)["name"], "rate_limited")
            client.error(probe.RC, "-3")
            client.error(probe.PRIVATE)
            client.ask(probe.HOLD, "mine")
            eventually(lambda: admin.Metrics(server)[
                'actd_calls_open{plugin="probe",generation="1"}'] == 1, "the call is open")
            client.sock.close()
            eventually(lambda: self.calls(server).get(("probe", "hold", "gone")), "it is gone")
            other.ask(probe.NOTE, "no answer")
            other.me()
        calls = self.calls(server)
        self.assertEqual(calls.pop(("probe", "me", "ok")), 2)
        self.assertEqual(calls, {
            ("probe", "me", "rate_limited"): 1, ("probe", "rc", "payload_refused"): 1,
            ("probe", "private", "not_logged_in"): 1, ("probe", "hold", "gone"): 1,
            ("probe", "note", "ok"): 1})
        self.assertEqual(admin.Metrics(server)[
            'actd_calls_open{plugin="probe",generation="1"}'], 0)

    def test_closes_by_their_reason(self):
        server = self.serve(config={"limits": {"message_bytes": 100, "reply_bytes": 1024}})
        for opcode, payload in ((TEXT, b"text"), (BINARY, b"ab")):
            with Client(server.port) as client:
                client.send(client_frame(opcode, payload))
                client.closed()
        with Client(server.port) as client:
            client.send(client_frame(BINARY, bytes(200)))
            self.assertEqual(client.closed().code, 1009)
        with Client(server.port) as client:
            client.send(client_frame(CLOSE, close_body(1000)))
            client.closed()
        self.assertEqual(admin.Metrics(server).family("actd_connections_closed_total"), {
            ("expired",): 0, ("protocol",): 2, ("silent",): 0, ("too_big",): 1,
            ("too_slow",): 0})

    def test_a_generation_that_ended_is_still_told(self):
        server = self.serve("echo")
        server.install("good_a", "swap")
        self.assertEqual(admin.reload(server)["verdict"], "taken")
        with Client(server.port) as client:
            client.text(2000, "x")
            since = server.mark()
            server.install("good_b", "swap")
            self.assertEqual(admin.reload(server)["verdict"], "taken")
            server.wait_log(r"plugin swap \(generation 2\): unloaded", since)
            client.text(2000, "x")
        metrics = admin.Metrics(server)
        calls = {labels[1:]: value for labels, value in metrics.family("actd_calls_total").items()
                 if labels[0] == "swap" and value}
        self.assertEqual(calls, {("2", "which", "ok"): 1, ("3", "which", "ok"): 1})
        self.assertNotIn('actd_calls_open{plugin="swap",generation="2"}', metrics)
        self.assertEqual(metrics["actd_generations_draining"], 0)
        self.assertEqual([plugin["generation"] for plugin in admin.status(server)["plugins"]
                          if plugin["name"] == "swap"], [3])
        self.assertEqual(metrics.family("actd_reloads_total"),
                         {("taken",): 2, ("partial",): 0, ("refused",): 0,
                          ("rolled_back",): 0, ("promoted",): 0})

    def test_a_loop_that_lags_shows(self):
        server = self.serve("stubborn", config={"threads": 1})
        name = 'actd_loop_lag_seconds_bucket{loop="0",le="0.25"}'
        with Client(server.port) as client:
            client.ask(2401, "gate")
            server.wait_log("gate waits")
            stuck, begun = admin.Metrics(server), admin.status(server)["uptime_s"]
            eventually(lambda: admin.status(server)["uptime_s"] > begun + 1, "a second passes")
            (server.data("stubborn") / "gate.go").touch()
            client.reply()

        def slow():
            now = admin.Metrics(server)
            count = 'actd_loop_lag_seconds_count{loop="0"}'
            return now[count] - now[name] > stuck[count] - stuck[name]
        eventually(slow, "a tick that came more than 250 ms too late")


class Format(ServerCase):

    def check(self, server):
        need("promtool", "prometheus")
        text = admin.Metrics(server).text
        done = subprocess.run(["promtool", "check", "metrics"], input=text, text=True,
                              capture_output=True, timeout=DEADLINE)
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))

    def test_promtool_is_content(self):
        server = self.serve("echo", "probe")
        self.check(server)
        with Client(server.port) as client:
            client.text(1, "x")
            client.error(77)
            client.error(probe.RC, "-9")
        server.install("good_a", "swap")
        admin.reload(server)
        server.remove("swap")
        admin.reload(server)
        self.check(server)


class Documented(ServerCase):

    def test_every_metric_with_its_type_and_labels(self):
        server = self.serve(config={"check": True, "tls": secure.settings()})
        text = admin.Metrics(server).text
        found = {}
        for name, kind in re.findall(r"^# TYPE (\S+) (\S+)$", text, re.M):
            line = re.search(rf"^{name}(?:_bucket)?(?:{{(.*?)}})? ", text, re.M)
            labels = re.findall(r'(\w+)="', line.group(1) or "")
            found[name] = (kind, [label for label in labels if label != "le"])
        rows = re.findall(r"^\| `(actd_\w+)` \| (\w+) \|([^|]*)\|",
                          (ROOT / "docs/operating.md").read_text(), re.M)
        told = {name: (kind, re.findall(r"`(\w+)`", labels)) for name, kind, labels in rows}
        self.assertEqual(found, told)


if __name__ == "__main__":
    main()
