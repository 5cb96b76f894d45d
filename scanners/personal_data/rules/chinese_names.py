# ruff: noqa: E501 - a table reads best one row a line
"""Chinese names without a model: by what stands beside them and by how they are built."""

from __future__ import annotations

from scanners.personal_data.rules.lexicon import (
    COMPOUND_SURNAMES,
    GIVEN_CHARACTERS,
    NOT_IN_NAMES,
    NOT_NAMES,
    NOT_SURNAMED,
    RARE_SURNAMES,
    SURNAMES,
)
from scanners.personal_data.rules.rule import AT_START, Rule

_RARE = "".join(sorted(set(RARE_SURNAMES) - set(SURNAMES)))
_HAN = r"[\u4e00-\u9fff]"
_FIRST = "".join(sorted(set(SURNAMES) | {name[0] for name in COMPOUND_SURNAMES}))
_SECOND = "|".join(f"(?<={name[0]}){name[1]}" for name in COMPOUND_SURNAMES)
_SECONDS = "".join(sorted({name[1] for name in COMPOUND_SURNAMES}))
_HALVES = "".join(sorted(set(_FIRST) - set(SURNAMES)))
"""Characters that are surnames only together with another: 上海 and 东方 are nobody."""
_SURNAME = f"[{_FIRST}](?:{_SECOND}|(?<![{_HALVES}]))"
_GIVEN = f"(?:[大小一][{GIVEN_CHARACTERS}]|[{GIVEN_CHARACTERS}]{{1,2}})"
_TWO_GIVEN = f"[大小一{GIVEN_CHARACTERS}][{GIVEN_CHARACTERS}]"
_ANY_SURNAME = rf"(?:{_SURNAME}|(?<=[:=是为叫\s\"'“])[{_RARE}])"
_CHINESE_NAME = rf"{_ANY_SURNAME}{_HAN}{{1,2}}"
_DOTTED = rf"{_HAN}{{2,8}}(?:[·•.]{_HAN}{{1,10}}){{1,3}}"
_HAN_PAIR = "[一-龥]{2}"

