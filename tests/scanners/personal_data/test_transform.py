"""Each transformation does what it says, always the same way under one key, and another way under another."""

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from scanners.personal_data import fpe
from scanners.personal_data.checks.arithmetic import luhn, only
from scanners.personal_data.checks.china import id_card
from scanners.personal_data.entities import Entity
from scanners.personal_data.manifest import manifest
from scanners.personal_data.transform import Keys, Transformation, Transformer
from scanners.personal_data.vault import TokenUnreadable, Vault

KEY, OTHER = b"k" * 32, b"o" * 32
NIST = bytes.fromhex("2B7E151628AED2A6ABF7158809CF4F3C")
SAMPLES = [  # NIST SP 800-38G, FF1 samples 1 to 3
    (b"", "0123456789", 10, "2433477484"),
    (bytes.fromhex("39383736353433323130"), "0123456789", 10, "6124200773"),
    (bytes.fromhex("3737373770717273373737"), "0123456789abcdefghi", 36, "a9tv40mll9kdu509eum"),
]


@pytest.mark.parametrize(("tweak", "plain", "radix", "cipher"), SAMPLES)
def test_ff1_agrees_with_nist(tweak: bytes, plain: str, radix: int, cipher: str) -> None:
    assert fpe.encrypt(NIST, tweak, plain, radix) == cipher
    assert fpe.decrypt(NIST, tweak, cipher, radix) == plain


def test_ff1_refuses_a_domain_that_can_be_tried_out() -> None:
    with pytest.raises(ValueError):
        fpe.encrypt(NIST, b"", "12345")


def test_a_number_that_is_encrypted_in_its_format_keeps_its_length() -> None:
    told = {changed("format_preserving", "PHONE_NUMBER", str(13812340000 + n)) for n in range(100)}
    assert len(told) == 100
    assert all(len(str(int(number))) == 11 for number in told)


def changed(way: Transformation, kind: str, value: str, key: bytes = KEY) -> str:
    return Transformer(Keys(key), way)(kind, value)


EXACT: list[tuple[Transformation, str, str, str]] = [
    ("mask", "PERSON", "张三", "**"),
    ("partial_mask", "PHONE_NUMBER", "13812345678", "13*******78"),
    ("partial_mask", "EMAIL_ADDRESS", "li.ming@example.com", "l***@example.com"),
    ("partial_mask", "PERSON", "欧阳娜娜", "欧***"),
    ("replace", "PERSON", "张三", "<PERSON>"),
    ("generalise", "DATE_OF_BIRTH", "1990年3月7日", "1990"),
    ("generalise", "IP_ADDRESS", "192.168.1.77", "192.168.1.0/24"),
    ("generalise", "ADDRESS", "浙江省杭州市西湖区文三路1号", "浙江省杭州市"),
    ("generalise", "CN_ID_CARD", "110101199003074514", "<CN_ID_CARD: 110000, 1990>"),
    ("keep", "URL", "https://x.example", "https://x.example"),
]


@pytest.mark.parametrize(("way", "kind", "value", "expected"), EXACT)
def test_a_transformation_gives(way: Transformation, kind: str, value: str, expected: str) -> None:
    assert changed(way, kind, value) == expected


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("PHONE_NUMBER", "138-1234-5678"),
        ("PERSON", "王小明"),
        ("EMAIL_ADDRESS", "a@b.com"),
        ("CN_ID_CARD", "110101199003074514"),
        ("CREDIT_CARD", "4111 1111 1111 1111"),
        ("CN_PASSPORT", "E12345678"),
    ],
)
def test_a_surrogate_looks_like_its_original_and_is_consistent(kind: str, value: str) -> None:
    surrogate = changed("surrogate", kind, value)
    assert surrogate == changed("surrogate", kind, value) != value
    assert surrogate != changed("surrogate", kind, value, OTHER)
    if kind == "CN_ID_CARD":
        assert id_card(surrogate)
    elif kind == "CREDIT_CARD":
        assert luhn(only(surrogate))
        assert [c.isdigit() for c in surrogate] == [c.isdigit() for c in value]


