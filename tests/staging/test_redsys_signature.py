"""Redsys's published vectors hold, and nothing that differs from them by a bit does."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from redsys_client import one_bit_off

from doorbuster.staging.redsys.signature import SHA256, SHA512, TEST_SECRET, decode, is_signed, sha512_key, sign


@pytest.fixture(scope="session")
def vectors(shared: Path) -> list[dict[str, Any]]:
    return list(json.loads((shared / "vectors/redsys.json").read_text())["vectors"])


def test_the_published_vectors(vectors: list[dict[str, Any]]) -> None:
    assert {vector["version"] for vector in vectors} == {SHA256, SHA512}
    for vector in vectors:
        (published,) = (value for name, value in vector.items() if name.startswith("signature_"))
        sent = (vector["version"], vector["key"], vector["order"], vector["parameters"])
        assert decode(sign(*sent)) == decode(published)
        if "signature_base64" not in vector:  # the one that is not in the alphabet of addresses
            assert sign(*sent) == published
        assert is_signed(*sent, published)
        if "derived_key_base64" in vector:
            assert base64.b64encode(sha512_key(vector["key"], vector["order"])).decode() == vector["derived_key_base64"]


def test_one_bit_off_anywhere_is_refused(vectors: list[dict[str, Any]]) -> None:
    for vector in vectors:
        version, key, order, text = (vector[name] for name in ("version", "key", "order", "parameters"))
        good = sign(version, key, order, text)
        content = decode(good) or b""
        for bit in range(8 * len(content)):
            wrong = bytearray(content)
            wrong[bit // 8] ^= 1 << bit % 8
            assert not is_signed(version, key, order, text, base64.urlsafe_b64encode(wrong).decode())
        assert not is_signed(version, key, order, text[:-2] + ("A" if text[-2] != "A" else "B") + text[-1], good)
        assert not is_signed(version, key, order[:-1] + chr(ord(order[-1]) ^ 1), text, good)
        assert not is_signed(version, TEST_SECRET[::-1][:-1] + "A", order, text, good)
        assert not is_signed(SHA512 if version == SHA256 else SHA256, key, order, text, good)


@pytest.mark.parametrize("text", ["", "ñ", "a", "====", "not base64!"])
def test_rubbish_is_no_signature(text: str) -> None:
    assert not is_signed(SHA512, TEST_SECRET, "1234", "e30", text)


def test_both_alphabets_and_paddings_are_read() -> None:
    good = sign(SHA256, TEST_SECRET, "1234", "e30")
    plain = good.replace("-", "+").replace("_", "/")
    assert good.endswith("=") and not sign(SHA512, TEST_SECRET, "1234", "e30").endswith("=")
    for written in (good, plain, good.rstrip("="), plain.rstrip("=")):
        assert is_signed(SHA256, TEST_SECRET, "1234", "e30", written)
    assert not is_signed(SHA256, TEST_SECRET, "1234", "e30=", good)  # the text as sent, not what it says
    assert one_bit_off(good) != good
