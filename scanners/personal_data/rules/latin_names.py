# ruff: noqa: E501 - a table reads best one row a line
"""Names in Latin letters without a model: by what stands beside them and by given names that are known."""

from __future__ import annotations

import unicodedata

from scanners.personal_data.rules.given_names import GIVEN_NAMES, given_names_of_the_world
from scanners.personal_data.rules.lexicon import COMPANIES, NOT_NAMES, STREET_WORDS
from scanners.personal_data.rules.rule import Rule

_UPPER, _LOWER = "A-ZÀ-ÖØ-Þ\u0100-\u017f", "a-zà-öø-ÿß\u0100-\u017f"
"""Latin Extended-A alternates between the cases: Wójcik, Yıldırım and Čapek are names either way."""
_WORD = rf"[{_UPPER}][{_LOWER}]{{1,20}}"
_CAPITAL = rf"(?:(?:Mc|Mac|[OD]['’])?{_WORD}(?:(?:-|['’](?!s(?![a-z])))[{_UPPER}]?[{_LOWER}]{{1,20}})?)"
PARTICLES = "(?:von|van|de|der|den|da|das|do|dos|del|della|di|la|le|du|y|e|bin|al|ter|ten|af|zu|zum|zur)"
_CAPITAL_ON = rf"(?:(?<=M)a?c[{_UPPER}]|(?<=[OD])['’][{_UPPER}])?[{_LOWER}]{{1,20}}(?:(?:-|['’](?!s(?![a-z])))[{_UPPER}]?[{_LOWER}]{{1,20}})?"
"""The same behind its first letter: a pattern that begins with a letter, and looks back then, is searched far faster."""
CAPITAL = _CAPITAL
_LATIN_NAME = rf"{_CAPITAL}(?: (?:[A-Z]\.|van|von|der|den|de|da|del|di|la|le|bin|al|zu))?(?: (?:van|von|der|den|de|da|del|di|la|le|zu))?(?: {_CAPITAL}){{1,2}}"

_BELONGINGS = (
    "(?:mobile|cell|phone|number|e-?mail|address|birthday|passport|salary|account|card|SSN|badge|diagnosis|prescription|insurance|wife|husband|"
    "mother|father|son|daughter|doctor|house|home|boss|laptop)"
)
_CLOSING = (
    "[Hh]i|[Hh]ello|[Hh]ey|[Dd]ear|[Bb]est|[Bb]est regards|[Kk]ind regards|[Rr]egards|[Ss]incerely|[Cc]heers|[Tt]hanks|[Tt]hank you|Hallo|Liebe[r]?|"
    "Gruß|Viele Grüße|Grüße|LG|VG|Danke|Moin|Servus|Guten (?:Morgen|Tag|Abend)|[Gg]ood (?:morning|evening)"
)
_INSTITUTION = "Inc|Ltd|LLC|LLP|PLC|GmbH|AG|Corp|Corporation|Company|Group|Foundation|University|College|School|Hospital|Museum|Airport|Stadium|Centre|Center|Street|Road|Avenue|Prize|Award|Act|Tower|Towers|Building|Hotel|Hotels|Resort|Inn|Cathedral|Bridge|Theatre|Theater|Library|Institute|Academy|Falls|River|Bay|Valley|Mountains?|Islands?|Press|Partners|Bank|Plan|Program|Programme"
"""A name before one of these is an institution's."""
_INSTITUTIONS = frozenset(_INSTITUTION.split("|"))

