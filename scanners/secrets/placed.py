"""Credentials known by where they stand: assigned to a name that says so, in an address, a header or a command line."""

from __future__ import annotations

from scanners.personal_data.rules.rule import AT_START, Rule
from scanners.secrets.stand_ins import credential_like, opaque, password_like, stands_in

_BEGINS = r"(?:(?<![A-Za-z].)|(?-i:(?<=[A-Z])))"
"""Behind the first letter of a word of an identifier: etsy_token, etsyToken."""
_COMPOUND = r"(?:(?<![A-Za-z].)|(?-i:(?<=[A-Z]))|(?=assw|wd|ecret|oken))"
"""The same, for words that no other ends in: dbpassword, authtoken."""
_ABOUT = (
    r"(?!(?-i:s(?![a-z])|S(?![A-Za-z]))|[A-Za-z0-9_.\-]{0,12}(?:len|hash|polic|field|url|name|type|file|path|expir|count|min|max|"
    r"reset|label|placeholder|endpoint|prefix|header|regex|pattern|valid|require|_id|ttl|limit|algorithm|size|hint|format|manager|"
    r"store|provider|class|usage|version|enabled|strength|rotation|issuer|audience|scope|alias|handler|callback|encoder|"
    r"generator|error|message|title|button|digest)|[_\-.]?(?:ids?|at|by|on|to|ref|uri|arn|env|var|key_?id)(?![A-Za-z]))"
)
"""What a name goes on with when its value is something about the secret: its length, its place, its identifier."""
_SUFFIX = rf"{_ABOUT}(?-i:(?![a-z]))[A-Za-z0-9_.\-]{{0,20}}"
_NAMES = (
    rf"(?i:(?-i:[Pp]){_COMPOUND}(?:ass(?:word|wd|phrase|code|wort)?|wd|swd)|(?-i:[Ss]){_COMPOUND}ecret(?:[_ \-]?key)?|"
    rf"(?-i:[Tt]){_COMPOUND}oken|(?-i:[Cc]){_BEGINS}redentials?|(?-i:[Kk]){_BEGINS}ennwort|密码|口令|秘钥|密钥|暗号|令牌)"
)
_NAMES_GATE = r"(pass|pwd|pswd|kennwort|secret|token|credential|密码|口令|秘钥|密钥|暗号|令牌)"
_QUALIFIERS = (
    r"(?:api|auth|access|secret|private|client|app|refresh|bearer|session|encryption|signing|master|service|account|admin|root|db|"
    r"database|smtp|redis|mysql|jwt|licen[sc]e|webhook)[_ \-]?"
)
"""What makes a key a secret, and what `pass` may be written together with."""
_KEY_GATE = rf"{_QUALIFIERS}(key|pass)"
_WEAK = (
    rf"(?i:(?:(?-i:[Aa]){_BEGINS}uth|(?-i:[Ll]){_BEGINS}ogin|(?-i:[Ss]){_BEGINS}ession|(?-i:[Cc]){_BEGINS}ookie)(?![A-Za-z_])|"
    rf"(?:(?-i:[Cc]){_BEGINS}reds?|(?-i:[Ww]){_BEGINS}ebhook))"
)
"""Names that a secret may have, beside much else."""
_WEAK_GATE = r"((auth|login|session|cookie)[^A-Za-z_]|cred|webhook)"
_NOT_PUBLIC = (
    r"(?i:(?<!public)(?<!public[_\-. ])(?<![a-z0-9]:)"
    r"(?<![cx]srf)(?<![cx]srf[_\-. ])(?<!authenticity[_\-. ])(?<!verification[_\-. ]))"
)
"""A public key is no secret, nor what stands in the middle of a colon-separated name (arn:…:secret:…), nor the token of a
form against forgery, which every visitor gets."""
_SAYS = r"is(?: now)?|was|ist(?: jetzt| nun)?|lautet(?: jetzt| nun)?|war|to(?= [^\s]{0,40}[0-9])"
_SAYS_CHINESE = r"是|为|已?(?:改|换|设|变|重置|修改|设置|变更|更新)(?:成|为)了?"
"""What a sentence says of a password: it is, was, has been changed to."""
_QUOTE = r"\\{0,2}[\"'`]"
_SIGN = r"(?:(?:(?:\s{0,2}:\s{0,2}|\s{1,2})[&*]?[A-Za-z][A-Za-z0-9_.<>\[\]?]{0,30})?\s{0,3}[:?.+|]{0,3}=>?|\s{0,3}:)"
"""What assigns, in shells, makefiles and languages; before it perhaps a declared type: `token string =`, `token: &str =`."""
_AFTER_NAME = r"\\{0,2}[\"'\]]{0,2}"
_PLAIN = r"[!#$%*+\-./0-9:=?@A-Z\\^_a-z|~]"
_BARE = rf"(?:{_PLAIN}|&(?![A-Za-z_\-]{{1,30}}=))"
_VALUE_END = r"(?:(?=[\s\"'`,;)}\]<&]|[^\x01-\x7f]|$|\\n)|(?<=[!-\-/-~])(?=\.(?:\s|$)))"


