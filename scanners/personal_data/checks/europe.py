"""National identifiers of Europe: check digits and ranges by the issuing authority's rule."""

from __future__ import annotations

from scanners.personal_data.checks.arithmetic import icao_9303, luhn, mod11_10, only, weighted
from scanners.personal_data.checks.dates import ddmmyy, real_date, yymmdd

_NIF_LETTERS = "TRWAGMYFPDXBNJZSQVHLCKE"
_HETU_CHECK = "0123456789ABCDEFHJKLMNPRSTUVWXY"
_CF_ODD = dict(zip("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ",
                   (1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12,
                    14, 16, 10, 22, 25, 24, 23), strict=True))  # fmt: skip
_CF_DIGIT = dict(zip("LMNPQRSTUV", "0123456789", strict=True))


def nhs(text: str) -> bool:
    """NHS number: MOD 11, weights 10 to 2; a check of 10 is never issued."""
    digits = only(text)
    check = (11 - weighted(digits[:9], range(10, 1, -1)) % 11) % 11
    return check == int(digits[9]) and len(set(digits)) > 1


def german_document(text: str) -> bool:
    """Personalausweis and Reisepass: nine places and, if written, their ICAO 9303 digit; with a digit among them."""
    code = text.removesuffix("D")
    if not any(character.isdigit() for character in code[:9]):
        return False
    return len(code) == 9 or icao_9303(code[:9]) == int(code[9])


def german_tax_id(text: str) -> bool:
    """Steuer-IdNr (§139b AO): ISO 7064 MOD 11,10; in the first ten, one digit occurs two or three times."""
    digits = only(text)
    counts = sorted(digits[:10].count(digit) for digit in set(digits[:10]))
    return counts[-1] in (2, 3) and counts.count(counts[-1]) == 1 and mod11_10(digits)


def german_pension(text: str) -> bool:
    """Rentenversicherungsnummer: area, birth date, letter, serial and check digit (VKVV §4)."""
    code = text.replace(" ", "")
    day = int(code[2:4]) - (50 if code[2] in "5678" else 0)
    if not (1 <= day <= 31 and 1 <= int(code[4:6]) <= 12):
        return False
    digits = code[:8] + f"{ord(code[8]) - 64:02d}" + code[9:11]
    total = sum(sum(divmod(int(d) * w, 10)) for d, w in zip(digits, (2, 1, 2, 5, 7, 1, 2, 1, 2, 1, 2, 1), strict=True))
    return total % 10 == int(code[11])


def german_health(text: str) -> bool:
    """Krankenversichertennummer: letter as two digits, weights 1-2, digit sums, MOD 10 (SGB V §290)."""
    digits = f"{ord(text[0]) - 64:02d}" + text[1:9]
    total = sum(sum(divmod(int(d) * w, 10)) for d, w in zip(digits, (1, 2) * 5, strict=True))
    return total % 10 == int(text[9])


def german_vat(text: str) -> bool:
    """Umsatzsteuer-Identifikationsnummer: nine digits under MOD 11,10."""
    return mod11_10(only(text))


def french_nir(text: str) -> bool:
    """NIR: the key is 97 minus the number modulo 97; Corsica's 2A and 2B count as 19 and 18."""
    code = text.replace(" ", "").replace("2A", "19").replace("2B", "18")
    return 97 - int(code[:13]) % 97 == int(code[13:])


def spanish_nif(text: str) -> bool:
    """DNI/NIF and NIE: the letter is the number modulo 23."""
    code = text.replace("-", "")
    number = code[:-1].replace("X", "0").replace("Y", "1").replace("Z", "2")
    return _NIF_LETTERS[int(number) % 23] == code[-1]


def italian_fiscal_code(text: str) -> bool:
    """Codice fiscale: odd and even places by table, MOD 26; the day is possible."""
    code = text.upper()
    day = int("".join(_CF_DIGIT.get(c, c) for c in code[9:11])) % 40
    total = sum(
        _CF_ODD[c] if place % 2 == 0 else int(c, 36) - (10 if c.isalpha() else 0) for place, c in enumerate(code[:15])
    )
    return 1 <= day <= 31 and chr(65 + total % 26) == code[15]


def polish_pesel(text: str) -> bool:
    """PESEL: the month carries the century; weights 1-3-7-9."""
    digits = only(text)
    month = int(digits[2:4])
    century = {0: 1900, 20: 2000, 40: 2100, 60: 2200, 80: 1800}[month // 20 * 20]
    if not real_date(century + int(digits[:2]), month % 20, int(digits[4:6])):
        return False
    return (10 - weighted(digits[:10], (1, 3, 7, 9) * 3) % 10) % 10 == int(digits[10])


def finnish_hetu(text: str) -> bool:
    """Henkilötunnus: date, serial, and the remainder of both by 31 as a character."""
    return ddmmyy(text[:6]) and _HETU_CHECK[int(text[:6] + text[7:10]) % 31] == text[10]


def swedish_personnummer(text: str) -> bool:
    """Personnummer: date (day + 60 for coordination numbers) and Luhn over ten digits."""
    digits = only(text)[-10:]
    day = int(digits[4:6])
    return luhn(digits) and yymmdd(digits[:4] + f"{day - 60 if day > 60 else day:02d}")


def dutch_bsn(text: str) -> bool:
    """Burgerservicenummer: the eleven test with weights 9 to 2 and -1."""
    digits = only(text)
    return weighted(digits, (9, 8, 7, 6, 5, 4, 3, 2, -1)) % 11 == 0 and len(set(digits)) > 1


def belgian_nrn(text: str) -> bool:
    """Rijksregisternummer: 97 minus the first nine modulo 97, with a 2 in front for those born since 2000."""
    digits = only(text)
    check = int(digits[9:])
    return yymmdd(digits[:6]) and check in (97 - int(digits[:9]) % 97, 97 - int("2" + digits[:9]) % 97)


def ean13(text: str) -> bool:
    """GS1 check digit, as the Swiss AHV number uses it."""
    digits = only(text)
    return (10 - weighted(digits[:12], (1, 3) * 6) % 10) % 10 == int(digits[12])


def austrian_svnr(text: str) -> bool:
    """Austrian social insurance number: MOD 11 over all but the fourth digit, which is the check; then a birth date."""
    digits = only(text)
    total = weighted(digits, (3, 7, 9, 0, 5, 8, 4, 2, 1, 6))
    return total % 11 == int(digits[3]) and (ddmmyy(digits[4:]) or 13 <= int(digits[6:8]) <= 15)


def turkish_id(text: str) -> bool:
    """T.C. kimlik no: two check digits over odd and even places."""
    d = [int(c) for c in text]
    return (7 * sum(d[0:9:2]) - sum(d[1:8:2])) % 10 == d[9] and sum(d[:10]) % 10 == d[10]


def swedish_organisation(text: str) -> bool:
    """Organisationsnummer: Luhn over ten digits; a third digit of 2 or more tells it from a birth date."""
    return luhn(only(text)[-10:])


def german_physician(text: str) -> bool:
    """Lebenslange Arztnummer: weights 4 and 9 over six digits, MOD 10; two digits of the specialty follow (KBV)."""
    return (10 - weighted(text[:6], (4, 9) * 3) % 10) % 10 == int(text[6])


def british_plate(text: str) -> bool:
    """Age identifier of a plate since 2001: 02 to 29 from March, 51 to 79 from September (DVLA INF104)."""
    return 2 <= int(text[2:4]) <= 29 or 51 <= int(text[2:4]) <= 79
