# ruff: noqa: E501 - a table reads best one row a line
"""National identifiers of the Americas, with validators from the issuing standards."""

from __future__ import annotations

from scanners.personal_data.checks import americas
from scanners.personal_data.checks.arithmetic import luhn_number
from scanners.personal_data.rules.rule import DIGITS_8, Rule, national

RULES: tuple[Rule, ...] = (
    national("us.ssn", "US_SSN", r"[0-9]{3}(?P<s>[ \-])[0-9]{2}(?P=s)[0-9]{4}", DIGITS_8, 0.6, 0.97,
          ("ssn", "social security", "social", "ss#", "社会保障", "社会安全", "tax id"), americas.ssn),
    national("us.ssn_plain", "US_SSN", r"[0-9]{9}", DIGITS_8, 0.05, 0.8, ("ssn", "social security", "社会安全号"), americas.ssn),
    national("us.itin", "US_ITIN", r"9[0-9]{2}(?P<s>[ \-]?)(?:5[0-9]|6[0-5]|7[0-9]|8[0-8]|9[0-24-9])(?P=s)[0-9]{4}",
          DIGITS_8, 0.35, 0.9, ("itin", "taxpayer", "individual taxpayer", "tax id")),
    national("us.passport", "US_PASSPORT", r"[A-Z]?[0-9]{8,9}", DIGITS_8, 0.05, 0.8, ("us passport", "passport", "travel document")),
    national("us.driver_license", "US_DRIVER_LICENSE", r"[A-Z][0-9]{6,14}|[A-Z]{1,2}[0-9]{5,7}|[0-9]{7,9}|[A-Z][0-9]{3}(?:[ \-][0-9]{2,4}){2,3}(?:[ \-][0-9])?",
          r"[0-9]{5}|[A-Z][0-9]{3}[ \-][0-9]{2}", 0.05, 0.8, ("driver license", "drivers license", "driver's license", "driving license", "dl", "dl no", "license number"), digits=5),
    national("us.bank_number", "US_BANK_NUMBER", r"[0-9]{8,17}", DIGITS_8, 0.02, 0.65,
          ("bank account", "account number", "account no", "checking account", "savings account", "acct", "account #")),
    national("us.routing", "ABA_ROUTING_NUMBER", r"(?:0[0-9]|1[0-2]|2[1-9]|3[0-2]|6[1-9]|7[0-2]|80)[0-9]{2}-?[0-9]{4}-?[0-9]", DIGITS_8,
          0.1, 0.9, ("routing", "aba", "rtn", "routing number"), americas.aba_routing),
    national("us.npi", "US_NPI", r"[12][0-9]{9}", DIGITS_8, 0.1, 0.9, ("npi", "national provider", "provider"), americas.npi),
    national("us.mbi", "US_MBI", r"[1-9][AC-HJKMNP-RT-Y][AC-HJKMNP-RT-Y0-9][0-9]-?[AC-HJKMNP-RT-Y][AC-HJKMNP-RT-Y0-9][0-9]-?[AC-HJKMNP-RT-Y]{2}[0-9]{2}",
          r"[1-9][A-Z][A-Z0-9][0-9]-?[A-Z][A-Z0-9][0-9]-?[A-Z]{2}[0-9]{2}", 0.65, 0.95, ("mbi", "medicare", "beneficiary")),
    national("us.dea", "MEDICAL_LICENSE", r"[ABCDEFGHJKLMPRSTUX][A-Z9][0-9]{7}", r"[A-Za-z0-9][0-9]{7}", 0.4, 0.95,
          ("dea", "medical license", "prescriber", "medical"), americas.dea, digits=7),
    national("ca.sin", "CA_SIN", r"[1-79][0-9]{2}(?P<s>[ \-]?)[0-9]{3}(?P=s)[0-9]{3}", DIGITS_8, 0.15, 0.94,
          ("sin", "social insurance"), luhn_number),
    national("br.cnpj", "BR_CNPJ", r"[0-9]{2}\.[0-9]{3}\.[0-9]{3}/[0-9]{4}-[0-9]{2}", r"[0-9]{2}\.[0-9]{3}\.[0-9]{3}/[0-9]{4}-", 0.7, 0.97, ("cnpj",), americas.brazilian_cnpj, dashed=True),
    national("br.cpf", "BR_CPF", r"[0-9]{3}\.?[0-9]{3}\.?[0-9]{3}-?[0-9]{2}", DIGITS_8, 0.4, 0.95, ("cpf", "cadastro"), americas.brazilian_cpf),
    national("us.provider_tax_id", "US_PROVIDER_TAX_ID", r"(?:0[1-6]|1[0-6]|2[0-7]|3[0-9]|4[0-8]|5[0-9]|6[0-8]|7[1-7]|8[0-8]|9[0-589])-[0-9]{7}", DIGITS_8, 0.1, 0.88,
          ("ein", "tin", "tax id", "tax identification", "employer identification", "fein", "billing provider")),
    national("ca.postal_code", "CA_POSTAL_CODE", r"[ABCEGHJ-NPRSTVXY][0-9][ABCEGHJ-NPRSTV-Z] ?[0-9][ABCEGHJ-NPRSTV-Z][0-9]", r"[A-Z][0-9][A-Z] ?[0-9][A-Z][0-9]", 0.3, 0.7,
          ("postal code", "postal", "code postal", "postcode", "zip", "canada", "ontario", "quebec", "québec", "alberta", "british columbia", "manitoba", "toronto", "montreal", "vancouver", "address")),
)  # fmt: skip
