"""A plugin that talks to another server over a descriptor that its home loop watches (act.poll/1):
each call is answered once, also while the plugin is replaced again and again."""

import json
import socket
import threading

from harness import DEADLINE, ServerCase, eventually, main
from rawws import Client

ASK, HOLD = 2610, 2611


class BackEnd:
    """Answers each line with "answer:" before it, several at a time and after a moment."""

    def __init__(self, pause=0.002):
        self.pause, self.ended = pause, threading.Event()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.connections, self.threads, self.heard = [], [], b""
        self.thread = threading.Thread(target=self._accept)
        self.thread.start()

    def _accept(self):
        while True:
            try:
                connection = self.listener.accept()[0]
            except OSError:
                return
            self.connections.append(connection)
            thread = threading.Thread(target=self._serve, args=(connection,))
            self.threads.append(thread)
            thread.start()

    def _serve(self, connection):
        rest = b""
        try:
            while piece := connection.recv(65536):
                self.heard = rest + piece
                self.ended.wait(self.pause)
                *lines, rest = (rest + piece).split(b"\n")
                connection.sendall(b"".join(b"answer:" + line + b"\n" for line in lines))
        except OSError:
            pass

    def hang_up(self):
        for connection in self.connections:
            connection.shutdown(socket.SHUT_RDWR)

    def end(self):
        self.ended.set()
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.thread.join(DEADLINE)
        for connection in self.connections:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
        for thread in self.threads:
            thread.join(DEADLINE)
        for connection in self.connections:
            connection.close()


class Poll(ServerCase):

    def open(self, **config):
        self.back = BackEnd()
        self.addCleanup(self.back.end)
        self.server = self.serve("relay", config={
            "plugins": {"relay": {"port": self.back.port}}, **config})

    def client(self):
        client = Client(self.server.port)
        self.addCleanup(client.sock.close)
        return client

    def another(self, number):
        """Replaces the plugin by another generation of itself."""
        reload = self.server.sighup({"plugins": {"relay": {"port": self.back.port, "n": number}}})
        self.assertTrue(reload.plugins["relay"].startswith("replaced "), reload.text)

    def assert_nothing_stale(self):
        self.assertNotIn("stale", self.server.tail(10000))

    def test_a_call(self):
        self.open()
        client = self.client()
        self.assertEqual(client.text(ASK, "x"), "answer:x")
        self.assertEqual(client.text(ASK, "y" * 20000), "answer:" + "y" * 20000)

    def test_through_reloads(self):
        self.open()
        wrong, asked, enough = [], [], threading.Event()

        def talk(client, name):
            count = 0
            while not enough.is_set():
                answer = client.text(ASK, f"{name}:{count}")
                if answer != f"answer:{name}:{count}":
                    wrong.append(answer)
                count += 1
            asked.append(count)

        talkers = [threading.Thread(target=talk, args=(self.client(), name)) for name in range(6)]
        for talker in talkers:
            talker.start()
        try:
            for number in range(20):
                self.another(number)
        finally:
            enough.set()
            for talker in talkers:
                talker.join(DEADLINE)
        self.assertEqual(wrong, [])
        self.assertEqual(len(asked), 6)
        self.assertGreater(min(asked), 0)
        self.assert_nothing_stale()

    def test_no_event_after_stop(self):
        self.open(drain_ms=1000)
        holding, client = self.client(), self.client()
        holding.ask(HOLD)
        self.assertEqual(client.text(ASK, "x"), "answer:x")
        old = self.back.connections[0]
        self.another(1)
        # The old generation lives on for the sake of the call that it holds.
        for number in range(50):
            try:
                old.sendall(b"noise\n")
            except (BrokenPipeError, ConnectionResetError):
                pass  # its stop() has closed it
            self.assertEqual(client.text(ASK, str(number)), f"answer:{number}")
        self.assertEqual(json.loads(holding.reply()[1])["error"]["name"], "unavailable")
        self.server.wait_log(r"plugin relay \(generation \d+\): unloaded")
        self.assertEqual(client.text(ASK, "z"), "answer:z")
        self.assert_nothing_stale()

    def test_the_back_end_goes(self):
        self.open()
        client = self.client()
        self.assertEqual(client.text(ASK, "x"), "answer:x")
        self.back.pause = 60  # it does not answer any more, until it is ended
        client.ask(ASK, "y")
        eventually(lambda: self.back.heard == b"y\n", "the call on its way")
        other = self.client()
        self.back.hang_up()
        self.assertEqual(json.loads(client.reply()[1])["error"]["name"], "unavailable")
        self.assertEqual(other.error(ASK, "z")["name"], "overloaded")
        self.back.pause = 0.002
        self.another(1)
        self.assertEqual(client.text(ASK, "x"), "answer:x")


if __name__ == "__main__":
    main()