_ROLE = (
    "patient|employee|customer|client|tenant|defendant|plaintiff|witness|insured|passenger|student|applicant|nurse|colleague|neighbou?r|"
    "(?:[Dd](?:er|ie|en|em|es)|[Uu]nsere?|[Mm]eine?) (?:Patient(?:in)?|Mitarbeiter(?:in)?|Kunde|Kundin|Zeuge|Zeugin|Mieter(?:in)?|"
    "Schüler(?:in)?|Bewerber(?:in)?|Kolleg(?:e|in)|Nachbar(?:in)?)"
)
"""Small, in English: in 'Customer Success Manager' and 'Client Side Rendering' the role is a part of a title."""
_KIN = (
    "(?:[Mm]y|[Hh]is|[Hh]er|[Oo]ur|[Tt]heir|[Yy]our) (?:husband|wife|son|daughter|brother|sister|mother|father|mum|mom|dad|uncle|aunt|cousin|niece|"
    "nephew|grandson|granddaughter|boss|friend|girlfriend|boyfriend|partner|colleague|neighbou?r|roommate|flatmate|twin|baby)|"
    "(?:[Mm]ein|[Dd]ein|[Ss]ein|[Ii]hr|[Uu]nser)(?:e[nmr]?)? (?:Mann|Frau|Sohn|Tochter|Bruder|Schwester|Mutter|Vater|Onkel|Tante|Cousine?|Nichte|"
    "Neffe|Neffen|Enkel(?:in)?|Oma|Opa|Chef(?:in)?|Freund(?:in)?|Partner(?:in)?|Kollegin|Kollegen?|Nachbar(?:in)?|Mitbewohner(?:in)?)"
)
"""Whose husband, daughter or neighbour."""
_SPOKEN = (
    "[Ss]poken? (?:with|to)|[Rr]each(?:ed)?(?: out to)?|[Ww]ait(?:ed|ing)? for|[Tt]alked (?:with|to)|[Mm]et(?: up)? with|[Aa]sk(?:ed)?(?: for)?|[Cc]all(?:ed)?|[Cc]ontact(?:ed)?|"
    "[Ee]mail(?:ed)?|[Tt]ext(?:ed)?|[Tt]old|[Tt]ell|[Tt]hank(?:ed)?|[Ii]nvited?|[Rr]emind(?:ed)?|[Mm]essaged?|[Pp]ing(?:ed)?|[Vv]isited|[Mm]arried|[Hh]ired|"
    f"{_KIN}|[Ss]prach mit|gesprochen mit|[Ff]ragen? Sie(?: nach)?"
)
"""What is done with people: a given name that stands alone behind it is a person's."""

