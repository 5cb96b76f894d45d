# ruff: noqa: E501 - a table reads best one row a line
"""Credentials known by their shape, from the vendors' published formats."""

from __future__ import annotations

import re
from collections.abc import Callable

from scanners.personal_data.rules.rule import AT_START, Rule
from scanners.secrets.stand_ins import mixed, random_looking, stands_in, unnamed, worded

_LONG = r"[A-Za-z0-9+/]{30}"
"""The gate of keys without a mark: one for all of them."""
_L = r"(?<![A-Za-z0-9_\-])"
_R = r"(?![A-Za-z0-9_\-])"


def _shape(
    name: str,
    body: str,
    gate: str,
    score: float = 0.95,
    check: Callable[[str], bool] | None = random_looking,
    reach: int = 1024,
    window: int = AT_START,
) -> Rule:
    """A key that is known by its shape alone; `window` where the gate matches further on in it."""
    return Rule(
        f"secret.{name}",
        "SECRET",
        f"{_L}(?:{body}){_R}",
        gate,
        score,
        check,
        refutable=False,
        window=window,
        reach=reach,
    )


def _near(
    name: str,
    body: str,
    words: tuple[str, ...],
    gate: str,
    boosted: float = 0.9,
    check: Callable[[str], bool] = random_looking,
) -> Rule:
    """A key whose shape says nothing without its vendor's name beside it."""
    return Rule(
        f"secret.{name}",
        "SECRET",
        f"{_L}(?:{body}){_R}",
        gate,
        0.1,
        check,
        words,
        boosted,
        refutable=False,
        reach=512,
    )


def _base64(text: str) -> bool:
    """Letters of both cases, as base64 of so many bytes has them: a commit's digest is none, nor is the path of a page."""
    return text != text.lower() and text != text.upper() and unnamed(text) and not worded(text)


def _genuine(text: str) -> bool:
    return "EXAMPLE" not in text and not stands_in(text)


_ARMOUR = re.compile(r"-----[^\n-]{1,60}-----|^[A-Za-z\-]{1,30}: .*$", re.MULTILINE)
_BASE64_LINE = re.compile(r"[A-Za-z0-9+/]{16,}={0,2}")


def _holds_key(text: str) -> bool:
    """Whether an armoured block (RFC 7468) holds a key at all, and not `anything` or nothing."""
    body = _ARMOUR.sub("", text)
    lines = (line.strip(" \"'\\,+\r\t") for line in body.replace("\\n", "\n").split("\n"))
    return any(_BASE64_LINE.fullmatch(line) and not stands_in(line) for line in lines)


