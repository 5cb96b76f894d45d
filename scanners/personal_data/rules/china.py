# ruff: noqa: E501, SIM905 - a table reads best one row a line
"""Chinese identifiers: the mainland's, Hong Kong's, Macao's and Taiwan's."""

from __future__ import annotations

from scanners.personal_data.checks import china
from scanners.personal_data.rules.rule import (
    DIGITS_8,
    DIGITS_13,
    EDGE_LEFT,
    EDGE_RIGHT,
    LETTER_DIGITS,
    NUMBER_LEFT,
    NUMBER_RIGHT,
    Rule,
)

ID_WORDS = ("身份证", "身分证", "证件", "证号", "id card", "id number", "identity", "idcard", "sfz", "national id", "公民身份",
            "居民", "ausweis*", "id no", "id")  # fmt: skip
PHONE_WORDS = (
    "手机", "电话", "联系", "致电", "拨打", "来电", "热线", "座机", "传真", "号码", "联络", "短信", "客服", "phone", "mobile",
    "cell", "cellphone", "telephone", "tel", "call", "calling", "called", "dial", "fax", "contact", "whatsapp", "sms", "text", "telefon*",
    "handy*", "mobil*", "rufnummer", "anruf*", "rückruf*", "rufen", "erreich*", "reach", "hotline", "ring", "line", "ph", "mob", "msisdn", "微信",
)  # fmt: skip
CARD_WORDS = ("银行卡", "储蓄卡", "借记卡", "信用卡", "卡号", "账号", "帐号", "账户", "银联", "开户", "收款", "打款", "转账", "工资卡", "bank card",
              "card", "unionpay", "account", "debit", "karte*", "konto*")  # fmt: skip
TRAVEL_WORDS = ("护照", "通行证", "旅行证", "证件", "签证", "出境", "入境", "passport", "travel document", "travel permit",
                "permit", "回乡证", "台胞证", "港澳", "reisepass*", "visa")  # fmt: skip

_PROVINCE = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
_DOT = r"[ ·.•・∙\-]?"

_WECHAT_WORDS = frozenset(
    "official payment public account program message number please contact support service".split()
)


def plausible_plate(text: str) -> bool:
    """Two digits at least: `京ABCDE F` is prose."""
    return sum(character.isdigit() for character in text) >= 2


def plausible_wechat(text: str) -> bool:
    """Not an English word that merely follows 'WeChat'."""
    return text.lower() not in _WECHAT_WORDS


