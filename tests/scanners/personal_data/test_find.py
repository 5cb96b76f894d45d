"""What is found, where exactly, and what must not be found. Rows are (text, [(type, matched text)])."""

import base64
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scanners.personal_data.find import find
from scanners.personal_data.han import simplified
from scanners.personal_data.rules import all_rules
from scanners.personal_data.rules.refuting import REFUTING

ID = "110101199003074514"
FOUND = [
    ("我想找向老师请假", [("PERSON", "向")]),
    ("illness: flu", [("MEDICAL_CONDITION", "flu")]),
    ('{"medication": "Metformin 500 mg"}', [("MEDICAL_CONDITION", "Metformin 500 mg")]),
    ("Medikation: Ramipril 5 mg.", [("MEDICAL_CONDITION", "Ramipril 5 mg")]),
    ("Blutgruppe: AB+", [("MEDICAL_CONDITION", "AB+")]),
    ("用药情况：阿司匹林", [("MEDICAL_CONDITION", "阿司匹林")]),
    ("political affiliation: CDU", [("NRP", "CDU")]),
    ("My sister has multiple sclerosis.", [("MEDICAL_CONDITION", "multiple sclerosis")]),
    ("She is undergoing chemotherapy.", [("MEDICAL_CONDITION", "chemotherapy")]),
    ("我爷爷是听力二级残疾，办证需要什么？", [("MEDICAL_CONDITION", "听力二级残疾")]),
    ("Er ist an Darmkrebs erkrankt.", [("MEDICAL_CONDITION", "Darmkrebs")]),
    ("My flatmate is a practising Muslim.", [("NRP", "Muslim")]),
    ("她信仰佛教，初一十五吃素。", [("NRP", "佛教")]),
    ("Ihr Mann ist evangelisch.", [("NRP", "evangelisch")]),
    ("He told us he's gay.", [("NRP", "gay")]),
    ("He has been a member of the Labour Party since 1998.", [("NRP", "Labour Party")]),
    ("甲方（出租方）：苏平，联系如下", [("PERSON", "苏平")]),
    (f"张三的身份证号是{ID}。", [("CN_ID_CARD", ID)]),
    ("证件号 11010119900307109X", [("CN_ID_CARD", "11010119900307109X")]),
    ("手机13812345678，请回电", [("PHONE_NUMBER", "13812345678")]),
    ("电话：010-62345678转801", [("PHONE_NUMBER", "010-62345678转801")]),
    ("联系电话 +86 138-1234-5678", [("PHONE_NUMBER", "+86 138-1234-5678")]),
    ("银行卡6222021234567890128", [("CN_BANK_CARD", "6222021234567890128")]),
    ("统一社会信用代码 91350100M000100Y43", [("CN_USCC", "91350100M000100Y43")]),
    ("护照E12345678", [("CN_PASSPORT", "E12345678")]),
    ("港澳通行证号C12345678", [("CN_HKMO_PERMIT", "C12345678")]),
    ("车牌京A12345，新能源粤BD12345", [("CN_LICENSE_PLATE", "京A12345"), ("CN_LICENSE_PLATE", "粤BD12345")]),
    ("军官证：军字第2001988号", [("CN_MILITARY_ID", "军字第2001988号")]),
    ("香港身份证 G123456(A)", [("HK_ID_CARD", "G123456(A)")]),
    ("台湾身分證 A123456789", [("TW_ID_CARD", "A123456789")]),
    ("微信号：zhang_san88", [("WECHAT_ID", "zhang_san88")]),
    ("加我QQ：123456789", [("QQ_NUMBER", "123456789")]),
    ("收货人：李小明", [("PERSON", "李小明")]),
    ("寄到浙江省杭州市西湖区文三路123号5栋402室。", [("ADDRESS", "浙江省杭州市西湖区文三路123号5栋402室")]),
    ("紧急联系人：古丽娜尔·艾合买提（母亲）", [("PERSON", "古丽娜尔·艾合买提")]),
    ("我妈妈叫柏桂兰，住院了", [("PERSON", "柏桂兰")]),
    ("麻烦转告谭启明一声", [("PERSON", "谭启明")]),
    ("喂，请问是葛晨吗？", [("PERSON", "葛晨")]),
    ("证人覃小莲当庭陈述", [("PERSON", "覃小莲")]),
    ("免贵姓晏，晏子的晏", [("PERSON", "晏")]),
    ("您好祁总，合同已寄出", [("PERSON", "祁")]),
    ("您把艾合买提·吐尔逊的证件带来", [("PERSON", "艾合买提·吐尔逊")]),
    ("被告人买买提江，曾用名阿里木", [("PERSON", "买买提江"), ("PERSON", "阿里木")]),
    ("叫Tony来开会", [("PERSON", "Tony")]),
    ("既往高血压病史10年", [("MEDICAL_CONDITION", "高血压")]),
    ("患者因脑梗死入院", [("MEDICAL_CONDITION", "脑梗死")]),
    ("PMH: hypertension. NKDA", [("MEDICAL_CONDITION", "hypertension")]),
    ("氏名：佐藤 健一、住所", [("PERSON", "佐藤 健一")]),
    ("이름 김민수, 휴대폰 010-9876-5432", [("PERSON", "김민수"), ("PHONE_NUMBER", "010-9876-5432")]),
    (
        "Madame Béatrice Lefèvre, tél. 04 72 10 30 30",
        [("PERSON", "Béatrice Lefèvre"), ("PHONE_NUMBER", "04 72 10 30 30")],
    ),
    ("Vive en Calle de Alcalá 45, 28014 Madrid", [("ADDRESS", "Calle de Alcalá 45, 28014 Madrid")]),
    ("CNPJ 11.222.333/0001-81", [("BR_CNPJ", "11.222.333/0001-81")]),
    ("乘机人：ZHANG/WEIMIN", [("PERSON", "ZHANG/WEIMIN")]),
    ("Priyanka Raghunathan\nSenior Data Engineer\n", [("PERSON", "Priyanka Raghunathan")]),
    ("Regards,\nChidi", [("PERSON", "Chidi")]),
    ("手机：1 3 8 1 2 3 4 5 6 7 8", [("PHONE_NUMBER", "1 3 8 1 2 3 4 5 6 7 8")]),
    ("nationality American", [("NRP", "American")]),
    ("残疾类别：听力障碍", [("MEDICAL_CONDITION", "听力障碍")]),
    ("昨天张伟和李娜一起去了医院", [("PERSON", "张伟"), ("PERSON", "李娜")]),
    ("班主任郑老师请假", [("PERSON", "郑")]),
    ("客户司马相如投诉", [("PERSON", "司马相如")]),
    ("她患有乳腺癌，需要化疗", [("MEDICAL_CONDITION", "乳腺癌")]),
    ("Cc: Tomasz Wójcik; Aoife Byrne", [("PERSON", "Tomasz Wójcik"), ("PERSON", "Aoife Byrne")]),
    ("The defendant Ngozi Okonkwo was heard.", [("PERSON", "Ngozi Okonkwo")]),
    ("Straße des 17. Juni 135, 10623 Berlin", [("ADDRESS", "Straße des 17. Juni 135, 10623 Berlin")]),
    ("Anschrift: An der Alster 72-79, 20099 Hamburg", [("ADDRESS", "An der Alster 72-79, 20099 Hamburg")]),
    ("deliver to Flat 3, 21 Clarendon Road, Leeds LS2 9NZ", [("ADDRESS", "Flat 3, 21 Clarendon Road, Leeds LS2 9NZ")]),
    ("我在天津市和平区南京路189号津汇广场", [("ADDRESS", "天津市和平区南京路189号津汇广场")]),
    ("出生年月：1987-03", [("DATE_OF_BIRTH", "1987-03")]),
    ("诊断：2型糖尿病", [("MEDICAL_CONDITION", "2型糖尿病")]),
    ("Diagnosis: major depressive disorder", [("MEDICAL_CONDITION", "major depressive disorder")]),
    ("IDFA: EA7583CD-A667-48BC-B806-42ECB2B48606", [("DEVICE_ID", "EA7583CD-A667-48BC-B806-42ECB2B48606")]),
    ("serial no. of pacemaker: PM12345678", [("DEVICE_ID", "PM12345678")]),
    ("VALUES (17, 'greta.l@telia.se', 3)", [("EMAIL_ADDRESS", "greta.l@telia.se")]),
    ("?to=bob@x.org&cc=amy@y.org", [("EMAIL_ADDRESS", "bob@x.org"), ("EMAIL_ADDRESS", "amy@y.org")]),
    ("write to o'connell@x.com", [("EMAIL_ADDRESS", "o'connell@x.com")]),
    ("postgres://app:S3cr3tP4ss@db.internal:5432/x", [("SECRET", "S3cr3tP4ss")]),
    ("參會人：趙雲、黃忠、魏延", [("PERSON", "趙雲"), ("PERSON", "黃忠"), ("PERSON", "魏延")]),
    ("Thanks,\nJosh", [("PERSON", "Josh")]),
    ("Emily's mobile rang", [("PERSON", "Emily")]),
    ('{"lastName": "Franklin"}', [("PERSON", "Franklin")]),
    ("Durchwahl 030 1234-567", [("PHONE_NUMBER", "030 1234-567")]),
    ("I spoke with Sarah yesterday", [("PERSON", "Sarah")]),
    ("They met Justice Sonia Sotomayor today", [("PERSON", "Sonia Sotomayor")]),
    ("IP地址192.168.1.10已封禁", [("IP_ADDRESS", "192.168.1.10")]),
    ("ipv6 2001:db8::1 up", [("IP_ADDRESS", "2001:db8::1")]),
    ("write to jo.doe+x@example.co.uk now", [("EMAIL_ADDRESS", "jo.doe+x@example.co.uk")]),
    ("card 4111 1111 1111 1111", [("CREDIT_CARD", "4111 1111 1111 1111")]),
    ("IBAN DE89 3704 0044 0532 0130 00.", [("IBAN_CODE", "DE89 3704 0044 0532 0130 00")]),
    ("SSN 219-09-9998", [("US_SSN", "219-09-9998")]),
    ("call (415) 555-2671", [("PHONE_NUMBER", "(415) 555-2671")]),
    ("Tel. +44 20 7946 0958", [("PHONE_NUMBER", "+44 20 7946 0958")]),
    ("mac 00:1B:44:11:3A:B7", [("MAC_ADDRESS", "00:1B:44:11:3A:B7")]),
    ("Date of birth: 12/03/1985", [("DATE_OF_BIRTH", "12/03/1985")]),
    ("出生日期：1990年3月7日", [("DATE_OF_BIRTH", "1990年3月7日")]),
    ("btc 1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", [("CRYPTO", "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa")]),
    ("Steuer-ID 86095742719", [("DE_TAX_ID", "86095742719")]),
    ("Personalausweis T220001293", [("DE_ID_CARD", "T220001293")]),
    ("My name is John Smith.", [("PERSON", "John Smith")]),
    ("聯絡人：劉聰明，電話另告", [("PERSON", "劉聰明")]),
    ("我叫薄子轩，今年32岁", [("PERSON", "薄子轩")]),
    ("隆瑞先生您好", [("PERSON", "隆瑞")]),
    ("姓名：古丽娜尔·阿不都", [("PERSON", "古丽娜尔·阿不都")]),
    ("澳門居民身份證：5/333996/0", [("MO_ID_CARD", "5/333996/0")]),
    ("送到臺北市信義區忠孝東路五段123號8樓", [("ADDRESS", "臺北市信義區忠孝東路五段123號8樓")]),
    (
        "地址：江西省吉安市泰和县 创业三路709号 创新中心B座24层",
        [("ADDRESS", "江西省吉安市泰和县 创业三路709号 创新中心B座24层")],
    ),
    ("MRN: 4838098", [("MEDICAL_RECORD_NUMBER", "4838098")]),
    ("see MRN-8341502 again", [("MEDICAL_RECORD_NUMBER", "MRN-8341502")]),
    ("打到我卡上 9558808361527120255 谢谢", [("CN_BANK_CARD", "9558808361527120255")]),
    ("出生日期：1950 年 11 月 23 日", [("DATE_OF_BIRTH", "1950 年 11 月 23 日")]),
    ("手机187.6375.2633", [("PHONE_NUMBER", "187.6375.2633")]),
    ("driver's license: D922-322-55-531-0", [("US_DRIVER_LICENSE", "D922-322-55-531-0")]),
    ("I live at 124 Angela Meadows Apt. 863.", [("ADDRESS", "124 Angela Meadows Apt. 863")]),
    (
        "at 6541 Martin Luther King Jr Ave, Lake Aaron, MS 45406.",
        [("ADDRESS", "6541 Martin Luther King Jr Ave, Lake Aaron, MS 45406")],
    ),
    ("address: 72 Victoria Road, Bristol BS1 4ND", [("ADDRESS", "72 Victoria Road, Bristol BS1 4ND")]),
    ("address: 128 Queensway, Leeds", [("ADDRESS", "128 Queensway, Leeds")]),
    ("wohnhaft Unter den Eichen 119 in 83077 Leipzig.", [("ADDRESS", "Unter den Eichen 119 in 83077 Leipzig")]),
    ("see https://example.com/a?x=1 today", [("URL", "https://example.com/a?x=1")]),
]