SHAPES: tuple[Rule, ...] = (
    # clouds
    _shape("aws_access_key", r"(?:AKIA|ASIA|ABIA|ACCA|AROA|AIDA|AGPA|ANPA|ANVA|AIPA|A3T[A-Z0-9])[A-Z2-7]{16}", r"A(KIA|SIA|BIA|CCA|ROA|IDA|GPA|NPA|NVA|IPA|3T[A-Z0-9])[A-Z2-7]{8}", check=_genuine),
    _shape("alibaba_access_key", r"LTAI[A-Za-z0-9]{12,30}", r"LTAI[A-Za-z0-9]{8}"),
    _shape("tencent_secret_id", r"AKID[A-Za-z0-9]{32}", r"AKID[A-Za-z0-9]{8}"),
    _shape("tencent_temporary_id", r"(?:AKIDz|AKIDx)[A-Za-z0-9_\-]{40,128}", r"AKID[zx][A-Za-z0-9_\-]{8}"),
    _shape("volcengine_access_key", r"AKLT[A-Za-z0-9_\-]{30,60}", r"AKLT[A-Za-z0-9_\-]{8}"),
    _shape("baidu_access_key", r"ALTAK[A-Za-z0-9]{21}", r"ALTAK[A-Za-z0-9]{8}"),
    _shape("jdcloud_access_key", r"JDC_[A-Z0-9]{28,32}", r"JDC_[A-Z0-9]{8}"),
    _shape("google_api_key", r"AIza[A-Za-z0-9_\-]{35}", r"AIza[A-Za-z0-9_\-]{8}"),
    _shape("firebase_server_key", r"AAAA[A-Za-z0-9_\-]{7}:APA91b[A-Za-z0-9_\-]{120,160}", r":APA91b[A-Za-z0-9_\-]{8}", window=44),
    _shape("google_oauth_secret", r"GOCSPX-[A-Za-z0-9_\-]{28}", r"GOCSPX-[A-Za-z0-9_\-]{8}"),
    _shape("google_oauth_token", r"ya29\.[A-Za-z0-9_\-]{30,400}", r"ya29\.[A-Za-z0-9_\-]{8}"),
    _shape("azure_ad_secret", r"(?<![~.,/])[A-Za-z0-9_~.]{3}[0-9]Q~[A-Za-z0-9_~.\-]{31,34}(?![~/])", r"[0-9]Q~[A-Za-z0-9_~.\-]{8}", window=48),
    _shape("digitalocean", r"do[opr]_v1_[a-f0-9]{64}", r"do[opr]_v1_[a-f0-9]{8}"),
    _shape("heroku_v2", r"HRKU-AA[A-Za-z0-9_\-]{58}", r"HRKU-AA[A-Za-z0-9_\-]{8}"),
    _shape("cloudflare_origin_ca", r"v1\.0-[a-f0-9]{24}-[a-f0-9]{146}", r"v1\.0-[a-f0-9]{24}-[a-f0-9]{8}"),
    _shape("databricks", r"dapi[a-f0-9]{32}(?:-[0-9])?", r"dapi[a-f0-9]{8}"),
    _shape("hashicorp_vault", r"hvs\.[A-Za-z0-9_\-]{90,120}|hvb\.[A-Za-z0-9_\-]{130,300}", r"hv[sb]\.[A-Za-z0-9_\-]{8}"),
    _shape("hashicorp_vault_old", r"s\.[A-Za-z0-9]{24}", r"s\.[A-Za-z0-9]{8}", check=mixed),
    _shape("terraform_cloud", r"[A-Za-z0-9]{14}\.atlasv1\.[A-Za-z0-9_\-=]{60,70}", r"\.atlasv1\.[A-Za-z0-9_\-=]{8}", window=96),
    _shape("pulumi", r"pul-[a-f0-9]{40}", r"pul-[a-f0-9]{8}"),
    _shape("doppler", r"dp\.(?:pt|st|ct|sa|scim|audit)\.(?:[a-z0-9_\-]{2,35}\.)?[A-Za-z0-9]{40,44}", r"dp\.(pt|st|ct|sa|scim|audit)\."),
    _shape("planetscale", r"pscale_(?:tkn|oauth|pw)_[A-Za-z0-9_=.\-]{32,64}", r"pscale_(tkn|oauth|pw)_"),
    _shape("age_secret_key", r"AGE-SECRET-KEY-1[QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L]{58}", r"AGE-SECRET-KEY-1"),
    _shape("flyio", r"(?:fo1_[A-Za-z0-9_\-]{43}|fm[12][ar]?_[A-Za-z0-9+/]{100,500}={0,3})", r"(fo1_[A-Za-z0-9_\-]{8}|fm[12][ar]?_[A-Za-z0-9+/]{8})"),
    # AI vendors
    _shape("openai", r"sk-(?:proj-|svcacct-|admin-|None-)?[A-Za-z0-9_\-]{20,74}T3BlbkFJ[A-Za-z0-9_\-]{20,74}|sk-(?:proj|svcacct|admin)-[A-Za-z0-9_\-]{40,200}", r"sk-(proj|svcacct|admin|None|[A-Za-z0-9_\-]{8})"),
    _shape("anthropic", r"sk-ant-(?:api03|admin01|oat01|sid01)-[A-Za-z0-9_\-]{80,120}", r"sk-ant-(api03|admin01|oat01|sid01)-"),
    _shape("sk_key", r"sk-[A-Za-z0-9]{32,64}", r"sk-[A-Za-z0-9]{8}", 0.9),  # DeepSeek, Moonshot, Qwen, StepFun and others of OpenAI's shape
    _shape("openrouter", r"sk-or-v1-[a-f0-9]{64}", r"sk-or-v1-[a-f0-9]{8}"),
    _shape("huggingface", r"(?:hf|api_org)_[A-Za-z]{34}", r"(hf|api_org)_[A-Za-z]{8}"),
    _shape("groq", r"gsk_[A-Za-z0-9]{52}", r"gsk_[A-Za-z0-9]{8}"),
    _shape("xai", r"xai-[A-Za-z0-9]{80}", r"xai-[A-Za-z0-9]{8}"),
    _shape("perplexity", r"pplx-[A-Za-z0-9]{48}", r"pplx-[A-Za-z0-9]{8}"),
    _shape("replicate", r"r8_[A-Za-z0-9]{37}", r"r8_[A-Za-z0-9]{8}"),
    _shape("zhipu", r"[a-f0-9]{32}\.[A-Za-z0-9]{16}", r"[a-f0-9]{32}\.[A-Za-z0-9]{8}", 0.9),
    _shape("baidu_qianfan", r"bce-v3/ALTAK-[A-Za-z0-9]{21}/[a-f0-9]{40}", r"bce-v3/ALTAK-"),
    _shape("nvidia", r"nvapi-[A-Za-z0-9_\-]{60,70}", r"nvapi-[A-Za-z0-9_\-]{8}"),
    _shape("langsmith", r"lsv2_(?:pt|sk)_[a-f0-9]{32}_[a-f0-9]{10}", r"lsv2_(pt|sk)_[a-f0-9]{8}"),
    _shape("tavily", r"tvly-(?:dev-|prod-)?[A-Za-z0-9]{32}", r"tvly-"),
    _shape("pinecone", r"pcsk_[A-Za-z0-9]{5,6}_[A-Za-z0-9]{60,70}", r"pcsk_[A-Za-z0-9]{5}"),
    # source control, packages, chat, mail, payment
    _shape("github", r"gh[pousr]_[A-Za-z0-9]{36,255}|github_pat_[A-Za-z0-9_]{82}", r"(gh[pousr]_[A-Za-z0-9]{8}|github_pat_[A-Za-z0-9_]{8})"),
    _shape("gitlab", r"gl(?:pat|dt|rt|ptt|oas|imt|agent|soat|ft|cbt)-[A-Za-z0-9_\-]{20,64}(?:\.[0-9a-z]{2}\.[0-9a-z]{7,9})?|GR1348941[A-Za-z0-9_\-]{20}", r"gl(pat|dt|rt|ptt|oas|imt|agent|soat|ft|cbt)-[A-Za-z0-9_\-]{8}|GR1348941"),
    _shape("gitee", r"gitee_[a-f0-9]{32,64}", r"gitee_[a-f0-9]{8}"),
    _shape("bitbucket", r"ATBB[A-Za-z0-9]{32,36}|ATCTT3xFfGN0[A-Za-z0-9_\-=]{100,200}", r"(ATBB[A-Za-z0-9]{8}|ATCTT3xFfGN0)"),
    _shape("atlassian", r"ATATT3[A-Za-z0-9_\-=]{180,200}", r"ATATT3[A-Za-z0-9_\-=]{8}"),
    _shape("npm", r"npm_[A-Za-z0-9]{36}", r"npm_[A-Za-z0-9]{8}"),
    _shape("pypi", r"pypi-AgEIcHlwaS5vcmc[A-Za-z0-9_\-]{50,300}", r"pypi-AgEIcHlwaS5vcmc"),
    _shape("rubygems", r"rubygems_[a-f0-9]{48}", r"rubygems_[a-f0-9]{8}"),
    _shape("docker", r"dckr_(?:pat|oat)_[A-Za-z0-9_\-]{27,40}", r"dckr_(pat|oat)_"),
    _shape("slack_token", r"xox[abeoprs]-(?:[0-9]{1,14}-){1,4}[A-Za-z0-9]{8,200}(?!#)|xox[ar]-[A-Za-z0-9]{8,48}|xapp-[0-9]-[A-Z0-9]{8,12}-[0-9]{8,14}-[a-f0-9]{20,64}|xoxe\.xox[bp]-[0-9]-[A-Za-z0-9]{100,180}", r"(xox[abeoprs]-|xapp-[0-9]-|xoxe\.)"),
    _shape("slack_webhook", r"hooks\.slack\.com/(?:services|workflows|triggers)/[A-Za-z0-9+/]{40,80}", r"hooks\.slack\.com/", 0.97),
    _shape("discord_webhook", r"discord(?:app)?\.com/api/webhooks/[0-9]{17,20}/[A-Za-z0-9_\-]{60,70}", r"com/api/webhooks/", 0.97, window=48),
    _shape("dingtalk_webhook", r"oapi\.dingtalk\.com/robot/send\?access_token=[a-f0-9]{64}", r"oapi\.dingtalk\.com/robot/send", 0.97),
    _shape("wecom_webhook", r"qyapi\.weixin\.qq\.com/cgi-bin/webhook/send\?key=[a-f0-9\-]{36}", r"cgi-bin/webhook/send", 0.97, window=48),
    _shape("feishu_webhook", r"open\.(?:feishu\.cn|larksuite\.com)/open-apis/bot/v2/hook/[a-f0-9\-]{36}", r"open-apis/bot/v2/hook/", 0.97, window=48),
    _shape("telegram_bot", r"[0-9]{5,16}:A[A-Za-z0-9_\-]{34}", r"[0-9]{5}:A[A-Za-z0-9_\-]{8}", window=56),
    _shape("stripe", r"(?:sk|rk)_(?:live|test|prod)_[A-Za-z0-9]{10,99}|whsec_[A-Za-z0-9+/=]{32,64}", r"((sk|rk)_(live|test|prod)_|whsec_)"),
    _shape("square", r"(?:EAAA|sq0atp-|sq0csp-|sq0idp-)[A-Za-z0-9_\-+=]{22,60}", r"(EAAA|sq0(atp|csp|idp)-)"),
    _shape("shopify", r"shp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}", r"shp(at|ca|pa|ss)_"),
    _shape("sendgrid", r"SG\.[A-Za-z0-9_\-]{22}\.[A-Za-z0-9_\-]{43}", r"SG\.[A-Za-z0-9_\-]{22}\."),
    _shape("mailgun", r"key-[a-f0-9]{32}|pubkey-[a-f0-9]{32}", r"key-[a-f0-9]{8}", window=40),
    _shape("mailchimp", r"[a-f0-9]{32}-us[0-9]{1,2}", r"[a-f0-9]-us[0-9]", window=37),
    _shape("brevo", r"xkeysib-[a-f0-9]{64}-[A-Za-z0-9]{16}", r"xkeysib-"),
    _shape("twilio", r"SK[a-f0-9]{32}", r"SK[a-f0-9]{8}"),
    _shape("new_relic", r"NRAK-[A-Z0-9]{27}|NRJS-[a-f0-9]{19}|NRII-[A-Za-z0-9\-]{32}", r"NR(AK|JS|II)-"),
    _shape("grafana", r"gl(?:sa|c)_[A-Za-z0-9+/_]{32,400}={0,3}|eyJrIjoi[A-Za-z0-9]{70,400}={0,3}", r"(gl(sa|c)_|eyJrIjoi)"),
    _shape("sentry", r"sntrys_eyJ[A-Za-z0-9+/=_]{60,400}|sntryu_[a-f0-9]{64}", r"sntry(s_eyJ|u_[a-f0-9]{8})"),
    _shape("linear", r"lin_(?:api|oauth)_[A-Za-z0-9]{40,64}", r"lin_(api|oauth)_"),
    _shape("notion", r"(?:ntn_|secret_)[A-Za-z0-9]{43,50}", r"(ntn_|secret_)[A-Za-z0-9]{8}"),
    _shape("postman", r"PMAK-[a-f0-9]{24}-[a-f0-9]{34}", r"PMAK-"),
    _shape("airtable", r"pat[A-Za-z0-9]{14}\.[a-f0-9]{64}", r"pat[A-Za-z0-9]{14}\."),
    _shape("figma", r"fig[dou]_[A-Za-z0-9_\-]{40,60}", r"fig[dou]_[A-Za-z0-9_\-]{8}"),
    _shape("facebook", r"EAA[A-Za-z0-9]{60,250}", r"EAA[A-Za-z0-9]{8}"),
    _shape("facebook_app", r"[0-9]{15,16}\|[A-Za-z0-9_\-]{27,40}", r"[0-9]{15}\|", window=18),
    _shape("dynatrace", r"dt0c01\.[A-Za-z0-9]{24}\.[A-Za-z0-9]{64}", r"dt0c01\."),
    _shape("artifactory", r"AKCp[A-Za-z0-9]{60,80}|cmVmdGtu[A-Za-z0-9]{56}", r"(AKCp[A-Za-z0-9]{8}|cmVmdGtu)"),
    _shape("onepassword", r"ops_eyJ[A-Za-z0-9+/]{250,900}={0,3}|A3-[A-Z0-9]{6}-(?:[A-Z0-9]{11}|[A-Z0-9]{6}-[A-Z0-9]{5})(?:-[A-Z0-9]{5}){3}", r"(ops_eyJ|A3-[A-Z0-9]{6}-)"),
    _shape("kubernetes_token", r"eyJhbGciOi[A-Za-z0-9_\-]{10,200}\.eyJ[A-Za-z0-9_\-]{20,2000}\.[A-Za-z0-9_\-]{20,700}", r"eyJhbGciOi[A-Za-z0-9_\-]{8}", 0.9),
    _shape("jwt", r"eyJ[A-Za-z0-9_\-]{6,4000}\.eyJ[A-Za-z0-9_\-]{8,4000}\.[A-Za-z0-9_\-]{16,700}", r"eyJ[A-Za-z0-9_\-]{6}", 0.88, reach=9000),
    # further vendors
    _shape("adobe", r"p8e-[A-Za-z0-9]{32}", r"p8e-[A-Za-z0-9]{8}"),
    _shape("authress", r"(?:sc|ext|scauth|authress)_[A-Za-z0-9]{5,30}\.[A-Za-z0-9]{4,6}\.acc[_\-][A-Za-z0-9\-]{10,32}\.[A-Za-z0-9+/_=\-]{30,120}", r"\.acc[_\-][A-Za-z0-9\-]{8}", window=64),
    _shape("bedrock", r"ABSK[A-Za-z0-9+/]{109,269}={0,2}|bedrock-api-key-YmVkcm9jay5hbWF6b25hd3MuY29t[A-Za-z0-9+/=_\-]{0,700}", r"(ABSK[A-Za-z0-9+/]{8}|bedrock-api-key-)", check=None),
    _shape("buildkite", r"bkua_[a-f0-9]{40}", r"bkua_[a-f0-9]{8}"),
    _shape("circleci", r"CCIPAT_[A-Za-z0-9]{22}_[a-f0-9]{40}", r"CCIPAT_"),
    _shape("clickhouse_cloud", r"4b1d[A-Za-z0-9]{38}", r"4b1d[A-Za-z0-9]{8}", check=mixed),
    _shape("clojars", r"CLOJARS_[A-Za-z0-9]{60}", r"CLOJARS_"),
    _shape("contentful", r"CFPAT-[A-Za-z0-9_\-]{43}", r"CFPAT-"),
    _shape("duffel", r"duffel_(?:test|live)_[A-Za-z0-9_\-=]{43}", r"duffel_(test|live)_"),
    _shape("easypost", r"EZ[AT]K[A-Za-z0-9]{54}", r"EZ[AT]K[A-Za-z0-9]{8}"),
    _shape("elevenlabs", r"sk_[a-f0-9]{48}", r"sk_[a-f0-9]{8}"),
    _shape("flutterwave", r"FLW(?:PUB|SEC)K(?:_TEST)?-(?:[A-Za-z0-9]{32}-X|[A-Za-z0-9]{12})", r"FLW(PUB|SEC)K"),
    _shape("frameio", r"fio-u-[A-Za-z0-9_\-=]{64}", r"fio-u-"),
    _shape("gitlab_session", r"_gitlab_session=[0-9a-z]{32}", r"_gitlab_session="),
    _shape("harness", r"[ps]at\.[A-Za-z0-9_\-]{22}\.[A-Za-z0-9]{24}\.[A-Za-z0-9]{20}", r"[ps]at\.[A-Za-z0-9_\-]{22}\."),
    _shape("hubspot", r"pat-(?:na|eu|ap)[0-9]-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", r"pat-(na|eu|ap)[0-9]-"),
    _shape("infracost", r"(?<!\.)ico-[A-Za-z0-9]{32}", r"ico-[A-Za-z0-9]{8}"),
    _shape("intra42", r"s-s4t2(?:ud|af)-[a-f0-9]{64}", r"s-s4t2(ud|af)-"),
    _shape("maxmind", r"[A-Za-z0-9]{6}_[A-Za-z0-9]{29}_mmk", r"_[A-Za-z0-9]{29}_mmk", window=48),
    _shape("netlify", r"nfp_[A-Za-z0-9]{36}", r"nfp_[A-Za-z0-9]{8}"),
    _shape("octopus_deploy", r"API-[A-Z0-9]{26}", r"API-[A-Z0-9]{8}", check=mixed),
    _shape("openshift", r"sha256~[A-Za-z0-9_\-]{43}", r"sha256~[A-Za-z0-9_\-]{8}"),
    _shape("posthog", r"phx_[A-Za-z0-9]{40,50}", r"phx_[A-Za-z0-9]{8}"),
    _shape("prefect", r"pn[ub]_[A-Za-z0-9]{36}", r"pn[ub]_[A-Za-z0-9]{8}"),
    _shape("readme", r"rdme_[a-z0-9]{70}", r"rdme_[a-z0-9]{8}"),
    _shape("scalingo", r"tk-us-[A-Za-z0-9_\-]{48}", r"tk-us-[A-Za-z0-9_\-]{8}"),
    _shape("settlemint", r"sm_[aps]at_[A-Za-z0-9]{16}", r"sm_[aps]at_[A-Za-z0-9]{8}"),
    _shape("shippo", r"shippo_(?:live|test)_[a-fA-F0-9]{40}", r"shippo_(live|test)_"),
    _shape("sonarqube", r"sq[uap]_[A-Za-z0-9]{40}", r"sq[uap]_[A-Za-z0-9]{8}"),
    _shape("sourcegraph", r"sgp_(?:[A-Fa-f0-9]{16}_|local_)?[A-Fa-f0-9]{40}", r"sgp_"),
    _shape("supabase", r"sbp_[a-f0-9]{40}|sb_secret_[A-Za-z0-9_\-]{22,60}", r"(sbp_[a-f0-9]{8}|sb_secret_)"),
    _shape("tailscale", r"tskey-(?:auth|api|client|webhook|scim)-[A-Za-z0-9]{10,20}-[A-Za-z0-9]{20,40}", r"tskey-"),
    _shape("teams_webhook", r"[a-z0-9\-]{1,60}\.webhook\.office\.com/webhookb2/[A-Za-z0-9\-]{36}@[A-Za-z0-9\-]{36}/IncomingWebhook/[A-Za-z0-9]{32}/[A-Za-z0-9\-]{36}", r"webhook\.office\.com/webhookb2/", 0.97, window=100),
    _shape("typeform", r"tfp_[A-Za-z0-9_\-.=]{59}", r"tfp_[A-Za-z0-9_\-.=]{8}"),
    Rule("secret.private_key", "SECRET", r"-----BEGIN (?:(?:RSA|DSA|EC|OPENSSH|ENCRYPTED|PGP) )?PRIVATE KEY(?: BLOCK)?-----(?:[^\x00-]|-(?!----)){0,8000}(?:-----END [A-Z ]{0,20}PRIVATE KEY(?: BLOCK)?-----)?", r"-----BEGIN [A-Z ]{0,20}PRIVATE KEY", 0.99, _holds_key, refutable=False, window=64, reach=8400),
    Rule("secret.putty_key", "SECRET", r"PuTTY-User-Key-File-[23]: [^\x00]{20,4000}?Private-MAC: [a-f0-9]{40,64}", r"PuTTY-User-Key-File-[23]", 0.99, refutable=False, window=32, reach=4200),
    _near("aws_secret_key", r"[A-Za-z0-9/+]{40}", ("aws", "secret access key", "secret key", "aws_secret_access_key", "secretaccesskey"), _LONG, check=_base64),
    _near("alibaba_secret", r"[A-Za-z0-9]{30}", ("alibaba", "aliyun", "access key secret", "accesskeysecret", "阿里云", "oss", "ltai*"), _LONG, check=_base64),
    _near("tencent_secret_key", r"[A-Za-z0-9]{32}", ("tencent", "secretkey", "secret key", "腾讯云", "akid*"), _LONG, check=_base64),
    _near("huawei_secret", r"[A-Za-z0-9]{40}", ("huawei", "hwcloud", "华为云", "huaweicloud", "obs"), _LONG, check=_base64),
    _near("huawei_access_key", r"[A-Z0-9]{20}", ("huawei", "hwcloud", "华为云", "huaweicloud", "obs"), r"[A-Z0-9]{20}"),
    _near("moonshot_deepseek", r"sk-[A-Za-z0-9]{24,64}", ("deepseek", "moonshot", "kimi", "qwen", "dashscope", "通义", "百炼", "月之暗面", "深度求索", "minimax", "api key", "apikey"), r"sk-[A-Za-z0-9]{8}", 0.95),
    _near("azure_storage_key", r"[A-Za-z0-9+/]{86}==", ("accountkey", "account key", "azure", "sharedaccesskey", "storage"), _LONG),
    _near("hexadecimal_key", r"[a-f0-9]{32}|[a-f0-9]{40}|[a-f0-9]{64}", ("api key", "apikey", "api secret", "secret key", "access token", "auth token", "datadog", "algolia", "app secret", "appsecret", "app key", "client secret"), _LONG),
    _near("uuid_key", r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", ("api key", "apikey", "heroku", "client secret", "secret key", "access token", "license key"), r"[0-9a-f]{8}-[0-9a-f]{4}-"),
)  # fmt: skip
