"""Credentials are found by shape or by place; what merely looks random or stands in for one is not.

The samples are put together here and are nobody's.
"""

import random
import string

import pytest

from scanners.secrets.find import find_secrets

_LETTERS = string.ascii_letters + string.digits


def noise(size: int, alphabet: str = _LETTERS, seed: int = 7) -> str:
    return "".join(random.Random(seed).choices(alphabet, k=size))


HEX = "0123456789abcdef"
SHAPES = {
    "aws": "AK" + "IA" + noise(16, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"),
    "alibaba": "LT" + "AI5t" + noise(20),
    "tencent": "AK" + "ID" + noise(32),
    "volcengine": "AK" + "LT" + noise(44),
    "google": "AI" + "za" + noise(35),
    "openai": "sk-" + noise(20) + "T3Blbk" + "FJ" + noise(20),
    "openai project": "sk-" + "proj-" + noise(60),
    "anthropic": "sk-" + "ant-api03-" + noise(93),
    "deepseek": "sk-" + noise(32, HEX),
    "moonshot": "sk-" + noise(48),
    "zhipu": noise(32, HEX) + "." + noise(16),
    "hugging face": "h" + "f_" + noise(34, string.ascii_letters),
    "github": "gh" + "p_" + noise(36),
    "gitlab": "gl" + "pat-" + noise(20),
    "slack": "xo" + "xb-123456789012-1234567890123-" + noise(24),
    "stripe": "sk" + "_live_" + noise(24),
    "npm": "npm" + "_" + noise(36),
    "sendgrid": "SG" + "." + noise(22) + "." + noise(43),
    "telegram": "123456789:" + "AA" + noise(33),
    "jwt": "eyJ" + noise(30) + "." + "eyJ" + noise(50) + "." + noise(43),
    "private key": "-----BEGIN RSA " + "PRIVATE KEY-----\n" + noise(200) + "\n-----END RSA " + "PRIVATE KEY-----",
}


@pytest.mark.parametrize("name", SHAPES)
@pytest.mark.parametrize("frame", ["{}", 'key = "{}"', "令牌{}已泄露", "curl -H 'X: {}' https://example.com"])
def test_a_key_is_known_by_its_shape(name: str, frame: str) -> None:
    text = frame.format(SHAPES[name])
    found = find_secrets(text)
    assert any(SHAPES[name][:40] in text[e.start : e.end] for e in found), found


PLACED = [
    ("password = 'Tr0ub4dor&3'", "Tr0ub4dor&3"),
    ('"db_password": "s3cr3t-pa55"', "s3cr3t-pa55"),
    ("数据库密码：Qwer!2345", "Qwer!2345"),
    ("口令是 Abc@12345，请勿外传", "Abc@12345"),
    ("Das Passwort ist Sommer2024!", "Sommer2024!"),
    ("postgres://app:p4ssw0rd@db.internal:5432/x", "p4ssw0rd"),
    ("redis://:h8Kd02mMs1@10.0.0.5:6379/0", "h8Kd02mMs1"),
    ("Authorization: Bearer abcDEF123456ghiJKL789", "abcDEF123456ghiJKL789"),
    ("mysqldump --user=root --password=Zx9_kk12 shop", "Zx9_kk12"),
    ("AWS_SECRET_ACCESS_KEY=" + noise(40), noise(40)),
    ("aliyun AccessKeySecret: " + noise(30), noise(30)),
    ("华为云 SK " + noise(40), noise(40)),
]


@pytest.mark.parametrize(("text", "secret"), PLACED)
def test_a_password_is_known_by_its_place(text: str, secret: str) -> None:
    assert secret in [text[e.start : e.end] for e in find_secrets(text)]


NOT_SECRETS = [
    "password is required",
    "The password must be at least 8 characters long.",
    "密码是什么？请在设置中修改密码",
    'password = os.environ["DB_PASSWORD"]',
    "password=${DB_PASSWORD}",
    "password: <your-password>",
    "password: ********",
    "api_key = 'YOUR_API_KEY'",
    "max_tokens: 4096",
    "token = response.json",
    "password_min_length = 12",
    "token_type: bearer",
    "sha256:" + noise(64, HEX),
    "commit " + noise(40, HEX),
    "uuid 123e4567-e89b-12d3-a456-426614174000",
    "AKIAIOSFODNN7EXAMPLE",
    "https://user@example.com/path",
    "def reset_password(token: str) -> None:",
    "secretary: Johnson",
    "sk-learn and sk-image are packages",
    "tokenizer = AutoTokenizer.from_pretrained(name)",
]


@pytest.mark.parametrize("text", NOT_SECRETS)
def test_what_only_looks_like_a_secret_is_left_alone(text: str) -> None:
    assert [text[e.start : e.end] for e in find_secrets(text)] == []


def test_the_entropy_rule_is_off_by_default() -> None:
    text = "blob " + noise(40)
    assert find_secrets(text) == ()
    assert [e.rule for e in find_secrets(text, entropy=True)] == ["secret.high_entropy"]
