# ruff: noqa: E501 - a table reads best one row a line
"""Names without a model: by what stands beside them and by how they are built."""

from __future__ import annotations

from scanners.personal_data.rules.given_names import GIVEN_NAMES
from scanners.personal_data.rules.lexicon import (
    COMPANIES,
    COMPOUND_SURNAMES,
    GIVEN_CHARACTERS,
    NOT_IN_NAMES,
    NOT_NAMES,
    NOT_SURNAMED,
    RARE_SURNAMES,
    STREET_WORDS,
    SURNAMES,
)
from scanners.personal_data.rules.rule import Rule

_RARE = "".join(sorted(set(RARE_SURNAMES) - set(SURNAMES)))
_HAN = r"[\u4e00-\u9fff]"
_FIRST = "".join(sorted(set(SURNAMES) | {name[0] for name in COMPOUND_SURNAMES}))
_SECOND = "|".join(f"(?<={name[0]}){name[1]}" for name in COMPOUND_SURNAMES)
_SECONDS = "".join(sorted({name[1] for name in COMPOUND_SURNAMES}))
_SURNAME = f"[{_FIRST}](?:{_SECOND})?"
_ANY_SURNAME = rf"(?:{_SURNAME}|(?<=[:=是为叫\s\"'“])[{_RARE}])"
_CHINESE_NAME = rf"{_ANY_SURNAME}{_HAN}{{1,2}}"
_DOTTED = rf"{_HAN}{{2,8}}(?:[·•.]{_HAN}{{1,10}}){{1,3}}"
_HAN_PAIR = "[一-龥]{2}"

_PEOPLE = (
    "联系人|联络人|收件人|收货人|寄件人|发件人|申请人|患者|病人|客户|用户|经办人|负责人|法定代表人|法人代表|法人|户主|持卡人|"
    "持证人|投保人|被保险人|受益人|监护人|紧急联系人|员工|学生|家长|老师|医生|主治医师|主任|经理|旅客|乘客|"
    "乘机人|司机|车主|业主|租客|承租人|出租人|买方|卖方|甲方|乙方|原告|被告|证人|嫌疑人|当事人|委托人|代理人|签字人|"
    "作者|讲师|面试官|候选人|应聘者|会员|顾客|收款人|付款人|预订人|入住人|订购人|签收人|考生|投诉人|报案人"
)
_CUE = (
    f"姓名|名字|开户名|户名|账户名|签名|署名|称呼|{_PEOPLE}|本人|我叫|叫做|名叫|我是|这是|致电|联系|找|请|约|同事|同学|朋友|丈夫|妻子|父亲|母亲|"
    "儿子|女儿|配偶|爱人|邻居|房东"
)
_WEAK_CUE = "感谢|通知|由|给|和|与|同|被|把|让|叫|是|向|对|陪|跟|告知|转告|委托|授权|指派|任命|聘请|采访|询问|教授|律师|专家|村民|居民|市民|网友|今天|昨天|前天|明天|昨晚|今早|上午|下午|中午|晚上|刚才|刚刚|日前|近日|随后|部|科|处|组|室|院|校|班|局|队|厂|店|公司|到|歌手|演员|导演|球员|记者|编辑|店主|老板|助理|秘书|组长|班长|队长|店长"
_CUE_ENDS = "".join(sorted({word[-1] for word in (_CUE + "|" + _WEAK_CUE).split("|")}))
_STRONG_CUE = "|".join(
    word for word in _CUE.split("|") if word not in ("请", "找", "约", "联系", "这是", "致电", "本人", "叫做", "我是")
)
_TITLE = (
    "先生|女士|小姐|太太|老师|教授|博士|医生|大夫|护士|律师|经理|总经理|主任|院长|校长|局长|处长|科长|部长|书记|总监|同学|同志|师傅|"
    "阿姨|叔叔|警官|法官|董事长|主管|工程师|会计"
)
_COURTESY = "先生|女士|小姐|太太"
_FOLLOWING = r"(?:的|在|是|于|已|向|将|为|说|称|把|从|到|今|同|和|与|及|您|你|先|女|老|也|正|因|曾|对|住|提|表|办|申|通|负|来|去|电|身|手|出|投|反|咨|预|签|男|主持|参|作|任|担|等)"
_AFTER = r"(?:的|，|,|。|、|和|与|在|是|于|已|向|将|为|说|称|有|把|从|到|今|同|（|\(|;|；|:|\s|\x00|$|[0-9A-Za-z])"
_ACTING = (
    "(?:持|收|男|女|住|驾|因|经|乘|报|反映|出生|投诉|来电|致电|反馈|咨询|预约|表示|要求|申请|签收|入住|退房|登录|注册|提交|缴纳|就诊|"
    "住院|入院|购买|下单)"
)
_OWNED = (
    "(?:银行卡|储蓄卡|信用卡|卡号|账户|账号|帐号|邮箱|电话|手机|座机|身份证|护照|地址|住址|微信|生日|病历|简历|家长|父亲|母亲|爸爸|妈妈|妻子|丈夫|"
    "儿子|女儿|工资|包裹|指纹)"
)
"""What only a person has: '…的邮箱'."""
_ENDED = r"(?=[,，。、;；!！?？()（）\[\]【】\"'”“|/\s<\x00]|$)"