_FORMS = {
    "assigned": rf"{_AFTER_NAME}(?:{_SIGN}|\s{{0,3}}==)\s{{0,3}}"
    rf"(?:[rbuf]{{0,2}}{_QUOTE}(?P<v>[^\"'`\s\x00\\]{{4,1000}}){_QUOTE})",
    "bare": rf"{_AFTER_NAME}(?:{_SIGN}|\s{{1,3}}(?:{_SAYS})(?=\s)|\s{{0,3}}(?:{_SAYS_CHINESE}))\s{{0,3}}"
    rf"(?={_PLAIN}{{1,160}}(?!{_PLAIN}))"  # an end in sight, or every `token=` of a long run would look for one
    rf"(?P<v>(?![:=~|]){_BARE}{{4,160}}?){_VALUE_END}",
    "element": r">\s{0,80}(?P<v>[^<>\s\x00]{4,1000})\s{0,80}</",
    "pair": rf"{_QUOTE}\s{{0,3}},\s{{0,10}}{_QUOTE}(?P<v>[^\"'`\s\x00\\]{{8,1000}}){_QUOTE}",
    "named_value": rf"{_AFTER_NAME}[\s,]{{1,40}}[\"']?(?:value|content)[\"']?\s{{0,2}}[=:]\s{{0,2}}[\"']?"
    rf"(?P<v>[^\"'\s<>,\x00]{{4,1000}})",
}
"""`name = "value"`, `name: value`, `<name>value</name>`, `("name", "value")`, `name: … value: …`."""


def _assigned(
    family: str,
    name: str,
    lead: str,
    gate: str,
    score: float,
    window: int = AT_START,
    forms: tuple[str, ...] = tuple(_FORMS),
) -> list[Rule]:
    """The rules for one family of names, in each form. A family that is not sure of itself wants an opaque value.

    The gate knows the names alone: what may stand between one and its value takes Hyperscan a second to compile.
    """
    return [
        Rule(
            id=f"secret.{family}_{form}",
            type="SECRET",
            pattern=name + _SUFFIX + _FORMS[form],
            gate=f"(?i){gate}",
            score=score - (0.1 if form == "bare" else 0),
            check=opaque if form == "pair" or score < 0.8 else password_like,
            refutable=False,
            ignore_case=True,
            lead=lead,
            reach=1400,
            window=window,
        )
        for form in forms
    ]