def test_dates_of_one_key_move_together_and_keep_their_format() -> None:
    from datetime import date

    first = changed("date_shift", "DATE_OF_BIRTH", "1990-03-07")
    second = changed("date_shift", "DATE_OF_BIRTH", "1990-03-17")
    assert (date.fromisoformat(second) - date.fromisoformat(first)).days == 10
    assert first != "1990-03-07"
    assert changed("date_shift", "DATE_OF_BIRTH", "1990年3月7日").endswith("日")
    assert changed("date_shift", "DATE_OF_BIRTH", "31/02/1990") == "<DATE_OF_BIRTH>"


def test_format_preserving_keeps_every_separator() -> None:
    shown = changed("format_preserving", "PHONE_NUMBER", "+86 138-1234-5678")
    assert [c if not c.isdigit() else "0" for c in shown] == list("+00 000-0000-0000")
    assert changed("format_preserving", "QQ_NUMBER", "12345") == "<QQ_NUMBER>"


def test_a_token_comes_back_and_equal_values_have_equal_tokens(tmp_path: Path) -> None:
    vault = Vault(tmp_path, "acme")
    change = Transformer(Keys(KEY, vault.key("patient-7")), "token")
    token = change("PERSON", "张三")
    assert token == change("PERSON", "张三") != change("PERSON", "李四")
    assert "张三" not in token
    assert vault.restored(f"您好{token}，再见{token}") == ("您好张三，再见张三", 2)


def test_older_tokens_survive_a_rotation(tmp_path: Path) -> None:
    vault = Vault(tmp_path, "acme")
    old = vault.key().token("PERSON", "Ann")
    new = vault.rotate().token("PERSON", "Ann")
    assert old != new
    assert vault.restored(old + new) == ("AnnAnn", 2)


def test_after_erasure_nothing_brings_the_data_back(tmp_path: Path) -> None:
    vault = Vault(tmp_path, "acme")
    token, other = vault.key("ann").token("PERSON", "Ann"), vault.key("bob").token("PERSON", "Bob")
    secret = vault.key("ann").secret
    assert vault.erase("ann") == 1
    with pytest.raises(TokenUnreadable, match="destroyed"):
        vault.restored(token)
    assert vault.restored(other) == ("Bob", 1)
    assert secret not in (tmp_path / "vault.sqlite").read_bytes()


def test_a_token_of_another_tenant_or_an_altered_one_is_refused(tmp_path: Path) -> None:
    token = Vault(tmp_path, "acme").key().token("PERSON", "Ann")
    with pytest.raises(TokenUnreadable, match="no key"):
        Vault(tmp_path, "rival").restored(token)
    at = token.index(".") + 5
    altered = token[:at] + ("A" if token[at] != "A" else "B") + token[at + 1 :]
    with pytest.raises(TokenUnreadable, match="altered"):
        Vault(tmp_path, "acme").restored(altered)
    with pytest.raises(TokenUnreadable):
        Vault(tmp_path, "acme").restored(token.replace("PERSON", "SECRET"))


def test_the_vault_is_its_owners_alone(tmp_path: Path) -> None:
    Vault(tmp_path, "acme").key()
    assert (tmp_path / "vault.sqlite").stat().st_mode & 0o077 == 0


def test_a_manifest_names_what_was_taken_out_and_is_signed() -> None:
    signing = Ed25519PrivateKey.generate()
    made = manifest(
        "sha256:00", b"x", [(Entity("PERSON", 0, 2, 1.0, "r"), "张三", "mask")], complete=True, key=KEY, signing=signing
    )
    assert made.verified(signing.public_key())
    assert "张三" not in made.model_dump_json()
    assert not made.model_copy(update={"complete": False}).verified(signing.public_key())
    assert not made.verified(Ed25519PrivateKey.generate().public_key())