_UPPER, _LOWER = "A-ZÀ-ÖØ-Þ\u0100-\u017f", "a-zà-öø-ÿß\u0100-\u017f"
"""Latin Extended-A alternates between the cases: Wójcik, Yıldırım and Čapek are names either way."""
_WORD = rf"[{_UPPER}][{_LOWER}]{{1,20}}"
_CAPITAL = rf"(?:(?:Mc|Mac|[OD]['’])?{_WORD}(?:(?:-|['’](?!s(?![a-z])))[{_UPPER}]?[{_LOWER}]{{1,20}})?)"
_LATIN_NAME = rf"{_CAPITAL}(?: (?:[A-Z]\.|van|von|der|den|de|da|del|di|la|le|bin|al|zu))?(?: (?:van|von|der|den|de|da|del|di|la|le|zu))?(?: {_CAPITAL}){{1,2}}"

_BELONGINGS = (
    "(?:mobile|cell|phone|number|e-?mail|address|birthday|passport|salary|account|card|SSN|badge|diagnosis|prescription|insurance|wife|husband|"
    "mother|father|son|daughter|doctor|house|home|boss|laptop)"
)
_CLOSING = (
    "[Hh]i|[Hh]ello|[Hh]ey|[Dd]ear|[Bb]est|[Bb]est regards|[Kk]ind regards|[Rr]egards|[Ss]incerely|[Cc]heers|[Tt]hanks|[Tt]hank you|Hallo|Liebe[r]?|"
    "Gruß|Viele Grüße|Grüße|LG|VG"
)
_INSTITUTION = "Inc|Ltd|LLC|LLP|PLC|GmbH|AG|Corp|Corporation|Company|Group|Foundation|University|College|School|Hospital|Museum|Airport|Stadium|Centre|Center|Street|Road|Avenue|Prize|Award|Act|Tower|Towers|Building|Cathedral|Bridge|Theatre|Theater|Library|Institute|Academy|Falls|River|Bay|Valley|Mountains?|Islands?|Press|Partners|Bank|Plan|Program|Programme"
"""A name before one of these is an institution's."""

_ROLE = (
    "patient|employee|customer|client|tenant|defendant|plaintiff|witness|insured|passenger|student|applicant|nurse|colleague|neighbou?r|"
    "(?:[Dd](?:er|ie|en|em|es)|[Uu]nsere?|[Mm]eine?) (?:Patient(?:in)?|Mitarbeiter(?:in)?|Kunde|Kundin|Zeuge|Zeugin|Mieter(?:in)?|"
    "Schüler(?:in)?|Bewerber(?:in)?|Kolleg(?:e|in)|Nachbar(?:in)?)"
)
"""Small, in English: in 'Customer Success Manager' and 'Client Side Rendering' the role is a part of a title."""
_SPOKEN = (
    "[Ss]poken? (?:with|to)|[Rr]each(?:ed)?(?: out to)?|[Ww]ait(?:ed|ing)? for|[Tt]alked (?:with|to)|[Mm]et(?: up)? with|[Aa]sk(?:ed)?(?: for)?|[Cc]all(?:ed)?|[Cc]ontact(?:ed)?|"
    "[Ee]mailed|[Tt]exted|[Tt]old|[Ss]prach mit|gesprochen mit|[Ff]ragen? Sie(?: nach)?"
)
"""What is done with people: a given name that stands alone behind it is a person's."""