_POSITIONS = (
    "Engineer|Manager|Director|Officer|Consultant|Analyst|Developer|Designer|Specialist|Coordinator|Administrator|Assistant|Associate|President|"
    "Nurse|Physician|Attorney|Counsel|Professor|Lecturer|Scientist|Accountant|Architect|Recruiter|Representative|Geschäftsführer|Leiter|Berater"
)
_NO_SURNAMES = frozenset(
    [
        "Falls",
        "River",
        "Tower",
        "Towers",
        "Building",
        "Cathedral",
        "Bridge",
        "Hotel",
        "Hotels",
        "Resort",
        "Inn",
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
_SOFTWARE = frozenset(
    ["Ruby", "Julia", "Jasmine", "Amber", "Jenkins", "Pascal", "Ada", "Crystal", "Dart", "Eve", "Athena", "Iris", "Ray"]
)
"""Given names that are names of software too: in Chinese text that is likelier."""
_PLACED_AT = frozenset(["Am", "An", "Im", "In", "Auf", "Zum", "Zur", "Unter", "Hinter"])
"""Streets of German towns begin so: An der Alster."""
_STREET_ENDS = ("straße", "strasse", "str", "weg", "platz", "allee", "gasse", "ring")


def latin_name(text: str) -> bool:
    """Two or three capitalised words, none of them a heading or a title."""
    return not any(part in NOT_NAMES for part in text.split())


def no_street(text: str) -> bool:
    """A name, and not the street that follows 'Ship to:' as well."""
    first, *_, last = text.split()
    return latin_name(text) and first not in _PLACED_AT and last not in STREET_WORDS and not last.endswith(_STREET_ENDS)


def given_name(text: str) -> bool:
    """A common given name in front, and a surname that is no ordinary word; no company of two names, no place."""
    first = text.replace("-", " ").split(" ", 1)[0]
    if not _given(first) and (first.isascii() or not _given(_unaccented(first))):
        return False
    last = text.rsplit(" ", 1)[-1]
    return text not in COMPANIES and last not in _NO_SURNAMES and last not in _INSTITUTIONS and latin_name(text)


def _given(word: str) -> bool:
    return word in GIVEN_NAMES or word in given_names_of_the_world()


def _unaccented(word: str) -> str:
    """João as Joao: lists of names are often written without the marks."""
    return "".join(letter for letter in unicodedata.normalize("NFD", word) if not unicodedata.combining(letter))


def common_given_name(text: str) -> bool:
    """One word that is a common given name and nothing else, as far as the lists know."""
    return text in GIVEN_NAMES and text not in NOT_NAMES


RULES: tuple[Rule, ...] = (
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
        gate=r"(?i)(from|to|cc|bcc|von|an|kopie|attendees|participants|present|teilnehmer(innen)?|anwesend|reviewers?|signatories|unterzeichner)\s?[:;,]",
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
        gate=r"['’]s [A-Za-z]",
        score=0.6,
        check=common_given_name,
        refutable=False,
        window=40,
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
        lead=r"(?i:(?<![a-z])(?:first|last|given|family|middle|maiden|full|real|legal|patient|customer|client|contact|employee|holder|owner|recipient|beneficiary)[ _\-]?name|(?<![a-z])sur_?name|vorname|nachname|familienname)[\"']?\s?",
        window=3,
    ),
    Rule(
        id="name.latin_in_chinese",
        type="PERSON",
        pattern=rf"(?<=[让叫找和跟给问是由请约、])(?P<v>{_CAPITAL})(?=[把的说来去在看发做也和跟][\u4e00-\u9fff]|一起|负责|[,，。、!！?？\n\x00]|$)",
        gate=rf"[让叫找和跟给问是由请约、][{_UPPER}][{_LOWER}'’]",
        score=0.55,
        check=lambda text: common_given_name(text) and text not in _SOFTWARE,
        refutable=False,
        window=6,
    ),
    Rule(
        id="name.latin_closing",
        type="PERSON",
        pattern=rf",[ \t]{{0,2}}\n[ \t]{{0,2}}(?P<v>{_CAPITAL}(?: {_CAPITAL})?)(?=\s{{0,2}}(?:\n|\x00|$))",
        gate=rf"({_CLOSING}),[ \t]{{0,2}}\n[ \t]{{0,2}}[{_UPPER}][{_LOWER}'’]",
        score=0.6,
        check=latin_name,
        refutable=False,
        lead=rf"(?<![A-Za-z])(?:{_CLOSING})",
        window=8,
    ),
    Rule(
        id="name.latin_maiden",
        type="PERSON",
        pattern=rf"(?<![A-Za-z])(?:[Mm]aiden name|[Nn]ée|[Nn]ee|geb\.|geborene)(?: is| was|:)? (?P<v>{_CAPITAL})(?![{_LOWER}{_UPPER}])",
        gate=r"([Mm]aiden name|[Nn][ée]e|geb\.|geborene)",
        score=0.65,
        check=latin_name,
        refutable=False,
        window=12,
    ),
    Rule(
        id="name.latin_signed",
        type="PERSON",
        pattern=rf"(?:\A|\n|(?<=\x00))[ \t]{{0,3}}(?P<v>{_LATIN_NAME})(?:, (?:MD|PhD|RN|MBA|Esq\.?))?[ \t]{{0,3}}\n(?=[^\n\x00]{{0,40}}(?:{_POSITIONS})\s{{0,2}}(?:[,|@/(\n\x00–-]|$|at |of |for ))",
        gate=rf"({_POSITIONS})",
        score=0.62,
        check=latin_name,
        refutable=False,
        window=160,
    ),
    Rule(
        id="name.latin_titled",
        type="PERSON",
        pattern=rf"(?<![A-Za-z])(?:(?:Mr|Mrs|Ms|Mx|Dr|Prof|Rev|Sgt|Smt|Dr\. med|Prof\. Dr)\.?|Miss|Professor|Judge|(?<!of )Justice|Reverend|Shri|Sir|Herrn?|Frau|Mister|Madam) (?P<v>(?:(?:Dr|Prof)\. )?(?:{PARTICLES} ){{0,2}}{_CAPITAL}(?: (?:von|van|de|der|zu))?(?: {_CAPITAL}){{0,2}})(?![a-z])",
        gate=r"(Mr|Mrs|Ms|Miss|Mx|Dr|Prof|Judge|Justice|Rev|Sgt|Smt|Shri|Sir|Herr|Frau|Mister|Madam)",
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
        pattern=rf"(?P<v>[{_UPPER}](?<![{_LOWER}{_UPPER}\-.@/].)(?<![Tt]he .)(?<!Royal .)(?<!National .)(?<!Saint .)(?<!St\. .)(?<!San .)(?<!Santa .)(?<!Sankt .){_CAPITAL_ON}(?= [{_UPPER}vdzl])(?: [A-Z]\.| {_CAPITAL}(?= {_CAPITAL}))?(?: (?:von|van|de|der|zu|la|del|di))?(?: (?:der|den|la))? {_CAPITAL})(?![{_LOWER}{_UPPER}@]| (?:{_INSTITUTION})(?![a-z]))",
        gate=rf"[{_UPPER}][{_LOWER}'’\-]+ ([{_UPPER}]|v|d|z|l)",
        score=0.65,
        check=given_name,
        refutable=False,
    ),
)