PLACED: tuple[Rule, ...] = (
    *_assigned("password", _NAMES, _NOT_PUBLIC, _NAMES_GATE, 0.85),
    *_assigned("key", r"(?:key|pass)", rf"(?i:{_QUALIFIERS})", _KEY_GATE, 0.85, 4),
    *_assigned("credential", _WEAK, "", _WEAK_GATE, 0.7, forms=("assigned", "bare")),
    Rule(
        id="secret.password_argument",
        type="SECRET",
        pattern=r"(?<![A-Za-z])(?:send_?keys|fill|type|enter|input|put|env|append|header|(?:set|add|with|fill)_?[A-Za-z_]{0,20})"
        r"\(\s{0,3}(?:[A-Za-z_.]{1,30},\s?)?[\"'`][\w.#\[\]=\-]{0,30}(?:password|passwd|pwd|passphrase|secret|token|api_?key)\]?[\"'`]"
        r"\s{0,3},\s{0,10}[\"'`](?P<v>[^\"'`\s\x00]{6,200})[\"'`]",
        gate=r"(?i)(password|passwd|pwd|passphrase|secret|token|api_?key)\]?[\"'`]\s{0,3},",
        score=0.8,
        check=lambda text: password_like(text) and not text.isalpha(),
        refutable=False,
        ignore_case=True,
        window=110,
        reach=400,
    ),
    Rule(
        id="secret.signing_argument",
        type="SECRET",
        pattern=r"(?<![A-Za-z])(?:jwt\.(?:sign|encode|verify|decode)\([^\"'`\n\x00]{1,60},\s{0,3}|hmac\.new\(\s{0,3}|fernet\(\s{0,3}|"
        r"create_?hmac\(\s{0,3}[\"'`][a-z0-9\-]{2,12}[\"'`]\s{0,3},\s{0,3})b?[\"'`](?P<v>[^\"'`\s\x00]{8,200})[\"'`]",
        gate=r"(?i)(jwt\.(sign|encode|verify|decode)|hmac\.new|fernet|create_?hmac)\(",
        score=0.85,
        check=password_like,
        refutable=False,
        ignore_case=True,
        window=AT_START,
        reach=400,
    ),
    Rule(
        id="secret.url_password",
        type="SECRET",
        pattern=r"://(?!\[{0,2}(?:user(?:name)?|login|my_[a-z]{1,20}|name)\]?:\[{0,2}(?:pass(?:word|wd)?|pwd|token|secret|my_[a-z]{1,20})\]{0,2}@)[^\s\x00:/?#@\"'<>]{0,64}:(?P<v>[^\s\x00:/?#@\"'<>]{2,128})@(?=[A-Za-z0-9\[])",
        gate=r"://",
        score=0.99,
        check=lambda text: not stands_in(text),
        refutable=False,
        reach=256,
        window=4,
    ),
    Rule(
        id="secret.bearer",
        type="SECRET",
        pattern=r"(?<![A-Za-z])(?:authorization|proxy-authorization)[\"']?\s?[:=,]\s{0,3}[\"']?"
        r"(?:(?:bearer|basic|token|digest|oauth|jwt|api-?(?:key|token)|key|session)\s{1,2}|(?=[^\s\x00]{20}))"
        r"(?P<v>[A-Za-z0-9+/_.=~@\-]{8,2000})",
        gate=r"(?i)authorization",
        score=0.93,
        check=credential_like,
        refutable=False,
        ignore_case=True,
        reach=2100,
        window=32,
    ),
    Rule(
id="secret.command_line",
        type="SECRET",
        pattern=r"(?<![A-Za-z0-9])(?:--(?:password|passwd|pass|token|secret|api-key|apikey)[ =]|sshpass\s{1,3}-p\s{0,3}|"
        r"(?:mysql(?:dump|admin)?\s(?:[^\n\x00]{0,80}?\s)?-p)|redis-cli\s(?:[^\n\x00]{0,80}?\s)?(?:-a|--pass)\s{1,3}|"
        r"docker\s{1,3}login\s(?:[^\n\x00]{0,80}?\s)?-p\s{1,3})"
        r"[\"']?(?P<v>[^\s\x00\"'$<>]{4,200})",
        gate=r"(--(password|passwd|pass|token|secret|api-key|apikey)[ =]|"
        r"(sshpass|mysql(dump|admin)?|redis-cli|docker\s{1,3}login)\s)",
        score=0.85,
        check=password_like,
        refutable=False,
        window=24,
        reach=400,
    ),
    Rule(
        id="secret.command_user",
        type="SECRET",
        pattern=r"(?<![A-Za-z0-9\-])(?:-u|-U|--user|--proxy-user)(?:=|[ \t]{0,5})"
        r"[\"']?[^\s\"':<>\x00]{0,64}[\"']?:[\"']?(?P<v>[^\s\"'<>\x00]{2,100})",
        gate=r"(-u|-U|--user|--proxy-user)",
        score=0.85,
        check=password_like,
        refutable=False,
        window=16,
    ),
    Rule(
        id="secret.bundler",  # bundle-config(1), "Credentials for gem sources"
        type="SECRET",
        pattern=r"(?<![A-Za-z0-9_])BUNDLE_[A-Z0-9_]{2,60}__[A-Z0-9_]{2,60}[\"']?\s{0,3}[=:]\s{0,3}[\"']?(?P<v>[^\s\x00\"':;/]{1,60}:[^\s\x00\"':;/]{4,100})",
        gate=r"BUNDLE_",
        score=0.9,
        check=lambda text: not stands_in(text),
        refutable=False,
        reach=400,
        window=AT_START,
    ),
    Rule(
        id="secret.command_token",
        type="SECRET",
        pattern=r"(?<![A-Za-z0-9\-])(?:-u|--user)(?:=|[ \t]{0,5})[\"']?(?P<v>[^\s\"':<>\x00]{8,100}):[\"']?(?=\s|$)",
        gate=r"(-u|--user)",
        score=0.8,
        check=lambda text: opaque(text) or (not text.isalnum() and password_like(text)),
        refutable=False,
        window=16,
    ),
    Rule(
        id="secret.spaced",  # netrc(5); the ENV instruction of a Dockerfile
        type="SECRET",
        pattern=r"(?<![A-Za-z])(?:login\s{1,3}[^\s\x00]{1,64}\s{1,3}password|"
        r"ENV\s{1,3}[A-Z0-9_]{0,40}(?:PASSWORD|PASSWD|SECRET|TOKEN|API_KEY)(?:_[A-Z0-9_]{1,20})?)"
        r"\s{1,3}(?P<v>[^\s\x00=\"'$<>]{4,200})",
        gate=r"(login\s|ENV\s{1,3}[A-Z0-9_]{3})",
        score=0.8,
        check=password_like,
        refutable=False,
        window=16,
        reach=400,
    ),
    Rule(
        id="secret.sql_password",
        type="SECRET",
        pattern=r"(?<![A-Za-z_])(?:identified\s{1,3}by|password)\s{1,3}'(?P<v>[^'\n\x00]{4,100})'",
        gate=r"(?i)(identified\s{1,3}by|password)\s{1,3}'",
        score=0.85,
        check=password_like,
        refutable=False,
        ignore_case=True,
        window=32,
    ),
)  # fmt: skip