RULES: tuple[Rule, ...] = (
    Rule(
        id="cn.id_card",
        type="CN_ID_CARD",
        pattern=rf"{NUMBER_LEFT}[1-8](?:[ \-]?[0-9]){{16}}[ \-]?[0-9Xx]{EDGE_RIGHT}",
        gate=DIGITS_13,
        score=0.95,
        check=china.id_card,
        context=ID_WORDS,
        boosted=1.0,
        refutable=False,
    ),
    Rule(
        id="cn.id_card_15",
        type="CN_ID_CARD",
        pattern=rf"{NUMBER_LEFT}[1-6][0-9]{{14}}{NUMBER_RIGHT}",
        gate=DIGITS_13,
        score=0.3,
        check=china.id_card_15,
        context=("身份证", "身分证", "id card", "identity", "证件", "证号"),
        boosted=0.85,
    ),
    Rule(
        id="cn.mobile",
        type="PHONE_NUMBER",
        pattern=rf"{NUMBER_LEFT}1[3-9][0-9](?P<s>[ \-]?)[0-9]{{4}}(?P=s)[0-9]{{4}}{NUMBER_RIGHT}",
        gate=DIGITS_8,
        score=0.7,
        check=china.mobile,
        context=PHONE_WORDS,
        boosted=0.95,
    ),
    Rule(
        id="cn.mobile_86",
        type="PHONE_NUMBER",
        pattern=rf"(?<![A-Za-z0-9+])(?<![0-9][.\-/_:])(?:(?:\+|00)?86[ \-]?|\(\+?86\)[ \-]?|\+86\(0\))1[3-9][0-9][ \-]?[0-9]{{4}}[ \-]?[0-9]{{4}}{NUMBER_RIGHT}",
        gate=r"86\)?(\(0\))?[ \-]?1[3-9][0-9]",
        score=0.75,
        check=china.mobile,
        context=PHONE_WORDS,
        boosted=0.96,
    ),
    Rule(
        id="cn.landline",
        type="PHONE_NUMBER",
        pattern=rf"(?<![A-Za-z0-9+])(?<![0-9][.\-/_:])(?:(?:\+|00)86[ \-]?(?:0?[1-9][0-9]{{1,2}})|\(0[1-9][0-9]{{1,2}}\)|0[1-9][0-9]{{1,2}})[ \-]?[2-8][0-9]{{2,3}}[ \-]?[0-9]{{4}}(?:(?:转|-| ?ext\.? ?)[0-9]{{1,6}})?{NUMBER_RIGHT}",
        gate=DIGITS_8,
        score=0.55,
        check=china.area_code,
        context=PHONE_WORDS,
        boosted=0.9,
    ),
    Rule(
        id="cn.service_line",
        type="PHONE_NUMBER",
        pattern=rf"{NUMBER_LEFT}[48]00[ \-]?[0-9]{{3}}[ \-]?[0-9]{{4}}{NUMBER_RIGHT}",
        gate=DIGITS_8,
        score=0.4,
        context=PHONE_WORDS,
        boosted=0.8,
    ),
    Rule(
        id="cn.unionpay",
        type="CN_BANK_CARD",
        pattern=rf"{NUMBER_LEFT}(?:62|81)(?:[ \-]?[0-9]){{14,17}}{NUMBER_RIGHT}",
        gate=DIGITS_13,
        score=0.85,
        check=china.unionpay,
        context=CARD_WORDS,
        boosted=0.98,
    ),
    Rule(
        id="cn.bank_card",
        type="CN_BANK_CARD",
        pattern=rf"{NUMBER_LEFT}[134569](?:[ \-]?[0-9]){{15,18}}{NUMBER_RIGHT}",
        gate=DIGITS_13,
        score=0.3,
        check=china.chinese_bank_card,
        context=("银行卡", "储蓄卡", "借记卡", "工资卡", "银联", "开户", "unionpay"),
        boosted=0.75,
    ),
    Rule(
        id="cn.uscc",
        type="CN_USCC",
        pattern=rf"{EDGE_LEFT}[1-9A-HJ-NPQRTUWXY][1-9A-HJ-NPQRTUWXY][0-9]{{6}}[0-9A-HJ-NPQRTUWXY]{{10}}{EDGE_RIGHT}",
        gate=r"[0-9]{6}[0-9A-Y]{10}",
        score=0.9,
        check=china.uscc,
        context=("统一社会信用", "信用代码", "社会信用", "税号", "纳税人", "营业执照", "uscc", "credit code"),
        boosted=1.0,
        refutable=False,
        digits=6,
    ),
    Rule(
        id="cn.passport",
        type="CN_PASSPORT",
        pattern=rf"{EDGE_LEFT}(?:[EGeg][0-9]{{8}}|[Ee][A-HJ-NP-Za-hj-np-z][0-9]{{7}}|(?:[Dd][Ee]|[Ss][Ee]|[Pp][Ee]|[Mm][AaBb]|[Kk]J)[0-9]{{7}}|[DSPdsp][0-9]{{7,8}}|1[45][0-9]{{7}}){EDGE_RIGHT}",
        gate=r"[A-Za-z0-9][0-9]{7}",
        score=0.4,
        context=("护照", "证件", "签证", "出境", "入境", "出国", "passport", "travel document", "visa", "reisepass*"),
        boosted=0.9,
        digits=7,
    ),
    Rule(
        id="cn.hkmo_permit",
        type="CN_HKMO_PERMIT",
        pattern=rf"{EDGE_LEFT}(?:[CWcw][0-9]{{8}}|[Cc][A-HJ-NP-Za-hj-np-z][0-9]{{7}}|[HMhm][0-9]{{8}}(?:[0-9]{{2}})?){EDGE_RIGHT}",
        gate=LETTER_DIGITS,
        score=0.4,
        context=(
            "通行证",
            "港澳",
            "回乡证",
            "证件",
            "往来",
            "来往",
            "内地",
            "permit",
            "hong kong",
            "macao",
            "macau",
            "home return",
        ),
        boosted=0.92,
    ),
    Rule(
        id="cn.taiwan_permit",
        type="CN_TAIWAN_PERMIT",
        pattern=rf"{EDGE_LEFT}(?:[0-9]{{8}}|[0-9]{{10}}[A-Z]?|[TL][0-9]{{8}}){EDGE_RIGHT}",
        gate=r"[A-Za-z0-9][0-9]{7}",
        score=0.05,
        context=("台胞证", "台湾居民来往", "台湾居民往来", "台湾通行证", "大陆居民往来台湾"),
        boosted=0.85,
        digits=8,
    ),
    Rule(
        id="cn.license_plate",
        type="CN_LICENSE_PLATE",
        pattern=rf"[{_PROVINCE}][A-HJ-NP-Za-hj-np-z]{_DOT}(?:[A-HJKa-hjk][A-HJ-NP-Za-hj-np-z0-9][0-9]{{4}}|[0-9]{{5}}[A-HJKa-hjk]|[A-HJ-NP-Za-hj-np-z0-9]{{4}}[A-HJ-NP-Za-hj-np-z0-9挂学警港澳试超])(?![A-Za-z0-9])",
        gate=rf"[{_PROVINCE}][A-Za-z][ ·.•・∙\-]?[A-Za-z0-9]{{4}}",
        score=0.85,
        check=plausible_plate,
        context=("车牌", "车辆", "号牌", "汽车", "驾驶", "plate", "vehicle", "license"),
        boosted=0.98,
        refutable=False,
    ),
    Rule(
        id="cn.license_plate_special",
        type="CN_LICENSE_PLATE",
        pattern=rf"(?<![A-Za-z0-9])WJ{_DOT}[{_PROVINCE}]{_DOT}[0-9]{{4}}[0-9XBTSHJD](?![A-Za-z0-9])|使[0-9]{{6}}(?![0-9])|(?<![0-9A-Za-z])[0-9]{{6}}使|[军空海北沈兰济南广成][A-Z]{_DOT}[A-Z0-9][0-9]{{4}}(?![0-9A-Za-z])|民航[A-HJ-NP-Z0-9]{{5}}(?![0-9A-Za-z])",
        gate=r"(WJ|使[0-9]{6}|[0-9]{6}使|[军空海北沈兰济南广成][A-Z]|民航[A-Z0-9])",
        score=0.6,
        context=("车牌", "车辆", "号牌", "军车", "plate", "vehicle"),
        boosted=0.9,
        refutable=False,
    ),
    Rule(
        id="cn.military_id",
        type="CN_MILITARY_ID",
        pattern=r"(?<![文编发办函])[军士文兵武警广南北沈兰成济海空政后装参联火政东西中][字]\s?第?\s?[A-Za-z]?[0-9]{4,8}[A-Za-z]?\s?号?(?![0-9])",
        gate=r"字\s?(第)?\s?[A-Za-z]?[0-9]{4}",
        score=0.85,
        context=("军官证", "士兵证", "军人", "警官证", "文职", "部队", "military"),
        boosted=0.97,
        refutable=False,
    ),
    Rule(
        id="cn.military_id_labelled",
        type="CN_MILITARY_ID",
        pattern=r"(?:军官|士兵|士官|军人|警官|文职干部|义务兵)证(?:件)?(?:编号|号码|号)?\s{0,3}[:是为]?\s{0,3}(?P<v>(?:[\u4e00-\u9fff]{1,2}字?第?)?[A-Za-z]{0,2}[0-9]{6,9}[A-Za-z]?号?)(?![0-9A-Za-z])",
        gate=r"(军官|士兵|士官|军人|警官|文职干部|义务兵)证",
        score=0.9,
        refutable=False,
    ),
    Rule(
        id="hk.id_card",
        type="HK_ID_CARD",
        pattern=rf"{EDGE_LEFT}[A-Za-z]{{1,2}}[0-9]{{6}}\s?\([0-9Aa]\)",
        gate=r"[A-Za-z][0-9]{6}\s?\([0-9Aa]\)",
        score=0.9,
        check=china.hong_kong_id,
        context=("身份证", "身份證", "hkid", "identity", "hong kong", "香港"),
        boosted=0.98,
        refutable=False,
        digits=6,
    ),
    Rule(
        id="hk.id_card_plain",
        type="HK_ID_CARD",
        pattern=rf"{EDGE_LEFT}[A-Z]{{1,2}}[0-9]{{6}}-?[0-9A]{EDGE_RIGHT}",
        gate=r"[A-Z][0-9]{6}-?[0-9A]",
        score=0.3,
        check=china.hong_kong_id,
        context=("香港身份", "hkid", "hong kong id", "香港居民身份"),
        boosted=0.9,
        digits=6,
    ),
    Rule(
        id="mo.id_card",
        type="MO_ID_CARD",
        pattern=rf"{EDGE_LEFT}[1578][0-9]{{6}}(?:\([0-9]\)|/[0-9]){EDGE_RIGHT}",
        gate=r"[0-9]{7}[(/][0-9]",
        score=0.45,
        context=("澳门", "澳門", "macau", "macao", "bir", "身份证", "身份證"),
        boosted=0.9,
        digits=8,
    ),
    Rule(
        id="tw.id_card",
        type="TW_ID_CARD",
        pattern=rf"{EDGE_LEFT}[A-Z][1289][0-9]{{8}}{EDGE_RIGHT}",
        gate=LETTER_DIGITS,
        score=0.55,
        check=china.taiwan_id,
        context=(
            "台湾",
            "台灣",
            "臺灣",
            "身份证",
            "身分證",
            "身份證",
            "居留证",
            "居留證",
            "taiwan",
            "national id",
            "證號",
        ),
        boosted=0.95,
    ),
    Rule(
        id="cn.wechat_labelled",
        type="WECHAT_ID",
        pattern=r"(?:微信|薇信|威信|wechat|weixin|(?<![A-Za-z])(?:vx|wx|v信))[ _\-]{0,2}(?:账号|帐号|号码|号|ID|no\.?)?\s{0,3}(?:[:=是为]|is|id)?[\s\"'“「(]{0,3}(?P<v>[A-Za-z][A-Za-z0-9_\-]{5,19})(?![A-Za-z0-9_\-])(?!\.[A-Za-z]|@|/)",
        gate=r"(微信|薇信|威信|wechat|weixin|vx|wx|v信)",
        score=0.85,
        check=plausible_wechat,
        ignore_case=True,
        refutable=False,
    ),
    Rule(
        id="cn.wechat_native",
        type="WECHAT_ID",
        pattern=r"(?<![A-Za-z0-9_])wxid_[a-z0-9]{10,22}(?![A-Za-z0-9_])",
        gate=r"wxid_[a-z0-9]{10}",
        score=0.95,
        refutable=False,
    ),
    Rule(
        id="cn.qq_labelled",
        type="QQ_NUMBER",
        pattern=r"(?<![A-Za-z0-9])(?:QQ|扣扣|企鹅号?)[ _\-]{0,2}(?:账号|帐号|号码|群号|群|号|number|no\.?|id)?\s{0,3}(?:[:=是为]|is)?[\s\"'“「(]{0,3}(?P<v>[1-9][0-9]{4,10})(?![A-Za-z0-9@])(?!\.[0-9])",
        gate=r"(QQ|扣扣|企鹅)",
        score=0.88,
        ignore_case=True,
        refutable=False,
    ),
)