_PEOPLE = (
    "联系人|联络人|收件人|收货人|寄件人|发件人|申请人|患者|病人|客户|用户|经办人|负责人|法定代表人|法人代表|法人|户主|持卡人|"
    "持证人|投保人|被保险人|受益人|监护人|紧急联系人|员工|学生|家长|老师|医生|主治医师|主任|经理|旅客|乘客|"
    "乘机人|司机|车主|业主|租客|承租人|出租人|买方|卖方|甲方|乙方|原告|被告|证人|嫌疑人|当事人|委托人|代理人|签字人|"
    "作者|讲师|面试官|候选人|应聘者|会员|顾客|收款人|付款人|预订人|入住人|订购人|签收人|考生|投诉人|报案人|"
    "审判长|审判员|书记员|陪审员|公诉人|检察员|被告人|被害人|被执行人|上诉人|第三人|家属|孕妇|产妇|死者|逝者|伤者|体检者|受检者|未成年人|驾驶员|学员|保安|代收人|缴费人|群主|罪犯|骑手|快递员|业务员|收银员|操作人|"
    "借款人|担保人|债务人|债权人|出借人|班主任|护士长"
)
_CUE = (
    f"姓名|名字|开户名|户名|账户名|签名|署名|称呼|{_PEOPLE}|本人|我叫|叫做|名叫|我是|这是|致电|联系|找|请|约|同事|同学|朋友|丈夫|妻子|父亲|母亲|"
    "儿子|女儿|配偶|爱人|邻居|房东"
)
ROLES = _PEOPLE
_SAID = (
    "我是|我叫|请问您?是|(?:联系|通知|问|喊|找|叫|查|告诉|提醒|帮)(?:一?下|上)|转告|告知|拜托|麻烦|看[见到]|遇[见到]|碰[见到]|认识|"
    "我(?:们家?)?(?:爸爸?|妈妈?|哥哥?|姐姐?|弟弟?|妹妹?|儿子|女儿|孩子|宝宝|老公|老婆|先生|太太|爷爷|奶奶|外公|外婆|叔叔|阿姨|舅舅|姑姑|"
    "室友|领导|老板|同事|同学|朋友|经理)(?:叫|是|姓名)?"
)
"""What people say before a name: who they are, whom they mean, whom they have seen."""
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
_FOLLOWING = r"(?:的|在|是|于|已|向|将|为|说|称|把|从|到|今|同|和|与|及|您|你|先|女|老|也|正|因|曾|对|住|提|表|办|申|通|负|来|去|电|身|手|出|投|反|咨|预|签|男|主持|参|作|任|担|等|喝|吃|走|回|打|发|送|没|又|还|就|才|都|刚|会|要|想|让|给|被|看|问|找|拿|买|吗|呢|吧|啊|诉|不|本人)"
_AFTER = r"(?:的|，|,|。|、|和|与|在|是|于|已|向|将|为|说|称|有|把|从|到|今|同|（|\(|;|；|:|\s|\x00|$|[0-9A-Za-z])"
_ACTING = (
    "(?:持|收|男|女|住|驾|因|经|乘|报|反映|出生|投诉|来电|致电|反馈|咨询|预约|表示|要求|申请|签收|入住|退房|登录|注册|提交|缴纳|就诊|"
    "住院|入院|购买|下单|当庭|当场|陈述|供述|证实|辩称|到庭|出庭|自述|承认|否认)"
)
_OWNED = (
    "(?:银行卡|储蓄卡|信用卡|卡号|账户|账号|帐号|邮箱|电话|手机|座机|身份证|护照|地址|住址|微信|生日|病历|简历|家长|父亲|母亲|爸爸|妈妈|妻子|丈夫|"
    "儿子|女儿|工资|包裹|指纹)"
)
"""What only a person has: '…的邮箱'."""
_ENDED = r"(?=[,，。、;；!！?？()（）\[\]【】\"'”“|/\s<\x00]|$)"
CALLED_ENDS = _ENDED
_SAYING_ENDS = rf"(?:[,，。、;；!！?？()（）\s\x00]|吗|呢|吧|啊|$|{_FOLLOWING}|[一下就才还又没不会要想可能给让叫被打发送买拿来听找问回去这那当反站坐走])"
_ORGANISED = "部处科组室局司院会队厅所站厂店社团县省镇村号们款费员者"
"""Nobody's given name ends so; departments and sums do."""


def chinese_name(text: str) -> bool:
    """A surname and one or two characters that are not an ordinary word."""
    if text[0] == "于" and not set(text[1:]) <= _TYPICAL:  # 'of' more often than a surname
        return False
    return text not in NOT_NAMES and text[1:] not in NOT_NAMES and not text.startswith(NOT_SURNAMED)


def called(text: str) -> bool:
    """Whatever someone says they are called: no surname list, but no word of grammar and no department either."""
    if any(mark in text for mark in "·•."):
        return True
    return chinese_name(text) and NOT_IN_NAMES.isdisjoint(text) and text[-1] not in _ORGANISED


def titled_name(text: str) -> bool:
    """At least a surname, and not an ordinary word."""
    return text in COMPOUND_SURNAMES or len(text) == 1 or chinese_name(text)


def said_name(text: str) -> bool:
    """The same, and at least one character of those that given names are made of."""
    return chinese_name(text) and NOT_IN_NAMES.isdisjoint(text) and not _TYPICAL.isdisjoint(text[1:])


_TYPICAL = frozenset(GIVEN_CHARACTERS)
_CLEAR_COMPOUND = "欧阳|上官|诸葛|皇甫|尉迟|慕容|令狐|司徒|夏侯|端木|宇文|呼延|拓跋|赫连|澹台|淳于|申屠"

_TOWARDS = r"(?<=[\u4e00-\u9fff])(?<![找叫请给和与跟是被])向"
"""The preposition, not the surname: 员工应当向主管报告, but 找向老师."""

