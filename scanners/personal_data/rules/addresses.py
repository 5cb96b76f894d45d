# ruff: noqa: E501 - a table reads best one row a line
"""Postal addresses in Chinese, English and German: by how they are built and by what announces them."""

from __future__ import annotations

from scanners.personal_data.rules.lexicon import STREET_WORDS
from scanners.personal_data.rules.rule import AT_START, Rule

_HAN = r"[\u4e00-\u9fff]"
_PROVINCE = (
    "(?:(?:河北|山西|辽宁|吉林|黑龙江|江苏|浙江|安徽|福建|江西|山东|河南|湖北|湖南|广东|海南|四川|贵州|云南|陕西|甘肃|青海|台湾)省?|"
    "(?:内蒙古|广西壮族|广西|西藏|宁夏回族|宁夏|新疆维吾尔|新疆)(?:自治区)?|(?:北京|上海|天津|重庆)市?|(?:香港|澳门)(?:特别行政区)?)"
)
_PLACE = r"(?:(?![到在往至于是为住从送寄的了给说请我你他她它们这那就也把被])[\u4e00-\u9fff])"

_ORT = (
    r"(?:(?:Bad|Sankt|St\.|Markt|Hansestadt|[A-ZÄÖÜ][a-zäöü]{2,15}isch) )?[A-ZÄÖÜ][a-zäöüß]{1,25}(?:-[A-ZÄÖÜ][a-zäöüß]{1,25}){0,2}"
    r"(?:(?: (?:am|an der|im|in der|ob der|vor der|bei)|/) ?[A-ZÄÖÜ][a-zäöüß]{1,20}| \([A-ZÄÖÜ][A-Za-zäöüß]{1,20}\)|(?<=er) (?:Land|Kreis|Höhe|Mark|Heide|Berge))?"
)
_NUMMER = r"[0-9]{1,4} ?[a-z]?(?:[-/][0-9]{1,3}[a-z]?)?"
_POSTAL = rf"(?:(?:[,;]|\n| -| in)?[ \n](?:D-|DE-|A-|CH-)?[0-9]{{4,5}} {_ORT})"
_HOUSE = rf"{_NUMMER}{_POSTAL}?(?![A-Za-z0-9])"
_LIVES = "送货到|寄至|发往|发到|配送至|配送到|邮寄至|邮寄到|搬到|搬至|派送至|住址|地址|家住|住在|现居|居住于|居住在|户籍所在地|户籍地|寄往|寄到|送到|送至|送货至|收货地|住所|居所|户籍|户口所在地"
_MONTHS = (
    "Januar",
    "Februar",
    "März",
    "April",
    "Mai",
    "Juni",
    "Juli",
    "August",
    "September",
    "Oktober",
    "November",
    "Dezember",
)

