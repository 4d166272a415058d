"""TLS in the tests: certificates made on the spot, and which ports want a handshake first.

With ACTD_CARRIER=tls in the environment every server gets a listener with TLS beside its own, and
all clients go there: a test is the same on both carriers. The clients do look at the certificate.
"""

import atexit
import functools
import os
import pathlib
import shutil
import ssl
import subprocess
import tempfile

CARRIER = os.environ.get("ACTD_CARRIER", "plain")  # or "tls"
if CARRIER not in ("plain", "tls"):
    raise ValueError(f"ACTD_CARRIER: expected plain or tls, found {CARRIER!r}")

_ports = set()  # of this process's servers, where TLS is spoken


def openssl(*args):
    """Runs openssl to its end."""
    done = subprocess.run(["openssl", *map(str, args)], capture_output=True, text=True,
                          timeout=60, check=False)
    if done.returncode != 0:
        raise AssertionError(f"openssl {args[0]} failed:\n{done.stderr}")
    return done.stdout


class Authority:
    """Whoever signs the certificates of a test."""

    def __init__(self, folder, name="authority"):
        self.folder = pathlib.Path(folder)
        self.cert, self.key = self.folder / f"{name}.pem", self.folder / f"{name}.key"
        openssl("req", "-x509", "-nodes", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                "-keyout", self.key, "-out", self.cert, "-days", 2, "-subj", f"/CN={name}")

    def issue(self, name, *options, newkey=("ec", "-pkeyopt", "ec_paramgen_curve:P-256")):
        """A certificate for this machine, and its key: two files, NAME.pem and NAME.key. `options`
        go to openssl x509."""
        cert, key = self.folder / f"{name}.pem", self.folder / f"{name}.key"
        request, extensions = self.folder / f"{name}.csr", self.folder / f"{name}.ext"
        extensions.write_text("subjectAltName=DNS:localhost,IP:127.0.0.1\n")
        openssl("req", "-nodes", "-newkey", *newkey, "-keyout", key, "-out", request,
                "-subj", f"/CN={name}")
        key.chmod(0o600)
        openssl("x509", "-req", "-in", request, "-CA", self.cert, "-CAkey", self.key,
                "-set_serial", int.from_bytes(os.urandom(8), "big") >> 1, "-extfile", extensions,
                "-out", cert, *(options or ("-days", 2)))
        return cert, key


@functools.lru_cache(maxsize=None)
def identity():
    """What all servers of this process show: (authority, certificate, key). Made when it is first
    wanted; clients that look for the system's authorities find this one from then on."""
    folder = tempfile.mkdtemp(prefix="actd-e2e-tls-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    authority = Authority(folder)
    cert, key = authority.issue("server")
    os.environ["SSL_CERT_FILE"] = str(authority.cert)  # OpenSSL, and with it Python; Go
    os.environ["NODE_EXTRA_CA_CERTS"] = str(authority.cert)
    return authority, cert, key


def settings():
    """The part "tls" of a server's config."""
    _, cert, key = identity()
    return {"listen": "127.0.0.1:0", "cert": str(cert), "key": str(key)}


@functools.lru_cache(maxsize=None)
def trusting():
    """A client's context that trusts the servers of this process, and nobody else."""
    return ssl.create_default_context(cafile=identity()[0].cert)


def note(plain, tls):
    """A server says where it listens. (A port may have been another server's before.)"""
    _ports.difference_update(plain)
    _ports.update(tls)


def context(port):
    """For clients that take one: the context for a port, None where there is no TLS."""
    return trusting() if port in _ports else None


def wrap(sock, port):
    """The socket after the handshake, or as it is where there is none."""
    return trusting().wrap_socket(sock, server_hostname="127.0.0.1") if port in _ports else sock
