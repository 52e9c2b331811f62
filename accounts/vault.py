"""Secrets at rest: encryption and keyed hashes under keys that are not in the database, and key rotation."""

import hashlib
import hmac
import os
import secrets
from base64 import b32encode
from functools import lru_cache
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from itsdangerous import BadSignature, Signer

# NIST SP 800-38D 8.2: 96 bits.
NONCE_BYTES = 12


class Unreadable(Exception):
    """A ciphertext that no key decrypts, or that belongs to another row."""


class WrongKey(Exception):
    """The database was written under keys that are not configured."""


class Vault:
    """Keys, the newest first: it encrypts and signs, all decrypt and verify. Each purpose has its own derived key."""

    def __init__(self, keys: tuple[str, ...]) -> None:
        self._keys = {_key_id(key): key.encode() for key in keys}
        self._first = _key_id(keys[0])
        self._derived = lru_cache(self._derive)
        self._ciphers = {key_id: AESGCM(self._derive(key_id, "encryption")) for key_id in self._keys}
        # As long as a TOTP key, and of its letters.
        self.dummy = self.encrypt(b32encode(os.urandom(20)), "nobody")
        self._signer = _Signer(
            [self._derived(key_id, "cookie") for key_id in reversed(self._keys)],
            salt="two keys",
            digest_method=hashlib.sha256,
        )

    @property
    def key_id(self) -> str:
        """Of the newest key."""
        return self._first

    @property
    def key_ids(self) -> tuple[str, ...]:
        """The newest first."""
        return tuple(self._keys)

    def _derive(self, key_id: str, purpose: str) -> bytes:
        return hmac.digest(self._keys[key_id], f"two keys: {purpose}".encode(), "sha256")

    def encrypt(self, secret: bytes, associated_data: str) -> tuple[str, bytes]:
        """AES-256-GCM. Returns the key's id, and nonce + ciphertext."""
        nonce = os.urandom(NONCE_BYTES)
        sealed = self._ciphers[self._first].encrypt(nonce, secret, associated_data.encode())
        return self._first, nonce + sealed

    def decrypt(self, key_id: str, sealed: bytes, associated_data: str) -> bytes:
        """Raises Unreadable if the key is unknown, or ciphertext and associated data do not belong together."""
        if key_id not in self._keys:
            raise Unreadable(f"no key {key_id}")
        try:
            return self._ciphers[key_id].decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], associated_data.encode())
        except (InvalidTag, ValueError) as error:
            raise Unreadable(f"the secret of {associated_data} cannot be read") from error

    def keyed_hash(self, purpose: str, message: str) -> bytes:
        """HMAC-SHA256 under the newest key."""
        return hmac.digest(self._derived(self._first, purpose), message.encode(), "sha256")

    def keyed_hashes(self, purpose: str, message: str) -> tuple[bytes, ...]:
        """HMAC-SHA256 under each key, to find what was stored under an older one."""
        return tuple(hmac.digest(self._derived(key_id, purpose), message.encode(), "sha256") for key_id in self._keys)

    def mac(self, key_id: str, purpose: str, message: bytes) -> bytes:
        """HMAC-SHA256 under a named key. Raises Unreadable if it is unknown."""
        if key_id not in self._keys:
            raise Unreadable(f"no key {key_id}")
        return hmac.digest(self._derived(key_id, purpose), message, "sha256")

    def sign(self, token: str) -> str:
        """A cookie's value: the token with a signature."""
        return self._signer.sign(token).decode()

    def unsign(self, value: str) -> str | None:
        """The token in a cookie's value; None if no key signed it."""
        try:
            return self._signer.unsign(value.encode("utf-8", "surrogateescape")).decode()
        except (BadSignature, UnicodeError):
            return None


class _Signer(Signer):
    """Derives each of its few keys once, not for each cookie."""

    derive_key = lru_cache(Signer.derive_key)


def _key_id(key: str) -> str:
    return hashlib.sha256(f"two keys: id of {key}".encode()).hexdigest()[:12]


def token() -> str:
    """256 random bits, URL-safe."""
    return secrets.token_urlsafe(32)


def token_hash(plain: str) -> bytes:
    """How a token is stored. Its 256 random bits make a plain SHA-256 sufficient."""
    return hashlib.sha256(plain.encode()).digest()


def keys_of(configured: tuple[str, ...], data_dir: Path) -> tuple[str, ...]:
    """The configured keys, else the one in the data folder, made once. Raises OSError, or WrongKey if it is bad."""
    if configured:
        return configured
    data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = key_file(data_dir)
    if not path.exists():
        _generate(path)
    try:
        key = path.read_text("ascii").strip()
    except UnicodeDecodeError:
        key = ""
    if len(key) < 32:
        raise WrongKey(f"{path} does not hold a key: restore it from your backup")
    return (key,)


def _generate(path: Path) -> None:
    """Writes a new key atomically: complete or not at all, also after a kill, and by one of several processes."""
    draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(secrets.token_hex(32) + "\n")
        file.flush()
        os.fsync(file.fileno())
    try:
        path.hardlink_to(draft)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    os.fsync(descriptor)
    os.close(descriptor)


def key_file(data_dir: Path) -> Path:
    return data_dir / "secret_key"