_NO_SURNAMES = frozenset(
    [
        "Falls",
        "River",
        "Tower",
        "Towers",
        "Building",
        "Cathedral",
        "Bridge",
        "Theatre",
        "Theater",
        "Library",
        "Institute",
        "Academy",
        "Bay",
        "Valley",
        "Mountain",
        "Mountains",
        "Island",
        "Islands",
        "Airport",
        "Stadium",
        "Avenue",
        "Boulevard",
        "Street",
        "Road",
    ]
)
_PLACED_AT = frozenset(["Am", "An", "Im", "In", "Auf", "Zum", "Zur", "Unter", "Hinter"])
"""Streets of German towns begin so: An der Alster."""
_STREET_ENDS = ("straße", "strasse", "str", "weg", "platz", "allee", "gasse", "ring")
_ORGANISED = "部处科组室局司院会队厅所站厂店社团县省镇村号们款费员者"
"""Nobody's given name ends so; departments and sums do."""


def chinese_name(text: str) -> bool:
    """A surname and one or two characters that are not an ordinary word."""
    return text not in NOT_NAMES and text[1:] not in NOT_NAMES and not text.startswith(NOT_SURNAMED)


def called(text: str) -> bool:
    """Whatever someone says they are called: no surname list, but no word of grammar and no department either."""
    if any(mark in text for mark in "·•."):
        return True
    return chinese_name(text) and NOT_IN_NAMES.isdisjoint(text) and text[-1] not in _ORGANISED


def latin_name(text: str) -> bool:
    """Two or three capitalised words, none of them a heading or a title."""
    return not any(part in NOT_NAMES for part in text.split())


def no_street(text: str) -> bool:
    """A name, and not the street that follows 'Ship to:' as well."""
    first, *_, last = text.split()
    return latin_name(text) and first not in _PLACED_AT and last not in STREET_WORDS and not last.endswith(_STREET_ENDS)


def given_name(text: str) -> bool:
    """A common given name in front, and a surname that is no ordinary word; no company of two names, no place."""
    if text in COMPANIES or text.rsplit(" ", 1)[-1] in _NO_SURNAMES:
        return False
    return text.replace("-", " ").split(" ", 1)[0] in GIVEN_NAMES and latin_name(text)


def common_given_name(text: str) -> bool:
    """One word that is a common given name and nothing else, as far as the lists know."""
    return text in GIVEN_NAMES and text not in NOT_NAMES


def titled_name(text: str) -> bool:
    """At least a surname, and not an ordinary word."""
    return text in COMPOUND_SURNAMES or len(text) == 1 or chinese_name(text)


