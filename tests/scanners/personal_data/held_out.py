# ruff: noqa: E501 - a table reads best one row a line
"""A second labelled set, of another make than `labelled`: values from the Faker package, texts as offices write them.

Nothing in the rules may be copied from here. `records(seed, count)` gives the same ones for the same seed.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from faker import Faker

LOCALES = {"zh": "zh_CN", "tw": "zh_TW", "us": "en_US", "uk": "en_GB", "de": "de_DE"}
_SLOT = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True)
class Record:
    """A text and the (type, start, end) of every piece of personal data in it."""

    text: str
    spans: tuple[tuple[str, int, int], ...]
    language: str


class Values:
    """Makers of values, seeded; each gives a type and a text, or None and a text that is nobody's."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(f"held-out-{seed}")
        self.faker = {language: Faker(locale) for language, locale in LOCALES.items()}
        for number, faker in enumerate(self.faker.values()):
            faker.seed_instance(seed * 10 + number)

    def digits(self, count: int) -> str:
        return "".join(self.random.choices("0123456789", k=count))

    def one_of(self, *choices: str) -> str:
        return self.random.choice(choices)

    def luhn(self, body: str) -> str:
        total = sum(
            (int(c) * 2 - 9 if int(c) > 4 else int(c) * 2) if i % 2 == 0 else int(c)
            for i, c in enumerate(reversed(body))
        )
        return body + str(-total % 10)

    def name(self, language: str) -> str:
        name = self.faker[language].name()
        if language in ("zh", "tw"):
            return name
        return re.sub(
            r"^(?:Mr|Mrs|Ms|Miss|Dr|Prof|Herr|Frau|Ing|Dipl\.-Ing|Univ\.Prof)\.? |(?: (?:MD|DDS|PhD|DVM|Jr\.|MBA\.|B\.(?:A|Sc|Eng)\.))+$",
            "",
            re.sub(r"^(?:Herr|Frau) ", "", name),
        )

    def address(self, language: str) -> str:
        r, f = self.random, self.faker[language]
        if language == "zh":
            head = f"{f.province()}{f.city_name()}市{f.district()}区"
            road = f.street_name()
            return (
                head
                + road
                + r.choice(
                    [
                        f"{r.randint(1, 980)}号",
                        f"{r.randint(1, 400)}号{r.randint(1, 20)}号楼{r.randint(1, 6)}单元{r.randint(101, 2604)}室",
                        f"{r.randint(1, 300)}弄{r.randint(1, 60)}号{r.randint(101, 904)}室",
                    ]
                )
            )
        if language == "tw":
            return f"{self.one_of('臺北市大安區', '新北市板橋區', '高雄市左營區', '臺中市西屯區', '新竹市東區')}{self.one_of('復興南路', '文化路', '博愛二路', '光復路', '民生東路')}{self.one_of('一段', '二段', '')}{r.randint(1, 400)}號{r.choice(['', f'{r.randint(2, 15)}樓', f'{r.randint(2, 15)}樓之{r.randint(1, 9)}'])}"
        if language == "us":
            return f"{f.building_number()} {f.street_name()}{r.choice(['', f', Apt {r.randint(1, 99)}', f', Suite {r.randint(100, 999)}'])}, {f.city()}, {f.state_abbr(include_territories=False, include_freely_associated_states=False)} {f.postcode()}"
        if language == "uk":
            return f"{r.randint(1, 250)} {f.street_name()}, {self.one_of('Leeds', 'Bristol', 'Norwich', 'Kingston upon Thames', 'Bath')} {f.postcode()}"
        return f"{f.street_name()} {r.randint(1, 180)}{r.choice(['', 'a', 'b'])}, {f.postcode()} {f.city_name()}"

    def make(self, slot: str, language: str) -> tuple[str | None, str]:
        """The value for a slot of a template."""
        r, f = self.random, self.faker[language]
        makers: dict[str, Callable[[], tuple[str | None, str]]] = {
            "name": lambda: ("PERSON", self.name(language)),
            "addr": lambda: ("ADDRESS", self.address(language)),
            "id": lambda: ("CN_ID_CARD", f.ssn()),
            "mobile": lambda: (
                "PHONE_NUMBER",
                r.choice(
                    [
                        f.phone_number(),
                        "+86 " + f.phone_number(),
                        re.sub(r"(...)(....)(....)", r"\1-\2-\3", f.phone_number()),
                    ]
                ),
            ),
            "tel": lambda: (
                "PHONE_NUMBER",
                f"{self.one_of('021', '0571', '0755', '010', '028')}-{r.choice('35678')}{self.digits(7)}",
            ),
            "twtel": lambda: ("PHONE_NUMBER", f"09{self.digits(2)}-{self.digits(3)}-{self.digits(3)}"),
            "phone": lambda: (
                "PHONE_NUMBER",
                {
                    "us": lambda: (
                        f"{r.randint(2, 9)}{self.digits(2)}-{r.randint(2, 9)}{self.digits(2)}-{self.digits(4)}"
                    ),
                    "uk": lambda: r.choice(
                        [
                            f"07{r.choice('45789')}{self.digits(2)} {self.digits(6)}",
                            f"020 7{self.digits(3)} {self.digits(4)}",
                            f"+44 7{r.choice('45789')}{self.digits(2)} {self.digits(6)}",
                            f"0161 {self.digits(3)} {self.digits(4)}",
                        ]
                    ),
                    "de": lambda: r.choice(
                        [
                            f"+49 (0) 30 {r.randint(2, 9)}{self.digits(6)}",
                            f"0{self.one_of('221', '40', '711')}/{r.randint(2, 9)}{self.digits(6)}",
                            f"0176 {self.digits(8)}",
                            f"+49 151 {self.digits(8)}",
                        ]
                    ),
                }[language](),
            ),
            "bank": lambda: (
                "CN_BANK_CARD",
                self.luhn(self.one_of("622202", "621700", "622848", "621661", "623052") + self.digits(12)),
            ),
            "uscc": lambda: ("CN_USCC", self.uscc()),
            "plate": lambda: (
                "CN_LICENSE_PLATE",
                self.one_of("京", "沪", "粤", "川", "鲁", "湘", "陕")
                + r.choice("ABCDE")
                + r.choice(
                    [
                        f"{self.digits(4)}{r.choice('KLMNPQ')}",
                        f"D{self.digits(5)}",
                        f"{r.choice('HJKL')}{self.digits(4)}",
                    ]
                ),
            ),
            "passport": lambda: (
                "CN_PASSPORT",
                self.one_of("EA", "EB", "EJ") + self.digits(7) if r.random() < 0.5 else "E" + self.digits(8),
            ),
            "permit": lambda: ("CN_HKMO_PERMIT", "C" + self.digits(8)),
            "wechat": lambda: (
                "WECHAT_ID",
                self.one_of("sunny", "lucky", "tea_time", "Blue-sky") + self.digits(r.randint(2, 5)),
            ),
            "qq": lambda: ("QQ_NUMBER", str(r.randint(100_000, 3_999_999_999))),
            "mail": lambda: ("EMAIL_ADDRESS", self.faker["us"].email()),
            "birth": lambda: ("DATE_OF_BIRTH", self.birth(language)),
            "ssn": lambda: ("US_SSN", f"{r.randint(101, 665)}-{r.randint(11, 99)}-{r.randint(1000, 9999)}"),
            "card": lambda: (
                "CREDIT_CARD",
                r.choice(
                    [
                        self.faker["us"].credit_card_number(card_type="visa16"),
                        self.faker["us"].credit_card_number(card_type="mastercard"),
                        self.faker["us"].credit_card_number(card_type="amex"),
                    ]
                ),
            ),
            "iban": lambda: ("IBAN_CODE", r.choice([self.faker["de"].iban(), self.faker["uk"].iban()])),
            "nino": lambda: ("UK_NINO", f"{self.one_of('AB', 'JG', 'SX', 'PW')}{self.digits(6)}{r.choice('ABCD')}"),
            "nhs": lambda: ("UK_NHS", self.nhs()),
            "tax": lambda: ("DE_TAX_ID", self.german_tax_id()),
            "ip": lambda: ("IP_ADDRESS", f.ipv4()),
            "ip6": lambda: ("IP_ADDRESS", f.ipv6()),
            "mac": lambda: ("MAC_ADDRESS", f.mac_address()),
            "gps": lambda: ("GPS_COORDINATES", f"{r.uniform(-60, 60):.5f}, {r.uniform(-170, 170):.5f}"),
            "twid": lambda: ("TW_ID_CARD", self.faker["tw"].ssn()),
            "secret": lambda: (
                "SECRET",
                self.one_of("gh" + "p_", "glp" + "at-")
                + "".join(r.choices("abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789", k=36)),
            ),
            "badid": lambda: (None, (lambda v: v[:-1] + ("1" if v[-1] != "1" else "2"))(f.ssn())),
            "badcard": lambda: (
                None,
                (lambda v: v[:-1] + str((int(v[-1]) + 3) % 10))(
                    self.faker["us"].credit_card_number(card_type="visa16")
                ),
            ),
            "version": lambda: (None, ".".join(str(r.randint(0, 60)) for _ in range(r.choice([3, 4])))),
            "order": lambda: (None, self.one_of("20260", "20251") + self.digits(r.choice([9, 11, 12]))),
            "amount": lambda: (None, f"{r.randint(10, 99999):,}.{self.digits(2)}"),
            "count": lambda: (None, str(r.randint(3, 9999))),
            "uuid": lambda: (None, f.uuid4()),
            "hash": lambda: (None, r.choice([f.md5(), f.sha1(), f.sha256()])),
            "day": lambda: (None, f.date_this_decade().isoformat()),
            "epoch": lambda: (None, str(r.randint(1_500_000_000_000, 1_790_000_000_000))),
            "company": lambda: (None, f.company()),
            "isbn": lambda: (None, self.faker["us"].isbn13()),
            "hex": lambda: (None, f"0x{r.getrandbits(32):08x}"),
            "sku": lambda: (
                None,
                "".join(r.choices("ABCDEFGHKMNPQRSTX", k=3)) + "-" + self.digits(4) + "-" + r.choice("ABC"),
            ),
            "float": lambda: (None, f"{r.random():.6f}"),
            "parcel": lambda: (None, self.one_of("SF", "YT", "JD") + self.digits(13)),
        }
        return makers[slot]()

    def birth(self, language: str) -> str:
        day = self.faker["us"].date_of_birth(minimum_age=18, maximum_age=90)
        style = self.one_of(
            *{
                "zh": ("%Y年%m月%d日", "%Y-%m-%d", "%Y.%m.%d", "%Y/%m/%d"),
                "tw": ("%Y/%m/%d", "%Y年%m月%d日"),
                "us": ("%m/%d/%Y", "%B %d, %Y", "%Y-%m-%d", "%d %b %Y"),
                "uk": ("%d/%m/%Y", "%d %B %Y"),
                "de": ("%d.%m.%Y",),
            }[language]
        )
        return day.strftime(style)

    def uscc(self) -> str:
        alphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY"
        body = (
            self.one_of("91", "92", "52", "12")
            + self.one_of("110108", "310115", "440305", "330106", "510107")
            + "".join(self.random.choices(alphabet, k=9))
        )
        weights = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
        return body + alphabet[-sum(alphabet.index(c) * w for c, w in zip(body, weights, strict=True)) % 31]

    def nhs(self) -> str:
        while True:
            body = self.digits(9)
            check = -sum(int(c) * w for c, w in zip(body, range(10, 1, -1), strict=True)) % 11
            if check < 10:
                return f"{body[:3]} {body[3:6]} {body[6:]}{check}"

    def german_tax_id(self) -> str:
        while True:
            body = str(self.random.randint(1, 9)) + self.digits(9)
            most = sorted(body.count(d) for d in set(body))
            if most[-1] in (2, 3) and most.count(most[-1]) == 1:
                break
        product = 10
        for character in body:
            product = ((int(character) + product) % 10 or 10) * 2 % 11
        return body + str((11 - product) % 10)