@pytest.mark.parametrize(("text", "expected"), FOUND, ids=[row[0][:24] for row in FOUND])
def test_an_entity_is_found_exactly(text: str, expected: list[tuple[str, str]]) -> None:
    assert [(e.type, text[e.start : e.end]) for e in find(text).entities] == expected


NOT_FOUND = [
    "Illness: none",
    "class Patient:\n    illness: str\n    medication: Optional[str]",
    "disease = model.predict(x)",
    "Medications: see attached list",
    "condition: used, as new",
    "Disability: the company provides reasonable accommodation for employees.",
    "Illness: employees must report to their manager before ten o'clock.",
    "Medication: staff may store prescribed drugs in the locked cabinet of the sick room.",
    "疾病：员工应当在上班之前向主管报告并提交医院证明。",
    "Erkrankung: Bei längerer Abwesenheit ist ein Attest vorzulegen.",
    "Symptom: the page does not load",
    "Die Stadt leidet unter dem Verkehr, das Unternehmen unter Fachkräftemangel. Many people have diabetes.",
    "The blind taste test was won by the cheaper wine.",
    "The feature is disabled, and the system suffers from high latency.",
    "Cancer research received more funding, and asthma is on the rise in cities.",
    "Der Islam ist eine Weltreligion. Krebs ist die zweithäufigste Todesursache.",
    "佛教自汉代传入中国。抑郁症的早期症状包括失眠。残疾人专用通道请勿占用。",
    "The Green Party won four seats; same-sex couples and gay marriage were debated.",
    "今天完成，会员上海电影节，对于美国市场同时中国队",
    "用户安全中心提示您修改，学生时代的友谊，客户关系管理",
    "我是高级工程师，我是安徽人，请问是全新的吗",
    "CNPJ 11.222.333/0001-82",
    "SKU QQ-12345 black",
    "诊断报告模板 V3.2，有氧运动有益健康",
    "上海·北京·广州三地开售，春·夏·秋·冬",
    "San Francisco Giants; Thomas Cook Group; Paris Hilton Hotel",
    "Release Notes\nManager approval needed",
    "history of Rome, known good configuration",
    "set up by the Ministry of Justice. Volumes are counted in the Department of Justice Building",
    "身份证号 110101199003074515",  # check digit
    "身份证号 110101199002304512",  # no 30 February
    "身份证号 990101199003074514",  # no such province
    "订单号：13812345678",
    "银行卡6222021234567890123",  # Luhn
    "版本 1.2.3.4-rc1，构建 20240101",
    "uuid 123e4567-e89b-12d3-a456-426614174000",
    "sha1 da39a3ee5e6b4b0d3255bfef95601890afd80709",
    "统一社会信用代码 91350100M000100Y44",
    "IBAN DE89 3704 0044 0532 0130 01",
    "card 4111 1111 1111 1112",
    "SSN 000-12-3456 or 666-12-3456 or 987-65-4320",
    "Tracking number 9400110200881234567890",
    "timestamp 1700000000000 and 1700000000",
    "300.1.2.3 and 1.2.3.4.5",
    "listens on 0.0.0.0 and 127.0.0.1 and ::1",  # everybody's
    "Goldman Sachs and Morgan Stanley left the John Hancock Tower",
    "Client Side Rendering, and the Employee Stock Purchase Plan is described",
    "Customer Success Manager was hired; Employee Assistance Program is open",
    "we called April and May the quiet months",
    "icon@2x.png",
    "btc 1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNb",
    "高级经理说明白天的安排",
    "升级到2.12.169.172",
    "身份证号 371312195003252002",  # all digits, and the check character of a credit code fits
    "我叫了外卖，你吃吗",
    "各位先生、两位女士，晚上好",
    "负责人：待定",
    "称呼：各位同事",
]


