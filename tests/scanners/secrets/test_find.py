"""Credentials are found by shape or by place; what merely looks random or stands in for one is not.

The samples are put together here and are nobody's.
"""

import base64
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
    ('driver.sendKeys("password", "N1ceP@ss9")', "N1ceP@ss9"),
    ('page.fill("#password", "hunter2x")', "hunter2x"),
    ('"db_password": "s3cr3t-pa55"', "s3cr3t-pa55"),
    ("数据库密码：Qwer!2345", "Qwer!2345"),
    ("口令是 Abc@12345，请勿外传", "Abc@12345"),
    ("Das Passwort ist Sommer2024!", "Sommer2024!"),
    ("Das Passwort lautet jetzt Herbst#7731x", "Herbst#7731x"),
    ("I changed the password to Winter-2931x yesterday", "Winter-2931x"),
    ("登录密码改成了N5UbaLOS5OA，请记下来", "N5UbaLOS5OA"),
    ("口令已重置为Qw8nZ3kL0", "Qw8nZ3kL0"),
    ('jwt.sign(payload, "rm8PqBCB64fohOtqxBnkv5L2")', "rm8PqBCB64fohOtqxBnkv5L2"),
    ('hmac.new(b"6MkXpsaCoKaEF7UV2PUB", msg)', "6MkXpsaCoKaEF7UV2PUB"),
    ("crypto.createHmac('sha256', 'k8Hq2LmZ0p1R')", "k8Hq2LmZ0p1R"),
    ("postgres://app:p4ssw0rd@db.internal:5432/x", "p4ssw0rd"),
    ("redis://:h8Kd02mMs1@10.0.0.5:6379/0", "h8Kd02mMs1"),
    ("Authorization: Bearer abcDEF123456ghiJKL789", "abcDEF123456ghiJKL789"),
    ("mysqldump --user=root --password=Zx9_kk12 shop", "Zx9_kk12"),
    ("AWS_SECRET_ACCESS_KEY=" + noise(40), noise(40)),
    ("aliyun AccessKeySecret: " + noise(30), noise(30)),
    ("华为云 SK " + noise(40), noise(40)),
    # every way in which makefiles, shells, languages and formats give a name its value
    *(
        (form.format(noise(24)), noise(24))
        for form in (
            'ETSY_TOKEN ::= "{}"',
            'ETSY_TOKEN :::= "{}"',
            'ETSY_TOKEN ?= "{}"',
            '$etsyToken .= "{}"',
            'var etsyToken string = "{}"',
            'let etsy_token: &str = "{}";',
            'System.setProperty("ETSY_TOKEN", "{}")',
            "<etsyToken>\n    {}\n</etsyToken>",
            '<add key="EtsyToken" value="{}"/>',
            '{{"name": "ETSY_TOKEN", "value": "{}"}}',
            "- name: ETSY_TOKEN\n  value: {}",
            '{{"config.ini": "ETSY_TOKEN={}\\nBACKUP=true"}}',
            '{{\\"etsy_token\\": \\"{}\\"}}',
            "https://example.com/cb?etsy_token={}&page=2",
        )
    ),
    ("dbpassword: Zx9_kk12", "Zx9_kk12"),
    ("mySecretString=99shIGbtlP86WANjSQ", "99shIGbtlP86WANjSQ"),
    ("token: a04b3e56:b19a1b9b", "a04b3e56:b19a1b9b"),
    ("curl -u kevin:'pRf7vG2h1L8nQkW9' https://example.com", "pRf7vG2h1L8nQkW9"),
    ("CREATE USER shop IDENTIFIED BY 'Zx9_kk12'", "Zx9_kk12"),
    ("sshpass -p 'S3cr3tP@ss' ssh root@host", "S3cr3tP@ss"),
    ("redis-cli -h cache -a MyR3disPass ping", "MyR3disPass"),
    ("machine api.example.com login me password s3cretpw1", "s3cretpw1"),
    ("ENV MYSQL_ROOT_PASSWORD my-s3cret-pw", "my-s3cret-pw"),
    ("BUNDLE_GEMS__EXAMPLE__COM=cafe12ab:deadbeef", "cafe12ab:deadbeef"),
    ("curl -H 'Authorization: 5eb4223e-5008-46e5-be67-c7b8f2732305'", "5eb4223e-5008-46e5-be67-c7b8f2732305"),
]