RULES: tuple[Rule, ...] = (
    Rule(
        id="name.zh_cued",
        type="PERSON",
        pattern=rf"(?:{_STRONG_CUE})(?:名称|姓名|名字|全名)?[)\]】]?(?:\s{{0,2}}[:=是为叫]\s{{0,2}}|\s{{1,2}}|[\"'“]{{0,2}})(?P<v>{_CHINESE_NAME}?)(?=(?:{_TITLE}){{0,1}}{_AFTER}|{_ACTING})",
        gate=rf"({_STRONG_CUE})",
        score=0.8,
        check=chinese_name,
        refutable=False,
        window=10,
    ),
    Rule(
        id="name.zh_labelled",
        type="PERSON",
        pattern=rf"(?:姓名|名字|户名|签名|署名|称呼)[)\]】]?\s{{0,2}}[:=]\s{{0,3}}[\"'“]?(?P<v>{_DOTTED}|{_HAN}{{2,4}}?)(?={_ENDED[3:-1]}|(?:{_COURTESY}))",
        gate=r"[名字呼)\]】]\s{0,2}[:=]",
        score=0.76,
        check=called,
        refutable=False,
        window=8,
    ),
    Rule(
        id="name.zh_introduced",
        type="PERSON",
        pattern=rf"(?:我叫做?|名叫|我的名字(?:是|叫)|本人姓名|我姓名(?:是|叫)|叫做|(?<![名牌])称呼我)\s?[\"'“]?(?P<v>{_DOTTED}|{_HAN}{{2,4}}){_ENDED}",
        gate=r"(我叫|名叫|名字(是|叫)|姓名|叫做|称呼我)",
        score=0.74,
        check=called,
        refutable=False,
        window=9,
    ),
    Rule(
        id="name.zh_addressed",
        type="PERSON",
        pattern=rf"(?<![\u4e00-\u9fff])(?:尊敬的|亲爱的)?(?P<v>{_HAN}{{2,4}}?)(?=(?:{_COURTESY})(?!们))",
        gate=rf"({_COURTESY})",
        score=0.66,
        check=called,
        refutable=False,
        window=12,
    ),
    Rule(
        id="name.zh_role",
        type="PERSON",
        pattern=rf"[人员者](?:[:=是为]\s?)?(?P<v>{_SURNAME}[{GIVEN_CHARACTERS}]{{1,2}}|(?<=[:=])\s?{_ANY_SURNAME}{_HAN}{{1,2}}(?={_ENDED[3:-1]}))(?={_AFTER}|(?:{_TITLE}))",
        gate=r"(人|员|者)",
        score=0.7,
        check=chinese_name,
        refutable=False,
    ),
    Rule(
        id="name.zh_free",
        type="PERSON",
        pattern=rf"(?P<v>[{_FIRST}](?:(?<![\u4e00-\u9fff].)|(?<=[由向给和与、及跟让请对是叫被找约陪].))(?:{_SECOND})?[{GIVEN_CHARACTERS}]{{2}})(?=[^\u4e00-\u9fff]|$|{_FOLLOWING})",
        gate=_HAN_PAIR,
        score=0.55,
        check=chinese_name,
        refutable=False,
    ),
    Rule(
        id="name.zh_weak",
        type="PERSON",
        pattern=rf"(?P<v>[{_FIRST}](?<=[{_CUE_ENDS}].)(?:{_SECOND})?[{GIVEN_CHARACTERS}]{{1,2}})(?=[^\u4e00-\u9fff]|$|{_FOLLOWING})",
        lead=f"(?:{_CUE}|{_WEAK_CUE})",
        gate=_HAN_PAIR,
        score=0.6,
        check=chinese_name,
        refutable=False,
    ),
    Rule(
        id="name.zh_listed",
        type="PERSON",
        pattern=rf"[:、,]\s?(?P<v>(?:{_SURNAME}|[{_RARE}]){_HAN}{{1,2}})(?=\s?(?:[、,。;\n\x00)]|$))",
        lead=r"(?:参会|参加|出席|与会|参与|列席|到会|缺席)(?:人员?|者)?(?:[:][^\n\x00。;]{0,48})?",
        gate=r"(参会|参加|出席|与会|参与|列席|到会|缺席)(人员?|者)?[:]",
        score=0.7,
        check=called,
        refutable=False,
        window=2,
        ahead=56,
    ),
    Rule(
        id="name.zh_dotted",
        type="PERSON",
        pattern=rf"[:=是为叫]\s{{0,3}}[\"'“]?(?P<v>{_HAN}{{2,8}}(?:[·•]{_HAN}{{1,10}}){{1,3}})(?!{_HAN})",
        lead=rf"(?:{_CUE})[)\]】]?\s{{0,2}}",
        gate=r"[·•]",
        score=0.78,
        refutable=False,
        window=16,
    ),
    Rule(
        id="name.zh_coordinated",
        type="PERSON",
        pattern=rf"[和与、及跟](?P<v>{_SURNAME}[{GIVEN_CHARACTERS}]{{1,2}})(?=[^\u4e00-\u9fff]|$|{_FOLLOWING}|一起|一同|都|两人|二人|等人)",
        lead=rf"(?:{_CUE}|{_WEAK_CUE}|(?<!{_HAN}))[{_FIRST}]{{1,2}}[{GIVEN_CHARACTERS}]{{1,2}}",
        gate=rf"[{GIVEN_CHARACTERS}][和与、及跟][{_FIRST}][{GIVEN_CHARACTERS}{_SECONDS}]",
        score=0.55,
        check=chinese_name,
        refutable=False,
        window=4,
    ),
    Rule(
        id="name.zh_pair",
        type="PERSON",
        pattern=rf"(?P<v>[{SURNAMES[:80]}](?<![\u4e00-\u9fff].)[{GIVEN_CHARACTERS}])(?=[和与昨今说称、](?!谐|平)|,(?:男|女)|出席|参加|主持|签字)",
        gate=r"(和|与|昨|今|说|称|、|,(男|女)|出席|参加|主持|签字)",
        score=0.5,
        check=chinese_name,
        refutable=False,
    ),
    Rule(
        id="name.zh_keyed",
        type="PERSON",
        pattern=rf"[:=]\s{{0,3}}[\"'“]?(?P<v>{_DOTTED}|{_ANY_SURNAME}{_HAN}{{1,2}})(?!{_HAN})",
        lead=r"(?<![A-Za-z])(?:(?i:(?:full|real|user|customer|patient|contact|employee|student|owner|holder|receiver|sender|applicant|consignee|recipient)?[ _]?name|contact(?: person)?|recipient|receiver|consignee|patient|customer|applicant|xm|xingming))[\"']?\s?",
        gate=r"[:=]\s{0,3}[\"'“]?[一-龥]",
        score=0.8,
        check=chinese_name,
        refutable=False,
        window=7,
    ),
    Rule(
        id="name.zh_bracketed",
        type="PERSON",
        pattern=rf"(?<![\u4e00-\u9fff](?<![{_CUE_ENDS}]))(?P<v>(?:{_SURNAME}|[{_RARE}]){_HAN}{{1,2}})(?=\s?\((?:身份证|证件|男|女|电话|手机|联系|工号|学号|警号|微信|[0-9]{{6}})|,\s?[男女][,性]|\s{{0,2}}亲?[收启](?:[,。;\s\x00]|$))",
        gate=r"[一-龥]\s?\((身份证|证件|男|女|电话|手机|联系|工号|学号|警号|微信|[0-9]{6})|[一-龥],\s?[男女][,性]|[一-龥]\s{0,2}亲?[收启]",
        score=0.7,
        check=called,
        refutable=False,
        window=14,
    ),
    Rule(
        id="name.zh_owner",
        type="PERSON",
        pattern=rf"(?P<v>{_SURNAME}[{GIVEN_CHARACTERS}]{{1,2}})(?=的{_HAN}{{0,4}}{_OWNED})",
        gate=rf"的[一-龥]{{0,4}}{_OWNED}",
        score=0.62,
        check=chinese_name,
        refutable=False,
        window=16,
    ),
    Rule(
        id="name.zh_record",
        type="PERSON",
        pattern=rf"(?:\A|[\n\t|;,]|(?<=\x00))\s?[\"']?(?P<v>(?:{_SURNAME}|[{_RARE}]){_HAN}{{1,2}})[\"']?(?=\s?[,\t|;]\s?[\"']?(?:(?:\+?86[ \-]?)?1[3-9][0-9][ \-]?[0-9]{{4}}[ \-]?[0-9]{{4}}(?![0-9])|[1-8][0-9]{{16}}[0-9Xx]|[男女][\"',\t|;]))",
        gate=r"[一-龥][\"']?\s?[,\t|;]\s?[\"']?(\+?86[ \-]?1[3-9]|1[3-9][0-9]|[1-8][0-9]{16}|[男女])",
        score=0.7,
        check=called,
        refutable=False,
        window=40,
    ),
    Rule(
        id="name.zh_titled",
        type="PERSON",
        pattern=rf"(?P<v>(?!(?<=主)任){_SURNAME}{_HAN}{{0,2}}?)(?=(?:{_TITLE})(?!{_HAN}们))",
        gate=rf"({_TITLE})",
        score=0.55,
        check=titled_name,
        refutable=False,
        window=10,
    ),
    Rule(
        id="name.latin_labelled",
        type="PERSON",
        pattern=rf"[:=]\s{{0,3}}(?P<v>{_LATIN_NAME})",
        gate=r"(?i)(name|patient|customer|contact|employee|applicant|holder|signed|attn|author|beneficiary|insured|client|passenger|guest|kund|ansprechpartner|mitarbeiter|absender|empfänger|versicher|kontoinhaber|mieter|adresse|anschrift|deliver to|ship to|bill to|sold to|tenant|姓名|联系人|收件人)",
        score=0.8,
        check=no_street,
        refutable=False,
        lead=r"(?<![A-Za-z])(?:[Ff]ull [Nn]ame|[Nn]ame|NAME|[Pp]atient(?: [Nn]ame)?|[Cc]ustomer(?: [Nn]ame)?|[Cc]ontact(?: [Pp]erson)?|[Ee]mployee|[Aa]pplicant|[Cc]ardholder|[Aa]ccount [Hh]older|[Ss]igned(?: by)?|[Aa]ttn|[Aa]uthor|[Bb]eneficiary|[Ii]nsured|[Cc]lient|[Pp]assenger|[Gg]uest|Kunde|Kundin|Patientin|Ansprechpartner(?:in)?|Mitarbeiter(?:in)?|Vor- und Nachname|Vollständiger Name|Absender|Empfänger|Versicherter?|Versicherungsnehmer(?:in)?|Kontoinhaber(?:in)?|Mieter(?:in)?|Lieferadresse|Rechnungsadresse|Anschrift|Deliver to|Ship to|Bill to|Sold to|Tenant|姓名|联系人|收件人)\s?",
        window=2,
        ahead=24,
    ),
    Rule(
        id="name.latin_addressee",
        type="PERSON",
        pattern=rf"[:;,]\s{{0,2}}(?P<v>{_LATIN_NAME})(?=\s{{0,2}}(?:[;,<(\n\x00]|$))",
        gate=r"(?i)(from|to|cc|bcc|von|an|kopie|attendees|participants|present|teilnehmer|anwesend|reviewers?|signatories|unterzeichner)\s?:",
        score=0.7,
        check=latin_name,
        refutable=False,
        lead=r"(?:\A|\n|(?<=\x00))\s{0,3}(?i:From|To|Cc|Bcc|Von|An|Kopie|Attendees|Participants|Present|Teilnehmer(?:innen)?|Anwesend|Reviewers?|Signatories|Unterzeichner)\s?(?:[:][^\n\x00]{0,56})?",
        window=2,
        ahead=64,
    ),
    Rule(
        id="name.latin_role",
        type="PERSON",
        pattern=rf"\s(?P<v>{_LATIN_NAME})(?=\s?[,(]|\s(?:was|is|has|had|who|born|reported|called|requested|presented|complained|resides|lives|wurde|ist|hat|geboren|wohnt|kam)(?![a-z]))",
        gate=rf"({_ROLE}),?\s[{_UPPER}][{_LOWER}'’]",
        score=0.6,
        check=latin_name,
        refutable=False,
        lead=rf"(?<![A-Za-z])(?:{_ROLE}),?",
        window=4,
    ),
    Rule(
        id="name.latin_single",
        type="PERSON",
        pattern=rf"\s(?P<v>{_CAPITAL})(?![{_LOWER}{_UPPER}@\-]|'|’(?!s)|\s[{_UPPER}])",
        gate=rf"({_SPOKEN})\s[{_UPPER}][{_LOWER}'’]",
        score=0.55,
        check=common_given_name,
        refutable=False,
        lead=rf"(?<![A-Za-z])(?:{_SPOKEN})",
        window=4,
    ),
    Rule(
        id="name.latin_owner",
        type="PERSON",
        pattern=rf"(?P<v>{_CAPITAL})(?=['’]s (?:[a-z]{{1,12}} )?{_BELONGINGS}(?![a-z]))",
        gate=rf"['’]s ([a-z]{{1,12}} )?{_BELONGINGS}",
        score=0.6,
        check=common_given_name,
        refutable=False,
        window=90,
    ),
    Rule(
        id="name.latin_greeted",
        type="PERSON",
        pattern=rf"(?:,?\s{{1,2}})(?P<v>{_CAPITAL})(?=\s{{0,2}}(?:[,!.:\n\x00]|$))",
        gate=rf"({_CLOSING}),?\s{{1,2}}[{_UPPER}][{_LOWER}'’]",
        score=0.6,
        check=common_given_name,
        refutable=False,
        lead=rf"(?<![A-Za-z])(?:{_CLOSING})",
        window=6,
    ),
    Rule(
        id="name.latin_keyed",
        type="PERSON",
        pattern=rf"[:=]\s{{0,2}}[\"']?(?P<v>{_CAPITAL}(?: {_CAPITAL})?)(?=\s?[\"',;<\n\x00]|\s?$)",
        gate=r"(?i)(name|surname|vorname|nachname)[\"']?\s?[:=]",
        score=0.75,
        check=latin_name,
        refutable=False,
        lead=r"(?i:(?<![a-z])(?:first|last|given|family|middle|maiden)[ _\-]?name|(?<![a-z])sur_?name|vorname|nachname|familienname)[\"']?\s?",
        window=3,
    ),
    Rule(
        id="name.latin_titled",
        type="PERSON",
        pattern=rf"(?<![A-Za-z])(?:Mr|Mrs|Ms|Miss|Dr|Prof|Sir|Herrn?|Frau|Mister|Madam|Dr\. med|Prof\. Dr)\.? (?P<v>(?:(?:Dr|Prof)\. )?{_CAPITAL}(?: (?:von|van|de|der|zu))?(?: {_CAPITAL}){{0,2}})(?![a-z])",
        gate=r"(Mr|Mrs|Ms|Miss|Dr|Prof|Sir|Herr|Frau|Mister|Madam)",
        score=0.75,
        check=latin_name,
        refutable=False,
        window=10,
    ),
    Rule(
        id="name.latin_introduced",
        type="PERSON",
        pattern=rf"\s(?P<v>{_LATIN_NAME})",
        gate=r"(?i)(name is|name's|called|his is|i am|i'm|name ist|heiße|ich bin|dear|hello|hi|liebe|hallo|regards|sincerely|grüße|best|cheers|thanks|gruß)",
        score=0.7,
        check=latin_name,
        refutable=False,
        lead=r"(?<![A-Za-z])(?:[Mm]y name is|[Mm]y name's|I am called|[Tt]his is|I am|I'm|[Mm]ein Name ist|[Ii]ch heiße|[Ii]ch bin|[Dd]ear|[Hh]ello|[Hh]i|Liebe[r]?|Hallo|[Rr]egards,|[Ss]incerely,|Grüßen?,?|[Bb]est,|[Cc]heers,|[Tt]hanks,|Gruß,?)\s{0,2}",
        window=2,
        ahead=6,
    ),
    Rule(
        id="name.latin_given",
        type="PERSON",
        pattern=rf"(?<![{_LOWER}{_UPPER}\-.@/])(?<![Tt]he )(?<!Royal )(?<!National )(?<!Saint )(?<!St\. )(?P<v>{_CAPITAL}(?: [A-Z]\.| {_CAPITAL}(?= {_CAPITAL}))?(?: (?:von|van|de|der|zu|la|del|di))?(?: (?:der|den|la))? {_CAPITAL})(?![{_LOWER}{_UPPER}@]| (?:{_INSTITUTION})(?![a-z]))",
        gate=rf"[{_UPPER}][{_LOWER}'’\-]+ ([{_UPPER}]|v|d|z|l)",
        score=0.65,
        check=given_name,
        refutable=False,
    ),
)
