"""What a plugin keeps in the server (act.kv/1) outlives its generations, within bounds."""

from harness import ServerCase, eventually, main
from rawws import Client

PUT, GET, COUNT, KEYS, BIRTHS = range(2600, 2605)
GONE, BUSY = "rc -1", "rc -2"


class Kv(ServerCase):

    def open(self, **config):
        self.server = self.serve("keeper", config=config)
        self.client = Client(self.server.port)
        self.addCleanup(self.client.sock.close)

    def put(self, key, value, ttl_ms=0):
        return self.client.text(PUT, f"{key} {ttl_ms} {value}")

    def test_through_reloads(self):
        self.open()
        for number in range(100):
            self.assertEqual(self.put(f"k{number}", f"value {number}"), "rc 0")
        for number in range(1, 21):
            reload = self.server.sighup({"plugins": {"keeper": {"number": number}}})
            self.assertTrue(reload.plugins["keeper"].startswith("replaced "), reload.text)
            self.assertEqual(self.client.text(COUNT), str(number))
            self.assertEqual(self.client.text(BIRTHS), str(number + 1))
            self.assertEqual(self.client.text(KEYS, "k"), "100")
            self.assertEqual(self.client.text(GET, "k42"), "value 42")

    def test_another_build(self):
        self.open()
        self.put("a", "old")
        self.server.install("keeper_next", "keeper")
        reload = self.server.sighup()
        self.assertRegex(reload.plugins["keeper"], r"^replaced 1\.0 .* by 2\.0 ")
        self.assertEqual(self.client.text(GET, "a"), "old")
        self.put("a", "new")
        self.server.install("keeper")
        self.assertEqual(self.server.sighup().verdict, "taken")
        self.assertEqual(self.client.text(GET, "a"), "new")

    def test_gone_and_back(self):
        self.open()
        self.put("a", "kept")
        self.server.remove("keeper")
        self.assertTrue(self.server.sighup().plugins["keeper"].startswith("retired"))
        self.server.wait_log(r"plugin keeper \(generation \d+\): unloaded")
        self.server.install("keeper")
        self.assertTrue(self.server.sighup().plugins["keeper"].startswith("loaded"))
        self.assertEqual(self.client.text(GET, "a"), "kept")

    def test_not_through_the_end_of_the_server(self):
        self.open()
        self.put("a", "kept")
        self.client.sock.close()
        self.server.stop()
        self.server.start()
        self.client = Client(self.server.port)
        self.assertEqual(self.client.text(GET, "a"), GONE)
        self.client.sock.close()

    def test_a_time(self):
        self.open()
        self.put("long", "x", 3600000)
        self.put("short", "x", 1)
        eventually(lambda: self.client.text(GET, "short") == GONE, "the end of its time")
        self.assertEqual(self.client.text(GET, "long"), "x")

    def test_bounds_change_with_a_reload(self):
        self.open(limits={"kv_entries": 3})
        self.assertEqual([self.put(key, "x") for key in "abc"], ["rc 0", "rc 0", BUSY])
        reload = self.server.sighup({"limits": {"kv_entries": 4, "kv_bytes": 17}})
        self.assertEqual(reload.plugins["keeper"], "unchanged")
        # "births" and its 8 bytes, and two times 2: one byte less than the bound.
        self.assertEqual(self.put("c", ""), BUSY)
        self.server.sighup({"limits": {"kv_entries": 4, "kv_bytes": 19}})
        self.assertEqual(self.put("c", ""), "rc 0")
        self.assertEqual(self.put("d", ""), BUSY)
        self.assertEqual(self.client.text(GET, "a"), "x")

    def test_a_server_without_room_for_any(self):
        self.server = self.serve(config={"limits": {"kv_entries": 0}})
        self.server.install("keeper")
        reload = self.server.sighup()
        self.assertIn("create failed (-8)", reload.plugins["keeper"])


if __name__ == "__main__":
    main()
