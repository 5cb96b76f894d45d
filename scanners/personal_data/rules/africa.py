# ruff: noqa: E501 - a table reads best one row a line
"""National identifiers of Africa, with validators from the issuing standards."""

from __future__ import annotations

from scanners.personal_data.checks import africa
from scanners.personal_data.rules.rule import DIGITS_8, LETTER_DIGITS, Rule, national

RULES: tuple[Rule, ...] = (
    national("za.id", "ZA_ID_NUMBER", r"[0-9]{13}", DIGITS_8, 0.2, 0.93, ("south africa*", "sa id", "id number", "rsa id"), africa.south_african_id),
    national("ng.nin", "NG_NIN", r"[0-9]{11}", DIGITS_8, 0.05, 0.85, ("nin", "national identification number", "nimc"), None),
    national("ng.plate", "NG_VEHICLE_REGISTRATION", r"[A-Z]{3}[ \-]?[0-9]{3}[ \-]?[A-Z]{2}", r"[A-Z]{3}[ \-]?[0-9]{3}[ \-]?[A-Z]{2}", 0.3, 0.88,
          ("plate number", "plate", "vehicle", "registration", "license plate", "frsc")),
    national("za.company", "ZA_COMPANY_REGISTRATION", r"(?:18|19|20)[0-9]{2}/[0-9]{6}/(?:0[6-9]|1[0-2]|2[0-6]|3[01])", DIGITS_8, 0.6, 0.95,
          ("cipc", "company registration", "registration number", "close corporation", "company reg", "enterprise number"), dashed=True),
    national("za.company_old", "ZA_COMPANY_REGISTRATION", r"(?:CK|NR|[KTWBMN])(?:18|19|20)[0-9]{2}/[0-9]{6}(?:/[0-9]{2})?", r"[A-Z](18|19|20)[0-9]{2}/[0-9]{6}", 0.45, 0.9,
          ("cipc", "company registration", "registration number", "close corporation", "company reg", "enterprise number"), dashed=True, window=13),
    national("za.driver_license", "ZA_DRIVER_LICENSE", r"(?=[0-9A-Z]{0,14}[A-Z])[0-9]{6,10}[A-Z0-9]{2,5}", r"[0-9]{6}[A-Z0-9]{2}", 0.05, 0.84,
          ("driving licence", "driver's licence", "drivers licence", "driver licence", "enatis", "natis", "south african driver*"), digits=6),
    national("za.income_tax", "ZA_INCOME_TAX_NUMBER", r"[01239][0-9]{9}", DIGITS_8, 0.05, 0.88, ("sars", "income tax", "tax reference", "itr", "tax number")),
    national("za.vat", "ZA_VAT_NUMBER", r"4[0-9]{9}", DIGITS_8, 0.05, 0.88, ("vat", "vat number", "vat registration", "sars", "value added tax", "tax invoice")),
    national("za.plate", "ZA_LICENSE_PLATE", r"(?:[A-Z]{2,3} ?[0-9]{2,3} ?(?:[A-Z]{2} ?)?|[0-9]{2,3} ?[A-Z]{3} ?)(?:GP|ZN|WP|EC|NC|FS|LP|MP|NW|L)",
          r"[0-9A-Z] ?(GP|ZN|WP|EC|NC|FS|LP|MP|NW|L)", 0.25, 0.88, ("licence plate", "license plate", "number plate", "plate number", "plate", "vehicle registration", "registration", "natis", "enatis"), window=16),
    national("za.passport", "ZA_PASSPORT", r"[ADMT][0-9]{8}", LETTER_DIGITS, 0.05, 0.88, ("south african passport", "rsa passport", "sa passport", "dha", "south africa*")),
    national("za.traffic_register", "ZA_TRAFFIC_REGISTER_NUMBER", r"[0-9]{13}", DIGITS_8, 0.05, 0.9, ("traffic register", "trn")),
)  # fmt: skip
