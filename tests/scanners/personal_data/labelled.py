# ruff: noqa: E501 - a table reads best one row a line
"""A labelled set: sentences from templates, filled with made-up values whose places are known.

`sentences(seed, part, count)` gives (text, [(type, start, end)]). The two parts, "train" and "test", share neither
templates nor seeds. Hard negatives are numbers that look right and are not: a wrong check digit, an order number, a
version, a digest, a UUID, a time stamp.
"""

from __future__ import annotations

import random
import string
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

Part = Literal["train", "test"]
Span = tuple[str, int, int]


@dataclass(frozen=True)
class Sentence:
    text: str
    spans: tuple[Span, ...]
    language: str


def digits(r: random.Random, n: int, first: str = "0123456789") -> str:
    return r.choice(first) + "".join(r.choices("0123456789", k=n - 1))


def luhn_complete(body: str) -> str:
    total = 0
    for place, character in enumerate(reversed(body)):
        value = int(character) * (2 if place % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return body + str(-total % 10)


def luhn_broken(number: str) -> str:
    return number[:-1] + str((int(number[-1]) + 3) % 10)


def birth(r: random.Random) -> date:
    return date(1945, 1, 1) + timedelta(days=r.randrange(22_000))


def cn_id(r: random.Random) -> str:
    region = r.choice(
        [
            "110101",
            "310104",
            "440305",
            "510107",
            "330106",
            "420106",
            "320102",
            "610113",
            "350203",
            "530102",
            "230103",
            "150102",
        ]
    )
    body = region + birth(r).strftime("%Y%m%d") + digits(r, 3)
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return body + "10X98765432"[sum(int(c) * w for c, w in zip(body, weights, strict=True)) % 11]


def cn_id_broken(r: random.Random) -> str:
    good = cn_id(r)
    wrong = str((int(good[-1], 36) + 1) % 10)
    return good[:-1] + (wrong if wrong != good[-1] else "5")


def mobile(r: random.Random) -> str:
    number = "1" + r.choice(["38", "39", "50", "51", "86", "77", "99", "33", "58", "66"]) + digits(r, 8)
    return r.choice(
        [
            number,
            number,
            number,
            f"{number[:3]} {number[3:7]} {number[7:]}",
            f"{number[:3]}-{number[3:7]}-{number[7:]}",
            f"+86 {number}",
            f"+86{number}",
            f"0086-{number}",
        ]
    )


def landline(r: random.Random) -> str:
    area, size = r.choice([("010", 8), ("021", 8), ("0755", 8), ("0571", 8), ("0531", 8), ("0870", 7)])
    number = digits(r, size, "2345678")
    return r.choice([f"{area}-{number}", f"({area}){number}", f"{area}-{number}转{digits(r, 3, '123456789')}"])


def bank_card(r: random.Random) -> str:
    number = luhn_complete(
        r.choice(["622202", "621700", "622848", "621661", "623058", "622588"]) + digits(r, r.choice([9, 12]))
    )
    return r.choice([number, number, " ".join(number[i : i + 4] for i in range(0, len(number), 4))])


def uscc(r: random.Random) -> str:
    alphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY"
    body = (
        r.choice(["91", "92", "12", "52"])
        + r.choice(["110108", "440300", "310115", "330100"])
        + "".join(r.choices(alphabet, k=9))
    )
    weights = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
    return body + alphabet[(31 - sum(alphabet.index(c) * w for c, w in zip(body, weights, strict=True)) % 31) % 31]


def plate(r: random.Random) -> str:
    head = r.choice("京沪粤浙苏鲁川陕闽渝") + r.choice("ABCDEFGH")
    letters = "ABCDEFGHJKLMNPQRSTUVWXYZ"
    tail = r.choice(
        [
            digits(r, 5),
            r.choice(letters) + digits(r, 4),
            digits(r, 3) + "".join(r.choices(letters, k=2)),
            r.choice("DF") + digits(r, 5),
        ]
    )
    return r.choice([head + tail, f"{head}·{tail}"])


SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤"
GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀兰霞平刚桂英华玉萍红玲宇浩然子轩欣怡梓涵佳琪雨桐思远志鹏建国晓东文博雪梅国庆海燕俊峰嘉怡"


def zh_name(r: random.Random) -> str:
    return r.choice(["欧阳", "司马", "诸葛"] if r.random() < 0.03 else list(SURNAMES)) + "".join(
        r.choices(GIVEN, k=r.choice([1, 2, 2]))
    )


def zh_address(r: random.Random) -> str:
    head = r.choice(
        [
            "浙江省杭州市西湖区",
            "北京市朝阳区",
            "广东省深圳市南山区",
            "上海市浦东新区",
            "四川省成都市武侯区",
            "江苏省南京市鼓楼区",
            "湖北省武汉市洪山区",
            "杭州市余杭区",
            "河南省郑州市金水区",
        ]
    )
    road = r.choice(
        ["文三路", "建国路", "科技南路", "世纪大道", "天府大道中段", "中山北路", "珞喻路", "五常大道", "花园路"]
    )
    tail = r.choice(
        [
            "",
            f"{r.randint(1, 20)}栋{r.randint(1, 4)}单元{r.randint(101, 2505)}室",
            f"{r.randint(1, 30)}号楼{r.randint(101, 1805)}",
            f"A座{r.randint(1, 30)}层",
        ]
    )
    if tail.endswith(("0", "1", "2", "3", "4", "5", "6", "7", "8", "9")):
        tail += "室"
    return f"{head}{road}{r.randint(1, 999)}号{tail}"


def email(r: random.Random) -> str:
    user = r.choice(["li.ming", "zhangwei88", "j.doe", "anna_schmidt", "info+news", "m.mueller", "hr-dept", "wang2023"])
    return f"{user}{r.randint(1, 99)}@{r.choice(['example.com', 'mail.example.org', 'qq.com', '163.com', 'gmail.com', 'firma.de', 'corp.example.co.uk'])}"


def ipv4(r: random.Random) -> str:
    return f"{r.randint(1, 223)}.{r.randint(0, 255)}.{r.randint(0, 255)}.{r.randint(1, 254)}"


def ipv6(r: random.Random) -> str:
    return r.choice(
        [
            f"2001:db8::{r.randint(1, 65535):x}",
            f"fe80::{r.randint(1, 65535):x}:{r.randint(1, 65535):x}",
            "2001:0db8:85a3:0000:0000:8a2e:0370:" + f"{r.randint(0, 65535):04x}",
        ]
    )


def mac(r: random.Random) -> str:
    return r.choice([":", "-"]).join(f"{r.randint(0, 255):02X}" for _ in range(6))


def card(r: random.Random) -> str:
    number = luhn_complete(
        r.choice(
            ["4" + digits(r, 14), "5" + r.choice("12345") + digits(r, 13), "37" + digits(r, 12), "6011" + digits(r, 11)]
        )
    )
    return (
        number
        if len(number) == 15 or r.random() < 0.5
        else r.choice([" ", "-"]).join(number[i : i + 4] for i in range(0, 16, 4))
    )


def iban(r: random.Random) -> str:
    bban = digits(r, 18)
    check = 98 - int(bban + "131400") % 97
    plain = f"DE{check:02d}{bban}"
    return r.choice([plain, " ".join(plain[i : i + 4] for i in range(0, 22, 4))])


def ssn(r: random.Random) -> str:
    return f"{r.choice([r.randint(100, 665), r.randint(667, 899)])}-{r.randint(1, 99):02d}-{r.randint(1, 9999):04d}"


def us_phone(r: random.Random) -> str:
    a, b, c = digits(r, 3, "23456789"), digits(r, 3, "23456789"), digits(r, 4)
    return r.choice([f"({a}) {b}-{c}", f"{a}-{b}-{c}", f"+1 {a}-{b}-{c}", f"{a}.{b}.{c}", f"+1 ({a}) {b}-{c}"])


def de_phone(r: random.Random) -> str:
    return r.choice(
        [
            f"+49 30 {digits(r, 7, '23456789')}",
            f"+49 171 {digits(r, 7)}",
            f"0171 {digits(r, 7)}",
            f"089/{digits(r, 7, '23456789')}",
            f"+49 (0)89 {digits(r, 6, '23456789')}",
        ]
    )


def tax_id(r: random.Random) -> str:
    while True:
        body = digits(r, 10, "123456789")
        counts = sorted(body.count(d) for d in set(body))
        if counts[-1] in (2, 3) and counts.count(counts[-1]) == 1:
            break
    product = 10
    for character in body:
        total = (int(character) + product) % 10 or 10
        product = total * 2 % 11
    return body + str((11 - product) % 10)


EN_GIVEN = [
    "James",
    "Mary",
    "Robert",
    "Jennifer",
    "Michael",
    "Linda",
    "David",
    "Sarah",
    "Daniel",
    "Emily",
    "Thomas",
    "Laura",
    "Kevin",
    "Hannah",
    "Ahmed",
    "Priya",
    "Carlos",
    "Olga",
]
EN_SURNAME = [
    "Smith",
    "Johnson",
    "Williams",
    "Brown",
    "Garcia",
    "Miller",
    "O'Connor",
    "Wilson",
    "Nguyen",
    "Patel",
    "Kowalski",
    "Anderson",
    "McDonald",
    "Taylor",
]
DE_GIVEN = [
    "Hans",
    "Petra",
    "Wolfgang",
    "Sabine",
    "Jürgen",
    "Claudia",
    "Lukas",
    "Lena",
    "Stefan",
    "Katrin",
    "Björn",
    "Greta",
]
DE_SURNAME = [
    "Müller",
    "Schmidt",
    "Schneider",
    "Fischer",
    "Weber",
    "Wagner",
    "Becker",
    "Hoffmann",
    "Schäfer",
    "Koch",
    "Krüger",
    "Großmann",
]


def en_name(r: random.Random) -> str:
    return f"{r.choice(EN_GIVEN)} {r.choice(EN_SURNAME)}"


def de_name(r: random.Random) -> str:
    return f"{r.choice(DE_GIVEN)} {r.choice(DE_SURNAME)}"


def en_address(r: random.Random) -> str:
    street = f"{r.randint(1, 9999)} {r.choice(['Elm', 'Maple', 'North Oak', 'Washington', 'Lake', 'Park', 'Mill'])} {r.choice(['Street', 'St', 'Avenue', 'Road', 'Lane', 'Drive', 'Blvd'])}"
    return street + r.choice(
        [
            "",
            f", {r.choice(['Springfield', 'Denver', 'Portland', 'San Jose'])}, {r.choice(['IL', 'CO', 'OR', 'CA'])} {digits(r, 5)}",
        ]
    )


def de_address(r: random.Random) -> str:
    street = f"{r.choice(['Hauptstraße', 'Bahnhofstr.', 'Goetheweg', 'Schillerplatz', 'Lindenallee', 'Am Markt', 'Berliner Straße'])} {r.randint(1, 120)}{r.choice(['', '', 'a'])}"
    return street + r.choice(
        ["", f", {digits(r, 5, '123456789')} {r.choice(['Berlin', 'München', 'Hamburg', 'Köln'])}"]
    )


def any_date(r: random.Random) -> str:
    day = birth(r)
    return r.choice(
        [
            day.strftime("%Y-%m-%d"),
            day.strftime("%d/%m/%Y"),
            day.strftime("%d.%m.%Y"),
            day.strftime("%B %d, %Y").replace(" 0", " "),
            f"{day.year}年{day.month}月{day.day}日",
        ]
    )


def base58(r: random.Random) -> str:
    import hashlib

    raw = b"\x00" + r.randbytes(20)
    raw += hashlib.sha256(hashlib.sha256(raw).digest()).digest()[:4]
    number, out = int.from_bytes(raw, "big"), ""
    while number:
        number, rest = divmod(number, 58)
        out = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"[rest] + out
    return "1" + out


def secret(r: random.Random) -> str:
    letters = string.ascii_letters + string.digits
    return r.choice(
        [
            "AK" + "IA" + "".join(r.choices("ABCDEFGHJKLMNPQRSTUVWXYZ234567", k=16)),
            "gh" + "p_" + "".join(r.choices(letters, k=36)),
            "sk-" + "".join(r.choices(letters, k=48)),
            "LT" + "AI5t" + "".join(r.choices(letters, k=20)),
        ]
    )


Maker = Callable[[random.Random], str]
VALUES: dict[str, tuple[str, Maker]] = {
    "id": ("CN_ID_CARD", cn_id), "mob": ("PHONE_NUMBER", mobile), "tel": ("PHONE_NUMBER", landline), "bank": ("CN_BANK_CARD", bank_card),
    "uscc": ("CN_USCC", uscc), "plate": ("CN_LICENSE_PLATE", plate), "pass": ("CN_PASSPORT", lambda r: r.choice(["E", "G"]) + digits(r, 8)),
    "hkmo": ("CN_HKMO_PERMIT", lambda r: r.choice("CHM") + digits(r, 8)), "mil": ("CN_MILITARY_ID", lambda r: f"{r.choice('军士文')}字第{digits(r, 7)}号"),
    "wx": ("WECHAT_ID", lambda r: r.choice(["lixm_", "wang-", "zhao"]) + digits(r, 6)), "qq": ("QQ_NUMBER", lambda r: digits(r, r.randint(6, 10), "123456789")),
    "zname": ("PERSON", zh_name), "zaddr": ("ADDRESS", zh_address), "mail": ("EMAIL_ADDRESS", email), "ip": ("IP_ADDRESS", ipv4), "ip6": ("IP_ADDRESS", ipv6),
    "mac": ("MAC_ADDRESS", mac), "card": ("CREDIT_CARD", card), "iban": ("IBAN_CODE", iban), "ssn": ("US_SSN", ssn), "usp": ("PHONE_NUMBER", us_phone),
    "dep": ("PHONE_NUMBER", de_phone), "tax": ("DE_TAX_ID", tax_id), "ename": ("PERSON", en_name), "dname": ("PERSON", de_name), "eaddr": ("ADDRESS", en_address),
    "daddr": ("ADDRESS", de_address), "dob": ("DATE_OF_BIRTH", any_date), "btc": ("CRYPTO", base58), "key": ("SECRET", secret),
    "url": ("URL", lambda r: f"https://{r.choice(['www', 'app'])}.example.com/p/{r.randint(1, 999)}?q={r.randint(1, 9)}"),
}  # fmt: skip
NEGATIVES: dict[str, Maker] = {
    "nid": cn_id_broken, "nbank": lambda r: luhn_broken(bank_card(r).replace(" ", "")), "ncard": lambda r: luhn_broken(card(r).replace(" ", "").replace("-", "")),
    "order": lambda r: date(2024, 1, 1).strftime("%Y%m%d") + digits(r, r.choice([6, 8, 10])), "ver": lambda r: f"{r.randint(1, 20)}.{r.randint(0, 30)}.{r.randint(0, 30)}",
    "uuid": lambda r: str(uuid.UUID(int=r.getrandbits(128), version=4)), "sha": lambda r: f"{r.getrandbits(160):040x}", "ts": lambda r: str(r.randint(1_600_000_000, 1_760_000_000)),
    "num": lambda r: str(r.randint(2, 99_999)), "price": lambda r: f"{r.randint(1, 9999)}.{r.randint(0, 99):02d}", "day": lambda r: date(2024, r.randint(1, 12), r.randint(1, 28)).isoformat(),
    "sku": lambda r: f"{''.join(r.choices(string.ascii_uppercase, k=2))}-{digits(r, 5)}", "ord11": lambda r: digits(r, 11, "1"), "isbn": lambda r: f"978-7-{digits(r, 3)}-{digits(r, 5)}-{digits(r, 1)}",
}  # fmt: skip

TEMPLATES: dict[Part, dict[str, list[str]]] = {
    "train": {
        "zh": [
            "客户{zname}的身份证号码是{id}，手机号{mob}。", "联系人：{zname}，电话：{mob}，地址：{zaddr}。", "请将款项汇至银行卡{bank}，户名：{zname}。", "公司统一社会信用代码{uscc}，联系电话{tel}。",
            "车牌号{plate}的车辆于{day}违章。", "护照号码：{pass}，持证人：{zname}。", "港澳通行证号{hkmo}已过期。", "微信号：{wx}，QQ：{qq}", "服务器IP地址{ip}无法访问，请联系{mail}。", "出生日期：{dob}，证件号{id}",
            "军官证号：{mil}", "邮箱{mail}已绑定手机{mob}", "API密钥：{key}", "患者{zname}，身份证{id}，住址：{zaddr}。",
            "订单号：{order}，金额{price}元，预计{day}送达。", "系统版本{ver}，构建号{num}。", "身份证号{nid}校验失败。", "卡号{nbank}无效，请重新输入。", "文件哈希{sha}，大小{num}字节", "会议安排在{day}下午三点，讨论第{num}号议题。", "快递单号：{ord11}", "我们公司的产品在市场上取得了很好的成绩，销售额增长了{num}%。", "时间戳{ts}", "明天我们去公园散步，天气很好。",
        ],
        "en": [
            "My name is {ename} and my SSN is {ssn}.", "Please call {ename} at {usp}.", "Customer: {ename}, email {mail}, card {card}.", "Ship to {eaddr} for {ename}.", "The server {ip} was reached from {ip6}.", "Date of birth: {dob}.", "Device MAC {mac} joined.",
            "Send the refund to {iban}.", "BTC wallet {btc} received funds.", "export TOKEN={key}", "Visit {url} for details.", "Reach me on {usp} or {mail}.",
            "Order number {order} shipped on {day}.", "Version {ver} fixes {num} bugs.", "commit {sha}", "Request {uuid} took {num} ms", "Card {ncard} was declined.", "The invoice total is {price} dollars, SKU {sku}.", "At {ts} the job ended.", "ISBN {isbn} is out of print.", "The quick brown fox jumps over the lazy dog.", "New York and San Francisco are large cities in the United States.", "Tracking number {ord11} is in transit.", "We will meet in Room 204 on the second floor.",
        ],
        "de": [
            "Herr {dname} wohnt in der {daddr}.", "Bitte rufen Sie {dname} unter {dep} an.", "Steuer-ID: {tax}", "Meine IBAN lautet {iban}.", "Geburtsdatum: {dob}", "E-Mail: {mail}, Telefon {dep}", "Mein Name ist {dname}.",
            "Bestellnummer {order} vom {day}.", "Die Rechnung über {price} Euro ist fällig.", "Version {ver} ist verfügbar.", "Sendungsnummer {ord11}", "Das Wetter in Berlin ist heute schön.", "Artikel {sku} ist nicht lieferbar.",
        ],
    },
    "test": {
        "zh": [
            "{zname}先生您好，您尾号的储蓄卡{bank}已入账。", "收货人：{zname}\n收货地址：{zaddr}\n联系方式：{mob}", "【实名认证】姓名：{zname} 身份证：{id} 通过", "办公电话{tel}，传真另行通知。", "本公司（统一社会信用代码：{uscc}）承诺如下", "停车记录：{plate} 于{day}入场", "旅客护照{pass}已核验", "请加微信{wx}或者QQ号{qq}详谈", "登录来源IP：{ip}，设备MAC：{mac}", "生日{dob}，办理人{zname}", "往来港澳通行证：{hkmo}", "该同志{mil}", "监控显示主机{ip6}离线", "联系{mail}或拨打{mob}", "access_key: {key}", "被保险人：{zname}；证件号码：{id}；手机：{mob}",
            "流水号{order}处理完成，用时{num}毫秒", "证件号{nid}不存在", "银行卡{nbank}校验未通过", "商品编号{sku}库存{num}件", "发布{ver}版本，提交{sha}", "请求{uuid}于{ts}超时", "运单号{ord11}已签收", "这本书的ISBN是{isbn}。", "今年公司业绩增长明显，员工人数达到{num}人。", "请各部门在{day}前提交计划。", "人工智能技术正在快速发展，带来许多新的机会。", "价格为{price}元，包含税费。",
        ],
        "en": [
            "Hi {ename}, your appointment is confirmed.", "Patient: {ename}, born {dob}", "Contact phone: {usp}; backup: {mail}", "Applicant's social security number {ssn} verified", "Paid with Visa {card}", "Wire to IBAN {iban}", "Login from {ip} (mac {mac})", "Her address is {eaddr}.", "Donate: {btc}", "aws key {key} leaked", "Docs at {url}", "Mr. {ename} can be reached by cell at {usp}", "Employee {ename} lives at {eaddr}",
            "Ticket {order} was closed.", "Upgrade to release {ver} now", "sha1 {sha}", "trace {uuid} finished in {num} ms", "Card number {ncard} failed the check", "Part {sku} costs {price}", "epoch {ts}", "See ISBN {isbn}", "parcel {ord11} arrived", "There are {num} people in the room.", "The Department of Health published new rules.", "Our team will review the proposal on {day}.", "Machine learning models need large data sets.", "Please restart the server and check the logs.",
        ],
        "de": [
            "Sehr geehrte Frau {dname}, vielen Dank.", "Kunde: {dname}, Adresse: {daddr}", "Rückruf unter {dep} erbeten", "Die Steuernummer (IdNr) {tax} fehlt", "Konto {iban}", "geboren am {dob}", "Ansprechpartner: {dname}, {mail}", "Ich heiße {dname}.",
            "Auftrag {order} wurde storniert.", "Preis: {price} EUR", "Softwareversion {ver}", "Vorgang {uuid} beendet", "Rechnung {ord11} bezahlt", "Die Sitzung findet am {day} statt.", "Der Zug fährt um {num} Uhr ab.", "Bitte prüfen Sie die Unterlagen sorgfältig.",
        ],
    },
}  # fmt: skip


def sentences(seed: int, part: Part, count: int) -> Iterator[Sentence]:
    """`count` labelled sentences of one part; the same seed gives the same ones."""
    r = random.Random(f"{part}-{seed}")
    languages = ["zh", "zh", "en", "en", "de"]
    for _ in range(count):
        language = r.choice(languages)
        yield filled(r.choice(TEMPLATES[part][language]), r, language)


def filled(template: str, r: random.Random, language: str = "") -> Sentence:
    out, spans, position = [], [], 0
    for literal, name, _, _ in string.Formatter().parse(template):
        out.append(literal)
        position += len(literal)
        if name is None:
            continue
        kind, maker = VALUES.get(name, ("", NEGATIVES.get(name)))
        assert maker is not None, name
        value = maker(r)
        if kind:
            spans.append((kind, position, position + len(value)))
        out.append(value)
        position += len(value)
    return Sentence("".join(out), tuple(spans), language)
