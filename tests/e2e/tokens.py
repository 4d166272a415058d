"""Tokens to log in with: JSON Web Tokens (RFC 7519) signed as RFC 7515, 7518 and 8037 say, made
without the library that the server checks them with."""

import base64
import hashlib
import hmac
import json
import secrets
import time

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, padding, rsa


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def pack(header, claims, sign):
    body = f"{b64(json.dumps(header).encode())}.{b64(json.dumps(claims).encode())}"
    return f"{body}.{b64(sign(body.encode()))}"


class Issuer:
    """Someone who signs tokens with one algorithm and a key made for the occasion, or a secret that
    is given."""

    def __init__(self, algorithm="HS256", secret=None):
        self.algorithm = algorithm
        if algorithm == "HS256":
            self.secret = secret or secrets.token_urlsafe(32).encode()
            self.key_file = self.secret
        elif algorithm == "RS256":
            self.private = rsa.generate_private_key(65537, 2048)
            self.key_file = self._public_pem()
        elif algorithm == "EdDSA":
            self.private = ed25519.Ed25519PrivateKey.generate()
            self.key_file = self._public_pem()
        else:
            raise ValueError(algorithm)

    def _public_pem(self):
        return self.private.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)

    def sign(self, body):
        if self.algorithm == "HS256":
            return hmac.new(self.secret, body, hashlib.sha256).digest()
        if self.algorithm == "RS256":
            return self.private.sign(body, padding.PKCS1v15(), hashes.SHA256())
        return self.private.sign(body)

    def mint(self, user, lifetime=600, **claims):
        """A good token for `user`, unless `lifetime` is below zero or `claims` spoil it."""
        now = int(time.time())
        whole = {"sub": user, "iat": now, "exp": now + lifetime, **claims}
        return pack({"alg": self.algorithm, "typ": "JWT"}, whole, self.sign)

    def config(self):
        """What the server's config needs to take this issuer's tokens."""
        return {
            "auth": "token",
            "login": {"header": "authorization", "cookie": "session", "query": "token"},
            "services": {"act.auth/1": "jwt", "act.sql/1": "sqlite"},
            "plugins": {"jwt": {"algorithms": [self.algorithm], "key_file": "key"}},
        }

    def files(self):
        """The key where the jwt plugin looks for it."""
        return {"state/data/jwt/key": self.key_file}


def unsigned(user):
    """A token that claims to need no signature (alg "none", RFC 7518 section 3.6)."""
    now = int(time.time())
    return pack({"alg": "none", "typ": "JWT"}, {"sub": user, "exp": now + 600}, lambda _: b"")


def tampered(token, user):
    """The same token with another user in it, and the signature of before."""
    head, body, signature = token.split(".")
    claims = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    claims["sub"] = user
    return f"{head}.{b64(json.dumps(claims).encode())}.{signature}"