@pytest.mark.parametrize("text", NOT_FOUND)
def test_what_only_looks_like_personal_data_is_left_alone(text: str) -> None:
    assert find(text).entities == ()


def test_rules_are_written_in_simplified_characters() -> None:
    """They read every text through `simplified`; a traditional character in a rule could never match."""
    for rule in all_rules():
        for written in (rule.pattern, rule.gate, rule.lead, *rule.context):
            assert simplified(written) == written, rule.id
    assert all(simplified(word) == word for word in REFUTING)


EVASIONS = [
    "手机１３８１２３４５６７８",
    "手机138\u200b1234\u200b5678",
    "手机\\u0031\\u0033\\u0038\\u0031\\u0032\\u0033\\u0034\\u0035\\u0036\\u0037\\u0038",
    "手机%31%33%38%31%32%33%34%35%36%37%38",
    "手机&#49;&#x33;8&#49;2345678",
    "手机1\u03013\u03028\u03031\u03042345678",
    "手机\u202e138\u202c12345678",
    "手机①③⑧①②③④⑤⑥⑦⑧",
    "手机138\x001234\x005678",
    "手机13\x088\x7f12\x0134\x9f5678",
    "手机138\x1b[0m1234\x1b[1;31m5678",
    "手机\\u0031\\u0033\\u0038\\x00\\u00001\\x3234&#53;%36&#x37;8",
]