@pytest.mark.parametrize(("text", "secret"), PLACED)
def test_a_password_is_known_by_its_place(text: str, secret: str) -> None:
    assert secret in [text[e.start : e.end] for e in find_secrets(text)]


NOT_SECRETS = [
    "secret: !vault |",
    "密码设置为6-20位字符",
    "密码改为必填项",
    "Das Passwort lautet wie folgt:",
    "the token was revoked yesterday",
    'jwt.decode(token, "RS256")',
    "hmac.new(key, msg)",
    'put("token_type", "bearer9")',
    'csrf_token = "Mj2qykJO5rELyHgezQ69nzUX0i3OH67V"',
    "key sk-ant-api03-abc123xyz-456def789ghij-klmnopqrstuvwx-3456yza789bcde-1234fghijklmnop",
    "api_key = AIzaSyabcdefghijklmnopqrstuvwxyz1234567",
    "io.jsonwebtoken:jjwt-jackson-0.11.2",
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
    "tokenizer: bert-base-v2",
    'token = "<your token>"',
    "curl -u <user:password> https://example.com",
    "curl --user neo4j:[PASSWORD] https://example.com",
    "redis://[[username]:[password]]@localhost",
    "docker run -u 1000:1000 image",
    '"""Check if the current token is valid."""',
    "assert secret == secret2",
    "PrivateKey ::= SEQUENCE",
    'TOKEN_TYPE = "urn:ietf:params:oauth:token-type:jwt2"',
    "docker login -u me -p $TOKEN registry.example.com",
    "ENV TOKEN_PATH /run/secrets/token",
    "Please login with your password before you go",
    'apiKey: "AIz' + "a" * 36 + '"',
    "AKIA" + "X" * 16,
    "API_KEY=glc_" + "1" * 40 + "=",
    "xoxe.xoxp-1-" + "RANDOMSTRINGHERE",
    "-----BEGIN PRIVATE KEY-----\nanything\n-----END PRIVATE KEY-----",
    "s.makeKubeConfigController = args",
    "credentialsId: '29f63271-dc2f-4734-8221-5b31b5169bac'",
    'publicToken = "' + noise(40) + '"',
    "secret: arn:aws:secretsmanager:eu-west-1:123456789012:secret:prod/db-a1b2c3",
    "password: op://vault/item/field1",
    "private_key: /etc/ssl/private/server1.pem",
    "token: https://example.com/oauth2/v1",
    "token: sha256:" + noise(64, HEX),
    "private_key = rsa2048.PrivateKey",
    "secret_key = __root__",
    "def sign(self, credentials: google.auth.Credentials) -> None:",
    'Token: "#ddd0c0"',
    "https://github.com/aws/aws-cli/blob/" + noise(40, HEX),
    "CredentialSource: credSourceEc2Metadata",
    'ecrGetAuthorizationTokenTarget = "AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken"',
    'accessTokenEnvVariable = "S2A_ACCESS_TOKEN"',
    "pwd.h:84:1",
    "Authorization: AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20151228/us-east-1/s3/aws4_request",
    'status: {"token": "token1"}',
    '"token3": "xoxp-1234-1234-1234-4ddbc191d40ee098cbaae6f3523ada2d"',
    "see https://docs.aws.amazon.com/singlesignon/latest/OIDCAPIReference",
]


@pytest.mark.parametrize("text", NOT_SECRETS)
def test_what_only_looks_like_a_secret_is_left_alone(text: str) -> None:
    assert [text[e.start : e.end] for e in find_secrets(text)] == []


def test_a_secret_inside_base64_is_found_and_the_whole_token_is_it() -> None:
    token = base64.b64encode(f'{{"db": "postgres://app:{noise(12)}@db/x"}}'.encode()).decode()
    text = f"data:\n  config: {token}\n"
    (found,) = find_secrets(text)
    assert text[found.start : found.end] == token


def test_a_key_in_armour_with_headers_is_taken_whole() -> None:
    text = (
        "-----BEGIN DSA " + "PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,70B\n\n"
        + noise(64) + "\n-----END DSA " + "PRIVATE KEY-----"
    )  # fmt: skip
    (found,) = find_secrets(text)
    assert (found.start, found.end) == (0, len(text))


def test_the_entropy_rule_is_off_by_default() -> None:
    text = "blob " + noise(40)
    assert find_secrets(text) == ()
    assert [e.rule for e in find_secrets(text, entropy=True)] == ["secret.high_entropy"]