TEMPLATES: dict[str, list[str]] = {
    "zh": [
        "甲方（出租人）：{name}\n身份证号码：{id}\n乙方（承租人）：{name}，联系电话{mobile}",
        "您好，我是{name}，想咨询一下贷款，电话{mobile}，谢谢。",
        "【顺丰速运】{name} 收，{addr}，{mobile}",
        "就诊人：{name}；出生日期：{birth}；身份证号：{id}；现住址：{addr}",
        "入职登记表\n姓名：{name}\n出生年月：{birth}\n手机号码：{mobile}\n邮箱：{mail}\n开户银行卡号：{bank}",
        "今天{name}在会上说，方案下周定稿。",
        "请把报销款打到{name}的建设银行卡 {bank}，谢谢！",
        "{name}（身份证{id}）因交通违法，驾驶{plate}被处罚。",
        "法定代表人{name}，统一社会信用代码{uscc}，注册地址：{addr}",
        "旅客{name}持护照{passport}于{day}出境。",
        "通行证号码：{permit}，持证人{name}。",
        "微信号 {wechat}，QQ {qq}，随时联系",
        "加微信：{wechat}\n座机：{tel}",
        '{{"userName": "{name}", "mobile": "{mobile}", "idCard": "{id}", "email": "{mail}"}}',
        "姓名,手机,身份证\n{name},{mobile},{id}\n",
        "[INFO] 用户登录成功 ip={ip} device={mac}",
        "嫌疑人{name}，男，汉族，住{addr}，于{day}被抓获。",
        "老师您好，我是{name}的家长，孩子今天请假，我的电话是{mobile}。",
        "采购部{name}的邮箱是{mail}。",
        "定位显示他在坐标 {gps} 附近。",
        "主机{ip6}与{ip}之间丢包",
        "车主{name}，车牌{plate}，电话{tel}",
        "患者{name}，{birth}出生，复诊。",
        "转账记录：收款人{name}，账号{bank}，金额{amount}元",
    ],
    "tw": [
        "收件人：{name}\n地址：{addr}\n電話：{twtel}",
        "本人{name}，身分證字號{twid}，茲委託辦理。",
        "{name}先生您好，您的預約已確認，聯絡電話{twtel}。",
        "寄送地址：{addr}",
    ],
    "us": [
        "Dear {name},\n\nYour claim has been approved. We mailed the check to {addr}.\n",
        "{name} was born on {birth} and lives at {addr}.",
        "Please update my card on file: {card}. Thanks, {name}",
        "Patient Name: {name}\nDOB: {birth}\nSSN: {ssn}\nPhone: {phone}",
        "I spoke to {name} yesterday; her number is {phone}.",
        "From: {name} <{mail}>\nSubject: invoice",
        "{addr}",
        "Deliver to: {name}, {addr}",
        "The defendant, {name}, SSN {ssn}, was served at {addr}.",
        '{{"customer": {{"name": "{name}", "email": "{mail}", "phone": "{phone}"}}}}',
        "sshd[{count}]: Failed password for root from {ip} port 4242",
        "Wifi client {mac} got {ip6}",
        "export CI_JOB_TOKEN={secret}",
        "Employee record: {name}, hired {day}, date of birth {birth}",
        "Call me at {phone} or write to {mail}.",
        "Photo taken at GPS {gps}.",
        "Payment by Mastercard {card} was accepted.",
        "Meeting notes: {name} will follow up with {name}.",
    ],
    "uk": [
        "Dear {name}, your NHS number is {nhs}.",
        "{name}\n{addr}\nTel {phone}",
        "National Insurance number {nino} belongs to {name}.",
        "My mobile is {phone}, please ring after six.",
        "The tenant at {addr} is {name}.",
        "Patient {name}, date of birth {birth}, was seen today.",
        "Sort it out with {name} on {phone}.",
        "Pay into IBAN {iban} by Friday.",
    ],
    "de": [
        "Sehr geehrter Herr {name},\nIhre Steueridentifikationsnummer lautet {tax}.",
        "Frau {name}, geboren am {birth}, wohnhaft in {addr}.",
        "Lieferadresse: {name}, {addr}",
        "Rufen Sie mich bitte unter {phone} zurück. Mit freundlichen Grüßen\n{name}",
        "Bankverbindung: {iban}, Kontoinhaber: {name}",
        "Der Patient {name} (geb. {birth}) wurde entlassen.",
        "{name}\n{addr}\nTel.: {phone}\nE-Mail: {mail}",
        "Mieter ist {name}, {addr}.",
        "Zugriff von {ip} auf das Konto von {name}",
        "Versicherungsnehmerin: {name}, Telefon {phone}",
    ],
}
CLEAN: dict[str, list[str]] = {
    "zh": [
        "订单{order}已发货，快递单号{parcel}，共{count}件。", "系统将于{day}升级到{version}，请提前保存数据。", "身份证号{badid}格式错误，请核对后重新提交。", "本季度营业收入{amount}万元，同比增长{count}%。", "commit {hash} 修复了内存泄漏。",
        "请求ID：{uuid}，耗时{count}ms，错误码{hex}", "会议纪要：各部门汇报了上半年的工作进展，提出了下一步的计划。", "{company}发布新产品。", "ISBN：{isbn}，定价{amount}元", "时间戳 {epoch}，序列号 {sku}", "关于做好{day}安全生产工作的通知", "高温天气将持续到周末，市民外出请注意防暑。",
        "参数 lr={float}, dropout={float}", "水果店的苹果和梨都很新鲜，价格也便宜。", "信用卡{badcard}校验失败", "经理要求大家在周五之前完成各自的任务，并提交总结。", "请将版本回退至{version}后重启服务。", "文档编号：{sku}，页数：{count}", "白云山景区门票{count}元，学生半价。", "方案经过讨论后一致通过，由技术部负责实施。",
    ],
    "tw": ["訂單編號：{order}，金額{amount}元", "明天上午會議改到下午三點舉行，請各位準時出席。"],
    "us": [
        "Order {order} shipped; reference {sku}.", "Upgrade to {version} before {day}.", "Build {hash} passed in {count} s.", "error {hex} at {epoch}", "The committee approved the annual budget of ${amount}.", "Request {uuid} timed out.", "{company} announced quarterly results.", "ISBN {isbn}, {count} pages", "loss={float} acc={float} step={count}",
        "Card {badcard} was rejected by the issuer.", "In Spring and Summer the Park Service opens the trails at 7 am.", "See Section {count} of the User Guide for details.", "New York is the largest city in the United States.", "The Supreme Court heard the case in {day}.", "Release {version} replaces version {version}.", "Please read the Terms of Service and the Privacy Policy.", "Grand Central Terminal has 44 platforms.",
    ],
    "uk": ["Parcel {order} is out for delivery.", "The Ministry of Defence published {count} documents.", "Version {version} of the Handbook is out.", "The Royal Albert Hall holds 5,000 people.", "Interest at {float} per cent on £{amount}."],
    "de": ["Bestellung {order} wurde versandt.", "Update auf Version {version} erforderlich.", "Die Mehrwertsteuer beträgt {amount} Euro.", "Prüfsumme {hash}", "Die Bundesregierung hat am {day} das Gesetz beschlossen.", "Artikelnummer {sku}, Menge {count}", "Siehe Abschnitt {count} im Benutzerhandbuch.", "Im Sommer öffnet das Freibad um 9 Uhr."],
}  # fmt: skip


def records(seed: int, count: int) -> Iterator[Record]:
    """`count` records, two of five without personal data, Chinese and others half and half."""
    values = Values(seed)
    r = values.random
    for _ in range(count):
        language = r.choice(["zh", "zh", "zh", "tw", "us", "us", "uk", "de"])
        template = r.choice((CLEAN if r.random() < 0.4 else TEMPLATES)[language])
        yield filled(template, values, language)


def filled(template: str, values: Values, language: str) -> Record:
    """The template with a value in each slot; doubled braces are braces."""
    out, spans, done, position = [], [], 0, 0
    plain = template.replace("{{", "\x01").replace("}}", "\x02")
    for slot in _SLOT.finditer(plain):
        kind, value = values.make(slot[1], language)
        position += slot.start() - done
        if kind is not None:
            spans.append((kind, position, position + len(value)))
        out += [plain[done : slot.start()], value]
        position += len(value)
        done = slot.end()
    out.append(plain[done:])
    return Record("".join(out).replace("\x01", "{").replace("\x02", "}"), tuple(spans), language)