@pytest.mark.parametrize("text", EVASIONS)
def test_disguised_digits_are_found_with_the_original_offsets(text: str) -> None:
    (entity,) = find(text).entities
    assert entity.type == "PHONE_NUMBER"
    assert text[entity.start : entity.end].strip("\u202e\u202c") == text[2:].strip("\u202e\u202c")


def test_escaped_line_ends_are_line_ends() -> None:
    (entity,) = find(r"call:\n415-555-2671\nfax").entities
    assert (entity.type, entity.start, entity.end) == ("PHONE_NUMBER", 7, 19)


HIDDEN = [
    ("手机号13812345678", "PHONE_NUMBER"),
    ("Contact: John Smith, SSN 219-09-9998", "US_SSN"),
    ("身份证110101199003074514", "CN_ID_CARD"),
]


@pytest.mark.parametrize("alphabet", [base64.b64encode, base64.urlsafe_b64encode])
@pytest.mark.parametrize(("said", "kind"), HIDDEN)
def test_base64_that_decodes_to_text_is_read(said: str, kind: str, alphabet: Callable[[bytes], bytes]) -> None:
    token = alphabet(said.encode()).decode()
    text = f'{{"blob": "{token}"}}'
    (entity,) = (e for e in find(text).entities if e.type == kind)
    assert text[entity.start : entity.end] == token