RULES: tuple[Rule, ...] = (
    Rule(
        id="name.zh_said",
        type="PERSON",
        pattern=rf"(?:{_SAID})[\"'“]?(?P<v>{_SURNAME}(?:{_TWO_GIVEN}|(?:[{GIVEN_CHARACTERS}](?![吗呢吧啊的了]){_HAN}|{_HAN}[{GIVEN_CHARACTERS}]|[{GIVEN_CHARACTERS}])(?=[,，。、;；!！?？()（）\s\x00吗呢吧啊从把被给让对向和与]|$)))",
        gate=r"(我是|我叫|问您?是|(系|知|问|喊|找|叫|查|诉|醒|帮)(一?下|上)|转告|告知|拜托|麻烦|看[见到]|遇[见到]|碰[见到]|认识|我(们|家|爸|妈|哥|姐|弟|妹|儿|女|孩|宝|老|先|太|爷|奶|外|叔|阿|舅|姑|室|领|同|朋|经))",
        score=0.62,
        check=said_name,
        refutable=False,
        window=4,
    ),
    Rule(
        id="name.zh_role_free",
        type="PERSON",
        pattern=rf"(?:{ROLES})(?P<v>{_SURNAME}{_TWO_GIVEN})",
        gate=rf"({ROLES})",
        score=0.57,
        check=said_name,
        refutable=False,
        window=8,
    ),
    Rule(
        id="name.zh_boss",
        type="PERSON",
        pattern=rf"(?:(?<![\u4e00-\u9fff])|(?<=[您你好给找和跟请让是]))(?P<v>(?!共){_SURNAME})(?=总(?:[,，。!！:：、\s\x00]|您|好|在|让|说|那|这|$))",
        gate=r"总",
        score=0.55,
        refutable=False,
        window=4,
    ),
    Rule(
        id="name.zh_family",
        type="PERSON",
        pattern=rf"(?:免贵姓?|我姓|本人姓)(?P<v>{_SURNAME}|[{_RARE}])(?=[,，。!！\s\x00]|$)",
        gate=r"(免贵|我姓|本人姓)",
        score=0.6,
        refutable=False,
        window=4,
    ),
    Rule(
        id="name.zh_familiar",
        type="PERSON",
        pattern=rf"(?<![\u4e00-\u9fff])(?P<v>[小老][{SURNAMES[:80]}])(?=[,，!！:：]\s?[\u4e00-\u9fff]|你|您|帮|把|麻烦|在吗)",
        gate=r"[小老][一-龥]",
        score=0.55,
        check=lambda text: (
            text
            not in (
                "老高",
                "小高",
                "老龙",
                "小龙",
                "小方",
                "老方",
                "小金",
                "老白",
                "小白",
                "小石",
                "老石",
                "小田",
                "小叶",
                "小路",
            )
        ),
        refutable=False,
        window=3,
    ),
    Rule(
        id="name.zh_compound",
        type="PERSON",
        pattern=rf"(?P<v>(?:{_CLEAR_COMPOUND}){_GIVEN})(?={_SAYING_ENDS})",
        gate=rf"({_CLEAR_COMPOUND})",
        score=0.55,
        check=said_name,
        refutable=False,
        window=3,
    ),
    Rule(
        id="name.zh_cued",
        type="PERSON",
        pattern=rf"(?:{_STRONG_CUE})(?:名称|姓名|名字|全名|全称)?(?:\({_HAN}{{1,8}}\)|[)\]】])?(?:\s{{0,2}}[:=是为叫]\s{{0,2}}|\s{{1,2}}|[\"'“]{{0,2}})(?P<v>{_CHINESE_NAME}?)(?=(?:{_TITLE}){{0,1}}{_AFTER}|{_ACTING})",
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
        pattern=rf"(?:我叫做?|名叫|(?:孩子|儿子|女儿|宝宝|妈妈|爸爸|母亲|父亲|老公|老婆|弟弟|妹妹|哥哥|姐姐|同学|朋友|同事)叫做?|我的名字(?:是|叫)|本人姓名|我姓名(?:是|叫)|叫做|(?<![名牌])称呼我)\s?[\"'“]?(?P<v>{_DOTTED}|{_HAN}{{2,4}}){_ENDED}",
        gate=r"([我子儿宝妈爸亲公婆弟妹哥姐学友事]叫|名叫|名字(是|叫)|姓名|叫做|称呼我)",
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
        pattern=rf"[人员者](?:[:=是为]\s?)?(?P<v>{_SURNAME}{_GIVEN}|(?<=[:=])\s?{_ANY_SURNAME}{_HAN}{{1,2}}(?={_ENDED[3:-1]}))(?={_AFTER}|(?:{_TITLE}))",
        gate=r"(人|员|者)",
        score=0.7,
        check=chinese_name,
        refutable=False,
    ),
    Rule(
        id="name.zh_free",
        type="PERSON",
        pattern=rf"(?P<v>[{_FIRST}](?<![对由]于)(?:(?<![\u4e00-\u9fff].)|(?<=[由向给和与、及跟让请对是叫被找约陪].))(?:{_SECOND}|(?<![{_HALVES}])){_TWO_GIVEN})(?=[^\u4e00-\u9fff]|$|{_FOLLOWING})",
        gate=_HAN_PAIR,
        score=0.55,
        check=chinese_name,
        refutable=False,
    ),
    Rule(
        id="name.zh_weak",
        type="PERSON",
        pattern=rf"(?P<v>[{_FIRST}](?<!于)(?<!同时)(?<=[{_CUE_ENDS}].)(?:{_SECOND}|(?<![{_HALVES}])){_GIVEN})(?=[^\u4e00-\u9fff]|$|{_FOLLOWING})",
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
        gate=r"(参会|参加|出席|与会|参与|列席|到会|缺席)(人员?|者)?[:、,]",
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
        pattern=rf"[和与、及跟](?P<v>{_SURNAME}{_GIVEN})(?=[^\u4e00-\u9fff]|$|{_FOLLOWING}|一起|一同|都|两人|二人|等人)",
        lead=rf"(?:{_CUE}|{_WEAK_CUE}|(?<!{_HAN}))[{_FIRST}]{{1,2}}[{GIVEN_CHARACTERS}]{{1,2}}",
        gate=r"[和与、及跟][一-龥]",
        score=0.55,
        check=chinese_name,
        refutable=False,
        window=AT_START,
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
        lead=r"(?<![A-Za-z])(?:(?i:(?:full|real|user|customer|patient|contact|employee|student|owner|holder|receiver|sender|applicant|consignee|recipient)?[ _]?name|contact(?: person)?|recipient|receiver|consignee|patient|customer|applicant|xm|xingming|party [a-d]|lessor|lessee|landlord|borrower|guarantor))[\"']?\s?",
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
        gate=r"\((身份证|证件|男|女|电话|手机|联系|工号|学号|警号|微信|[0-9]{6})|,\s?[男女][,性]|[收启]",
        score=0.7,
        check=called,
        refutable=False,
        window=14,
    ),
    Rule(
        id="name.zh_owner",
        type="PERSON",
        pattern=rf"(?P<v>{_SURNAME}{_GIVEN})(?=的{_HAN}{{0,4}}{_OWNED})",
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
        gate=r"[,\t|;]\s?[\"']?(\+?86[ \-]?1[3-9]|1[3-9][0-9]|[1-8][0-9]{16}|[男女])",
        score=0.7,
        check=called,
        refutable=False,
        window=40,
    ),
    Rule(
        id="name.zh_titled",
        type="PERSON",
        pattern=rf"(?P<v>(?!(?<=主)任|康师傅|{_TOWARDS}(?:{_TITLE})){_SURNAME}{_HAN}{{0,2}}?)(?=(?:{_TITLE})(?!{_HAN}们))",
        gate=rf"({_TITLE})",
        score=0.55,
        check=titled_name,
        refutable=False,
        window=10,
    ),
)
