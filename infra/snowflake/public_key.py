"""RSA public keys in the form that Snowflake takes."""

import base64
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from infra.snowflake.account import AccountError

MINIMUM_BITS = 2048


def in_base64(key: RSAPublicKey) -> str:
    """The key without a PEM file's first and last line."""
    der = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(der).decode()


def read_public_key(path: Path) -> str:
    """The base64 of a PEM file's RSA public key; raises AccountError where it holds none that Snowflake takes."""
    problem = f"{path} holds no RSA public key of {MINIMUM_BITS} bits or more: make one with openssl rsa -pubout."
    try:
        key = serialization.load_pem_public_key(path.read_bytes())
    except (OSError, ValueError, UnsupportedAlgorithm) as error:
        raise AccountError(problem) from error
    if not isinstance(key, RSAPublicKey) or key.key_size < MINIMUM_BITS:
        raise AccountError(problem)
    return in_base64(key)