@pytest.mark.parametrize(
    "text",
    [
        base64.b64encode(bytes(range(256))).decode(),  # no text
        base64.b64encode(b"nothing to see in here at all").decode(),
        "A" * 100_000,
        "abcdefghijklmnopqrstuvwxyz" * 4,
    ],
)
def test_other_base64_is_nobody(text: str) -> None:
    assert find(text).entities == ()


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_a_number_hides_behind_no_mixture_of_disguises(data: st.DataObject) -> None:
    """Each digit in a disguise of its own, with something invisible between; the offsets are the original's."""
    shown = [
        lambda c: c,
        lambda c: chr(ord(c) + 0xFEE0),
        lambda c: f"\\u{ord(c):04x}",
        lambda c: f"\\x{ord(c):02x}",
        lambda c: f"%{ord(c):02X}",
        lambda c: f"&#{ord(c)};",
        lambda c: f"&#x{ord(c):x};",
    ]
    between = st.sampled_from(["", "", "\x00", "\u200b", "\u202e", "\x1b[31m", "\x7f", "\u0301", "&#8203;"])
    parts = []
    for digit in "13812345678":
        parts += [data.draw(st.sampled_from(shown))(digit), data.draw(between)]
    number = "".join(parts[:-1])
    found = find(f"手机：{number}。").entities
    assert [e.type for e in found] == ["PHONE_NUMBER"]
    assert (found[0].start, found[0].end) == (3, 3 + len(number))


