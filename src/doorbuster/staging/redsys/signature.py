"""Redsys's two signatures: a key per order derived from the shop's secret, then an HMAC over the parameters as sent.

The signed text is the parameter string exactly as it travels, padded or not; it is never decoded and encoded again.
Which alphabet of base64 a signature arrives in does not matter, only its bytes do.
Facts: Redsys's published vectors, which the tests run.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from typing import Final

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7

SHA256: Final = "HMAC_SHA256_V1"
SHA512: Final = "HMAC_SHA512_V2"
VERSIONS: Final = (SHA256, SHA512)
TEST_SECRET: Final = "sq7HjrUOBfKmC576ILgskD5srU870gJ7"
"""The key of Redsys's own test shops, published by Redsys. No secret."""


def _sha256_key(secret: str, order: str) -> bytes:
    """3DES-CBC of the order, initial vector 0, filled up with zeros."""
    cipher = Cipher(TripleDES(base64.b64decode(secret)), modes.CBC(bytes(8))).encryptor()
    text = order.encode()
    return cipher.update(text + bytes(-len(text) % 8)) + cipher.finalize()


def sha512_key(secret: str, order: str) -> bytes:
    """AES-128-CBC of the order, initial vector 0, PKCS7, by the first 16 characters of the secret; 16 bytes or more."""
    cipher = Cipher(algorithms.AES(secret[:16].encode()), modes.CBC(bytes(16))).encryptor()
    fill = PKCS7(128).padder()
    return cipher.update(fill.update(order.encode()) + fill.finalize()) + cipher.finalize()


def sign(version: str, secret: str, order: str, parameters: str) -> str:
    """The signature of a parameter string, in base64url: padded in version 1, not in version 2.

    Raises ValueError for a version that is not one of VERSIONS.
    """
    if version == SHA256:
        made = hmac.digest(_sha256_key(secret, order), parameters.encode(), hashlib.sha256)
        return base64.urlsafe_b64encode(made).decode()
    if version == SHA512:
        # The key is the base64 text of what AES gave, not its bytes.
        key = base64.b64encode(sha512_key(secret, order))
        made = hmac.digest(key, parameters.encode(), hashlib.sha512)
        return base64.urlsafe_b64encode(made).decode().rstrip("=")
    raise ValueError(version)


def is_signed(version: str, secret: str, order: str, parameters: str, signature: str) -> bool:
    """Whether a signature, in either alphabet of base64 and padded or not, is the one for these parameters."""
    expected = decode(sign(version, secret, order, parameters))
    given = decode(signature)
    return expected is not None and given is not None and hmac.compare_digest(expected, given)


def decode(text: str) -> bytes | None:
    """The bytes of base64 or base64url, padded or not; None where it is neither."""
    plain = text.strip().replace("-", "+").replace("_", "/").rstrip("=")
    try:
        return base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None


def encode(version: str, content: bytes) -> str:
    """Parameters as Redsys sends them: base64url, padded in version 1, not in version 2."""
    text = base64.urlsafe_b64encode(content).decode()
    return text if version == SHA256 else text.rstrip("=")
