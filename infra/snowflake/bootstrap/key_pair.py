"""The service user's key pair: a file that only its owner reads, and the two places that Snowflake has for its keys."""

import os
import stat
from pathlib import Path
from typing import Literal

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from infra.snowflake.bootstrap.account import Account
from infra.snowflake.bootstrap.checks import fingerprint
from infra.snowflake.bootstrap.errors import BootstrapError
from infra.snowflake.public_key import MINIMUM_BITS, in_base64

Slot = Literal["RSA_PUBLIC_KEY", "RSA_PUBLIC_KEY_2"]

SLOTS: tuple[Slot, Slot] = ("RSA_PUBLIC_KEY", "RSA_PUBLIC_KEY_2")
_KEY_BITS = 3072


def make_private_key(path: Path) -> None:
    """Writes a new RSA key, which only its owner may read; raises BootstrapError where the file cannot be made."""
    pem = rsa.generate_private_key(public_exponent=65537, key_size=_KEY_BITS).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(pem)
    except OSError as error:
        raise BootstrapError(
            f"{path} cannot be written ({error.strerror}): name a file in a folder of yours."
        ) from None


def public_key(path: Path) -> str:
    """The base64 of the public half of a file's RSA key.

    Raises BootstrapError where it holds none that Snowflake takes without a passphrase, or others may read it.
    """
    problem = (
        f"{path} holds no unencrypted RSA private key of {MINIMUM_BITS} bits or more: name a file that does, or "
        "one that is not there yet."
    )
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
        key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    except (OSError, ValueError, TypeError, UnsupportedAlgorithm):
        raise BootstrapError(problem) from None
    if not isinstance(key, rsa.RSAPrivateKey) or key.key_size < MINIMUM_BITS:
        raise BootstrapError(problem)
    if mode & 0o077:
        raise BootstrapError(
            f"{path} can be read by others (mode {mode:o}): make it yours alone with chmod 600 {path}."
        )
    return in_base64(key.public_key())


def slot_for(account: Account, user: str, key: str) -> Slot:
    """Where the user has this key, or else has room for it; raises BootstrapError where two other keys are."""
    taken = keys_of(account, user)
    free = next((slot for slot in SLOTS if slot not in taken), None)
    slot = next((slot for slot, found in taken.items() if found == fingerprint(key)), free)
    if slot is None:
        raise BootstrapError(
            f"User {user} has two other keys, and Snowflake takes no third: run this with --retire-other-key and the "
            "--key-file that Vault holds, then with the new one."
        )
    return slot


def keys_of(account: Account, user: str) -> dict[Slot, str]:
    """The fingerprints of the user's keys, by their place."""
    properties = account.properties("USER", (user,))
    return {slot: found for slot in SLOTS if (found := properties.get(f"{slot}_FP", ""))}