def test_only_the_wanted_types_are_returned() -> None:
    text = f"{ID} 13812345678 a@b.com"
    assert [e.type for e in find(text, entities=("EMAIL_ADDRESS",)).entities] == ["EMAIL_ADDRESS"]


BAD = {
    "empty": "",
    "lone surrogates": "\ud800\udfff13812345678\udc00",
    "65,536 digits": "1" * 65_536,
    "65,536 counting digits": "1234567890" * 6554,
    "nested quantifier bait": "a." * 50_000 + "!",
    "e-mail bait": "a@" * 50_000,
    "zalgo": "1\u0300\u0301\u0302\u0303" * 20_000,
    "bidi": "\u202e\u202d1\u202c" * 25_000,
    "spaces and digits": "1 " * 50_000,
    "dashes and digits": "12-" * 33_000,
    "colons": "a:" * 50_000,
    "han wall": "中" * 100_000,
    "road wall": "路" * 100_000,
    "province wall": "省市区路" * 25_000,
    "capitals": "Aa Bb " * 16_000,
    "percent": "%" * 100_000,
    "backslash u": "\\u" * 50_000,
    "ampersands": "&" * 100_000,
    "names": "王王王" * 33_000,
    "nul": "\x00" * 100_000,
    "base64 of base64": base64.b64encode(b"13812345678 " * 6000).decode(),
    "many small base64": (base64.b64encode(b"phone 13812345678").decode() + " ") * 4000,
    "terminal": "\x1b[3" * 30_000,
    "urls": "http://" * 14_000,
    "dotted": "1." * 50_000,
    "long token": "A1b2" * 25_000,
}


@pytest.mark.parametrize("name", BAD)
def test_hostile_text_is_read_to_the_end(name: str) -> None:
    """No timing assert: the deadline of a second per 100 KB itself is the witness that it was enough."""
    found = find(BAD[name], seconds=5.0)
    assert found.skipped == ()
    assert all(0 <= e.start < e.end <= len(BAD[name]) for e in found.entities)


def test_what_is_not_read_in_time_is_named_and_not_called_clean() -> None:
    found = find("x" * 5000 + "13812345678", seconds=-1.0)
    assert found.unread == ((0, 5011),)
    assert "not examined" in found.skipped[0].why
