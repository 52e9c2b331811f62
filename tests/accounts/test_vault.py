"""Secrets at rest: what belongs to one row opens nowhere else, and keys can be changed."""

import pytest

from accounts import vault
from accounts.two_factor.attempts import associated_data
from accounts.vault import Unreadable, Vault, WrongKey

OLD, NEW = "o" * 64, "n" * 64


@pytest.fixture
def old() -> Vault:
    return Vault((OLD,))


@pytest.fixture
def rotated() -> Vault:
    """After a rotation: the new key first, the old one still there."""
    return Vault((NEW, OLD))


def test_a_secret_comes_back_as_it_was(old):
    key_id, sealed = old.encrypt(b"the key", associated_data(7))
    assert old.decrypt(key_id, sealed, associated_data(7)) == b"the key"
    assert b"the key" not in sealed


def test_of_two_users_rows_swapped_neither_opens(old):
    alice, bob = old.encrypt(b"key of alice", associated_data(1)), old.encrypt(b"key of bob", associated_data(2))
    for (key_id, sealed), owner in ((alice, 2), (bob, 1)):
        with pytest.raises(Unreadable):
            old.decrypt(key_id, sealed, associated_data(owner))


@pytest.mark.parametrize("position", [0, 11, 12, 20, -1])
def test_a_changed_byte_is_noticed(old, position: int):
    key_id, sealed = old.encrypt(b"the key", associated_data(7))
    changed = bytearray(sealed)
    changed[position] ^= 1
    with pytest.raises(Unreadable):
        old.decrypt(key_id, bytes(changed), associated_data(7))


@pytest.mark.parametrize("sealed", [b"", b"short", b"x" * 12])
def test_too_few_bytes_are_unreadable_and_no_crash(old, sealed: bytes):
    with pytest.raises(Unreadable):
        old.decrypt(old.key_id, sealed, associated_data(7))


def test_the_same_secret_is_sealed_differently_each_time(old):
    assert len({old.encrypt(b"the key", associated_data(7))[1] for _ in range(20)}) == 20


def test_after_a_rotation_the_new_key_is_used_and_the_old_one_still_opens(old, rotated):
    key_id, sealed = old.encrypt(b"the key", associated_data(7))
    assert rotated.decrypt(key_id, sealed, associated_data(7)) == b"the key"
    assert rotated.key_id == Vault((NEW,)).key_id != old.key_id
    assert rotated.key_ids == (rotated.key_id, old.key_id)
    key_id, sealed = rotated.encrypt(b"the key", associated_data(7))
    assert key_id == rotated.key_id
    with pytest.raises(Unreadable):
        old.decrypt(key_id, sealed, associated_data(7))


def test_after_a_rotation_cookies_are_signed_by_the_new_key_and_both_verify(old, rotated):
    assert rotated.unsign(old.sign("token")) == "token"
    signed = rotated.sign("token")
    assert Vault((NEW,)).unsign(signed) == "token"
    assert old.unsign(signed) is None


@pytest.mark.parametrize("value", ["", "token", "token.", ".", "token.AAAA", "töken.x", "\udcff.x"])
def test_a_cookie_that_nobody_signed_is_none(old, value: str):
    assert old.unsign(value) is None


def test_a_signature_counts_for_its_token_alone(old):
    assert old.unsign(old.sign("token").replace("token", "taken")) is None


def test_keyed_hashes_are_found_under_each_key_and_differ_by_purpose(old, rotated):
    stored = old.keyed_hash("recovery code", "7:123")
    assert stored in rotated.keyed_hashes("recovery code", "7:123")
    assert rotated.keyed_hash("recovery code", "7:123") == rotated.keyed_hashes("recovery code", "7:123")[0] != stored
    assert old.keyed_hash("bucket", "7:123") != stored
    assert old.mac(old.key_id, "activity", b"x") != old.mac(old.key_id, "activity head", b"x")


def test_the_mac_of_an_unknown_key_is_unreadable(old):
    with pytest.raises(Unreadable):
        old.mac("unknown", "activity", b"x")
    with pytest.raises(Unreadable):
        old.decrypt("unknown", b"x" * 40, "")


def test_the_key_is_made_once_and_is_nobody_elses_to_read(tmp_path):
    made = vault.keys_of((), tmp_path / "data")
    assert vault.keys_of((), tmp_path / "data") == made
    assert len(made[0]) == 64
    assert (tmp_path / "data" / "secret_key").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "data").stat().st_mode & 0o777 == 0o700
    assert vault.keys_of((NEW, OLD), tmp_path / "elsewhere") == (NEW, OLD)
    assert not (tmp_path / "elsewhere").exists(), "named keys need no file"


@pytest.mark.parametrize("content", ["", "\n", "short"])
def test_a_damaged_key_file_stops_and_is_not_replaced(tmp_path, content: str):
    (tmp_path / "secret_key").write_text(content)
    with pytest.raises(WrongKey, match="backup"):
        vault.keys_of((), tmp_path)
    assert (tmp_path / "secret_key").read_text() == content


def test_tokens_are_256_random_bits():
    assert len({vault.token() for _ in range(50)}) == 50
    assert len(vault.token()) == 43
