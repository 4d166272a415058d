"""The server's side of RFC 6455 and RFC 7692, case by case. The tables are in rfc_*.py; what they
expect comes from the RFCs, by section. Legal conversations are held by clients that are not ours;
what these would never send comes from a raw socket.
"""

import asyncio
import concurrent.futures
import json

import programs
import rfc_closing
import rfc_deflate
import rfc_frames
import rfc_scripts
import rfc_text
from harness import SANITIZERS, Server, ServerCase, main
from rawws import BINARY, Client
from rfc_rows import LIMIT
from rfc_talk import CROWD, TLS, hold_all, short, wanted

CONFIG = {"limits": {"message_bytes": LIMIT}, "deflate": {"enabled": True}, "close_ms": 1000}


class Conformance(ServerCase):
    """One server for all."""

    server = None

    @classmethod
    def setUpClass(cls):
        if Conformance.server is None:
            Conformance.server = Server(("echo",), CONFIG).start()

    def hold(self, rows, **options):
        """Each row on a connection of its own; what failed is told by name."""
        count = 0
        for row, heard in hold_all(self.server.port, rows, **options):
            count += 1
            with self.subTest(row.name, section=row.section):
                if isinstance(heard, Exception):
                    raise heard
                want = [short(one) for one in wanted(row)]
                if short(heard) not in want:
                    self.assertEqual(short(heard), want[0])
        self.assertGreater(count, 0)


def tearDownModule():
    server, Conformance.server = Conformance.server, None
    if server is None:
        return
    try:
        server.stop()
    finally:
        server.discard()


class Frames(Conformance):

    def test_lengths(self):
        self.hold(rfc_frames.lengths())

    def test_masks(self):
        self.hold(rfc_frames.masks())

    def test_reserved(self):
        self.hold(rfc_frames.reserved())

    def test_control(self):
        self.hold(rfc_frames.control())

    def test_fragmentation(self):
        self.hold(rfc_frames.fragmentation())

    def test_limits(self):
        self.hold(rfc_frames.limits())


class Text(Conformance):

    def test_good(self):
        self.hold(rfc_text.good())

    def test_bad(self):
        self.hold(rfc_text.bad())

    def test_as_it_comes(self):
        self.hold(rfc_text.as_it_comes())


class Closing(Conformance):

    def test_by_the_client(self):
        self.hold(rfc_closing.by_the_client())

    def test_by_the_server(self):
        self.hold(rfc_closing.by_the_server(), path="/serv/", in_turn=True)

    def test_codes(self):
        few = TLS or SANITIZERS  # where each connection costs more
        codes = sorted(rfc_closing.EDGES if few else rfc_closing.EDGES.union(range(5001)))
        self.hold(map(rfc_closing.code_row, codes))


class Deflate(Conformance):

    def test_examples(self):
        self.hold(rfc_deflate.examples(), offer=rfc_deflate.PMD)

    def test_blocks(self):
        self.hold(rfc_deflate.blocks(), offer=rfc_deflate.PMD)

    def test_mixed(self):
        self.hold(rfc_deflate.mixed(), offer=rfc_deflate.PMD)

    def test_faults(self):
        self.hold(rfc_deflate.faults(), offer=rfc_deflate.PMD)

    def test_sizes(self):
        self.hold(rfc_deflate.sizes(), offer=rfc_deflate.PMD)

    def agree(self, offer):
        """The answer to an offer; what is agreed is kept to, in both directions."""
        with Client(self.server.port, "/echo", Sec_WebSocket_Extensions=offer) as client:
            agreed = client.answer.headers.get("sec-websocket-extensions")
            far = rfc_deflate.FAR
            if agreed is None:
                client.send(rfc_deflate.client_frame(BINARY, far))
            else:
                client.send(rfc_deflate.marked(rfc_deflate.deflated(far)))
            got = client.frame()
            heard = got.payload
            if agreed is not None:
                heard = rfc_deflate.opened(heard, rfc_deflate.window(agreed))
            client.bye()
            return agreed, got.rsv, heard == far

    def offer(self, offers):
        offers = list(offers)
        with concurrent.futures.ThreadPoolExecutor(CROWD) as pool:
            found = list(pool.map(self.agree, (offer for offer, _ in offers)))
        for (offer, answer), heard in zip(offers, found):
            with self.subTest(offer):
                self.assertEqual(heard, (answer, 0 if answer is None else 4, True))

    def test_offers_in_all_combinations(self):
        self.offer(rfc_deflate.combinations())

    def test_odd_offers(self):
        self.offer(rfc_deflate.odd_offers())


class ByOthers(Conformance):
    """The same scripts by clients that are not ours."""

    def setUp(self):
        self.url = self.server.url("/echo")
        self.scripts = [each for each in rfc_scripts.scripts()
                        if not TLS or rfc_scripts.fits_tls(each)]

    def compare(self, found):
        self.assertEqual([name for name, _ in found], [each.name for each in self.scripts])
        for each, (_, heard) in zip(self.scripts, found):
            with self.subTest(each.name, section=each.section):
                self.assertEqual(heard, rfc_scripts.heard(each))

    def by_program(self, run):
        says = "".join(json.dumps(rfc_scripts.as_json(each)) + "\n" for each in self.scripts)
        code, out, err = run(says)
        self.assertEqual((code, err), (0, ""))
        self.compare([json.loads(line) for line in out.splitlines()])

    def test_node(self):
        for how in ("plain", "compress"):
            with self.subTest(how):
                self.by_program(
                    lambda says: programs.node("conform.js", self.url, how, says=says))

    def test_gorilla(self):
        for compress in ("false", "true"):
            with self.subTest(compress=compress):
                self.by_program(lambda says: programs.go(
                    self.url, program="conform_client", says=says, compress=compress))

    def test_python(self):
        async def all_of_them(extensions):
            return [(each.name, await asyncio.wait_for(rfc_scripts.converse(
                self.url, self.server.port, each, extensions), 20)) for each in self.scripts]
        for name, extensions in rfc_scripts.offers():
            with self.subTest(name):
                self.compare(asyncio.run(all_of_them(extensions)))


if __name__ == "__main__":
    main()