_CLEAR_STREET = (
    r"(?:Street|St|Avenue|Ave|Road|Rd|Boulevard|Blvd|Lane|Ln|Drive|Dr|Court|Ct|Place|Pl|Square|Sq|Terrace|Ter|Way|Parkway|"
    r"Pkwy|Circle|Cir|Highway|Hwy|Close|Crescent|Cres|Grove|Gardens|Mews|Row|Hill|Trail|Trl|Plaza|Alley|Walk|Turnpike)"
)
_ANY_STREET = f"(?:{'|'.join(sorted(STREET_WORDS, key=len, reverse=True))})"
_NUMBERED = (
    r"(?<![A-Za-z0-9.#\-])[0-9]{1,6}[A-Za-z]?(?:-[0-9]{1,4})?,? (?:(?:[NSEW]|North|South|East|West|NE|NW|SE|SW)\.? )?"
)
_NUMBERED_GATE = r"[0-9][A-Za-z]?,? [A-ZÀ-Ý0-9]"
_NAMED = r"(?:[0-9]{1,3}(?:st|nd|rd|th)|[A-ZÀ-Ý][A-Za-zÀ-ÿ'.\-]{0,20})"
_UNIT = r"(?:,? (?:Apt|Apartment|Suite|Ste|Unit|Floor|Fl|Flat|Room|Rm|#)\.? ?[0-9A-Za-z\-]{1,6})"
_CITY = r"(?:[A-Z][A-Za-z.'\-]{1,20}(?:(?: (?:upon|on|under|in|the|of|le|by|next|sur|de|la)){0,2} [A-Z][A-Za-z.'\-]{1,20}){0,3})"
_ROMANCE = "(?:de|del|da|do|dos|das|di|della|dei|la|las|los|el|e|y)"
_STATE = (
    r"(?:A[AEKLPRSZ]|C[AOT]|D[CE]|F[LM]|G[AU]|HI|I[ADLN]|K[SY]|LA|M[ADEHINOPST]|N[CDEHJMVY]|O[HKR]|P[ARW]|RI|S[CD]|T[NX]|UT|V[AIT]|W[AIVY]|"
    r"Alabama|Alaska|Arizona|Arkansas|California|Colorado|Connecticut|Delaware|Florida|Georgia|Hawaii|Idaho|Illinois|Indiana|Iowa|"
    r"Kansas|Kentucky|Louisiana|Maine|Maryland|Massachusetts|Michigan|Minnesota|Mississippi|Missouri|Montana|Nebraska|Nevada|"
    r"New Hampshire|New Jersey|New Mexico|New York|North Carolina|North Dakota|Ohio|Oklahoma|Oregon|Pennsylvania|Rhode Island|"
    r"South Carolina|South Dakota|Tennessee|Texas|Utah|Vermont|Virginia|Washington|West Virginia|Wisconsin|Wyoming|"
    r"NSW|SA|VIC|QLD|TAS|ACT|NT|ON|QC|BC|AB|MB|SK|NS|NB|NL|PE)"
)
_CODE = (
    r"(?:[0-9]{5}(?:-[0-9]{4})?(?![0-9])|[A-Z]{1,2}[0-9][A-Z0-9]? ?[0-9][A-Z]{2}(?![A-Za-z0-9])|"
    r"[A-Z]{2}[0-9][A-Z] [0-9][A-Z]{2}(?![A-Za-z0-9])|[A-Z][0-9]{2} [A-Z0-9]{4}(?![A-Za-z0-9])|[A-Z][0-9][A-Z] ?[0-9][A-Z][0-9](?![A-Za-z0-9])|(?<=[A-Z] )[0-9]{4}(?![0-9]))"
)
_REGION = rf"(?:(?:,\s?|\n| ){_STATE}(?![A-Za-z0-9])(?:,? {_CODE})?|(?:,\s?|\n| ){_CODE})"
_PLACED = rf"(?:(?:(?:,\s?|\n){_CITY}(?: [0-9]{{1,2}})?){{0,2}}?(?:(?:,\s?|\n| ){_CITY}?)?{_REGION})"
"""Town, city, state and code behind a street, with the code or the state at least."""
_INSIDE = r"(?P<v>(?:(?:Unit|Flat|Apt\.?|Apartment|Suite|Room|Floor) [0-9A-Za-z\-]{1,5},? |(?:Villa|House|Plot|Building|P\.? ?O\.? Box|PO Box) )?)"
"""What may stand before the number of the house."""
_TOWN = rf"(?:,\s?{_CITY}(?= ?[.,;\n\x00]|$))"
_HOME = ("address", "live", "lives", "living", "lived", "reside", "resides", "residing", "ship", "shipped", "deliver", "delivered",
         "delivery", "located", "mail", "moved", "home", "residence", "billing", "shipping", "street", "addr", "domicile", "地址", "住址")  # fmt: skip


def german_address(text: str) -> bool:
    """Not a date or a chapter: 'Im Mai 2024', 'Im Kapitel 3'."""
    named = text.split()
    if named[0] in ("Straße", "Platz", "Allee"):
        return True
    return not any(
        word in named
        for word in (*_MONTHS, "Kapitel", "Abschnitt", "Jahr", "Schritt", "Absatz", "Raum", "Bereich", "Teil")
    )


RULES: tuple[Rule, ...] = (
    Rule(
        id="address.zh",
        type="ADDRESS",
        pattern=r"(?:路|街|大道|道|巷|弄|胡同|里|村|园区|社区|小区|花园|公寓|大厦)(?:[东南西北中]段?|[一二三四五六七八九十0-9]{1,2}段)?\s?"
        r"(?:[0-9A-Za-z一二三四五六七八九十百\-]{1,6}(?:号院|号楼|弄|号|栋|幢|座|组|巷|附)(?:附[0-9]{1,4}号|之[0-9]{1,3}|院|楼)?)"
        r"(?:\s?[\u4e00-\u9fffA-Za-z0-9]{0,12}?[0-9A-Za-z一二三四五六七八九十\-]{1,6}(?:号楼|栋|幢|座|单元|层|楼|室|号|房|户|弄|巷)){0,6}(?:(?<=[座层楼元栋幢])[A-Z]?[0-9]{2,5}(?![0-9A-Za-z])|之[0-9]{1,3})?"
        rf"(?:{_PLACE}{{2,8}}?(?:大厦|广场|大楼|公寓|花园|小区|写字楼|商务楼|科技园|产业园|创业园))?",
        gate=r"(路|街|道|巷|弄|胡同|里|村|园区|社区|小区|花园|公寓|大厦)",
        score=0.85,
        refutable=False,
        reach=256,
        lead=rf"(?P<v>(?:{_PROVINCE}\s?)?(?:{_PLACE}{{2,6}}?(?:市|自治州|地区|盟)\s?)?(?:{_PLACE}{{1,6}}?(?:区|县|市|旗|镇|乡)\s?)?"
        rf"(?:{_PLACE}{{1,6}}?(?:街道|镇|乡|开发区|新区|里)\s?(?:[0-9]{{1,2}}邻)?)?{_PLACE}{{1,9}})",
    ),
    Rule(
        id="address.zh_labelled",
        type="ADDRESS",
        pattern=rf"(?:{_LIVES})(?:\s{{0,2}}[:=是为在于]\s{{0,2}}|\s?)[\"'“]?(?P<v>(?:[0-9]{{3,6}}\s?)?{_HAN}{{2,8}}?(?:省|市|自治区|区|县|镇|乡|村)[\u4e00-\u9fffA-Za-z0-9\-#()]{{2,50}}?"
        rf"(?:\s[\u4e00-\u9fffA-Z0-9\-#]{{0,20}}?[0-9A-Z一二三四五六七八九十](?:号|栋|幢|座|单元|层|楼|室|房|户|弄|巷|组)[\u4e00-\u9fffA-Za-z0-9\-#()]{{0,20}}){{0,4}})(?=[,。;;、\s\"'”<|\x00]|$)",
        gate=rf"({_LIVES})",
        score=0.85,
        refutable=False,
        window=8,
    ),
    Rule(
        id="address.en",
        type="ADDRESS",
        pattern=rf"{_NUMBERED}(?:{_NAMED} ){{1,5}}?{_CLEAR_STREET}(?![A-Za-z])\.?(?: (?:[NSEW]|NE|NW|SE|SW)(?![A-Za-z]))?{_UNIT}?(?:{_PLACED}|{_TOWN})?",
        gate=_NUMBERED_GATE,
        score=0.8,
        refutable=False,
        lead=_INSIDE,
        reach=300,
        window=15,
    ),
    Rule(
        id="address.en_placed",
        type="ADDRESS",
        pattern=rf"{_NUMBERED}{_NAMED}(?: {_NAMED}){{0,5}}?(?:{_UNIT}{_PLACED}?|{_UNIT}?,\s?{_CITY}{_REGION}|{_UNIT}?\n{_CITY}{_REGION})",
        gate=_NUMBERED_GATE,
        score=0.75,
        refutable=False,
        lead=_INSIDE,
        reach=300,
        window=15,
    ),
    Rule(
        id="address.fr",
        type="ADDRESS",
        pattern=rf"{_NUMBERED}(?:bis |ter )?(?:rue|avenue|boulevard|chemin|place|allée|route|quai|cours|impasse|côte) (?:(?:de la|de l['’]|du|des|de|d['’]|le|la|les) ?)?{_NAMED}(?:[ \-](?:(?:de|du|des|la|le|et) )?{_NAMED}){{0,4}}?{_UNIT}?(?:{_PLACED}|,? [0-9]{{5}} {_CITY})?(?![A-Za-zÀ-ÿ])",
        gate=r" (rue|avenue|boulevard|chemin|place|allée|route|quai|cours|impasse|côte) ",
        score=0.75,
        refutable=False,
        reach=300,
        window=44,
    ),
    Rule(
        id="address.romance",
        type="ADDRESS",
        pattern=rf"(?<![A-Za-zÀ-ÿ])(?:Calle|C/|Avenida|Avda\.|Av\.|Paseo|Plaza|Carrera|Rua|Travessa|Praça|Alameda|Via|Viale|Piazza|Corso|Largo) (?:(?:{_ROMANCE} ){{0,2}}{_NAMED}(?:[ \-]|, ?)){{1,5}}?(?:n[º°.]? ?)?(?!(?:19|20)[0-9]{{2}}(?![0-9,]))[0-9]{{1,5}}[A-Za-z]?(?:,? [0-9]{{1,2}}[º°ª] ?[A-Za-z]?)?(?:,? [0-9]{{5}}(?:-[0-9]{{3}})? {_CITY}|,? - {_CITY}|, {_CITY}(?=[.,;\n\x00]|$))?(?![A-Za-z0-9])",
        gate=r"(Calle|C/|Avenida|Avda\.|Av\.|Paseo|Plaza|Carrera|Rua|Travessa|Praça|Alameda|Via|Viale|Piazza|Corso|Largo) ",
        score=0.7,
        refutable=False,
        reach=300,
        window=AT_START,
    ),
    Rule(
        id="address.en_announced",
        type="ADDRESS",
        pattern=rf"{_NUMBERED}(?:(?:{_NAMED} ){{1,5}}?{_ANY_STREET}(?![A-Za-z])\.?{_UNIT}?(?:{_PLACED}|{_TOWN})?|{_NAMED}(?: {_NAMED}){{0,3}}?{_TOWN})",
        gate=_NUMBERED_GATE,
        score=0.3,
        context=_HOME,
        boosted=0.78,
        refutable=False,
        reach=300,
        window=15,
    ),
    Rule(
        id="address.en_box",
        type="ADDRESS",
        pattern=r"(?<![A-Za-z])(?:(?:P\.? ?O\.? Box|PO Box|Postfach|PSC|CMR|Unit) [0-9]{1,6}(?:,? (?:Box [0-9]{1,5}(?:(?:,|\n) ?(?:APO|FPO|DPO),? A[AEP] [0-9]{5})?|[0-9]{5} [A-ZÄÖÜ][a-zäöüß]{2,25}|[A-Z][A-Za-z ]{1,30}, [A-Z]{2} [0-9]{5}))|US(?:NV|NS|CGC|S) [A-Z][a-z]{1,20}(?:,|\n) ?(?:APO|FPO|DPO) A[AEP] [0-9]{5})",
        gate=r"(Box|Postfach|PSC|CMR|Unit) [0-9]|US(NV|NS|CGC|S) [A-Z]",
        score=0.7,
        refutable=False,
        window=16,
    ),
    Rule(
        id="address.de",
        type="ADDRESS",
        pattern=rf" (?:(?<=aße )|(?<=sse )|(?<=tr\. )|(?<=tr )|(?<=lee )|(?<=[wW]eg )|(?<=atz )|(?<=ing )|(?<=amm )|(?<=fer )|(?<=see )|(?<=rkt )|(?<=eig )|(?<=fad )|(?<=hof )|(?<=erg )|(?<=tor )){_HOUSE}",
        gate=r"(?i)(aße|sse|tr\.?|lee|weg|atz|ing|amm|fer|see|rkt|eig|fad|hof|erg|tor) [0-9]",
        score=0.8,
        refutable=False,
        lead=r"(?<![A-Za-zÀ-ÿ0-9])(?P<v>(?![A-Za-z]{0,20}(?:[Aa]dresse|[Aa]nschrift|[Ww]ohnort) )(?:[A-ZÄÖÜ][a-zäöüß]{1,20}[- ]){0,4}(?:[A-ZÄÖÜ][a-zäöüß]{0,25})?(?:[Ss]tra(?:ß|ss)e|[Ss]tr\.?|[Aa]llee|[Ww]eg|[Pp]latz|[Gg]asse|[Rr]ing|[Dd]amm|[Uu]fer|[Cc]haussee|markt|steig|pfad|hof|berg|tor))",
        window=6,
    ),
    Rule(
        id="address.de_coded",
        type="ADDRESS",
        pattern=rf" {_NUMMER}(?:[,;] ?\n?|\n)(?:D-|DE-)?[0-9]{{5}} {_ORT}",
        gate=r" [0-9]{1,4} ?[a-z]?([-/][0-9]{1,3}[a-z]?)?([,;] ?\n?|\n)(D-|DE-)?[0-9]{5} [A-ZÄÖÜ]",
        score=0.78,
        refutable=False,
        lead=r"(?<![A-Za-zÀ-ÿ0-9\-])(?P<v>[A-ZÄÖÜ][a-zäöüß]{1,25}\.?(?:-[A-ZÄÖÜ][a-zäöüß]{0,20}\.?){0,3}(?: (?:(?:am|an|der|den|dem|im|von|zu|zur|zum) )?[A-ZÄÖÜ][A-Za-zäöüß.\-]{1,25}){0,2})",
        window=24,
    ),
    Rule(
        id="address.de_named",
        type="ADDRESS",
        pattern=rf" (?<=[a-zäöüß] ){_HOUSE}",
        gate=r"(Straße|Platz|Allee) (des|der|von|am|zum) ([0-9]{1,2}\. )?[A-ZÄÖÜ][a-zäöüß]{1,20}( [A-ZÄÖÜ][a-zäöüß]{1,20})? [0-9]|(Am|An de[rn]|Im|In de[rn]|Zum|Zur|Auf de[rm]|Unter den|Hinter der|Alter?|Neue) ([A-ZÄÖÜ][a-zäöüß]{1,12} )?[A-ZÄÖÜ][a-zäöüß]{2,25} [0-9]",
        score=0.79,
        refutable=False,
        lead=r"(?<![A-Za-zÀ-ÿ])(?P<v>(?:Straße|Platz|Allee) (?:des|der|von|am|zum) (?:[0-9]{1,2}\. )?[A-ZÄÖÜ][a-zäöüß]{1,20}(?: [A-ZÄÖÜ][a-zäöüß]{1,20})?|(?:Am|An de[rn]|Im|In de[rn]|Zum|Zur|Auf de[rm]|Unter den|Hinter der|Alter?|Neue) (?:[A-ZÄÖÜ][a-zäöüß]{1,12} )?[A-ZÄÖÜ][a-zäöüß]{2,25})",
        check=german_address,
    ),
)
