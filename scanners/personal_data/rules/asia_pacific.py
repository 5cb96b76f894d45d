# ruff: noqa: E501 - a table reads best one row a line
"""National identifiers of Asia outside China, and of Australia, with validators from the issuing standards."""

from __future__ import annotations

from scanners.personal_data.checks import asia_pacific
from scanners.personal_data.rules.rule import DIGITS_8, DIGITS_13, LETTER_DIGITS, Rule, national

RULES: tuple[Rule, ...] = (
    national("in.aadhaar", "IN_AADHAAR", r"[2-9][0-9]{3}(?P<s>[ \-]?)[0-9]{4}(?P=s)[0-9]{4}", DIGITS_8, 0.45, 0.96,
          ("aadhaar", "aadhar", "uidai", "uid"), asia_pacific.aadhaar),
    national("in.pan", "IN_PAN", r"[A-Z]{3}[ABCFGHJLPT][A-Z][0-9]{4}[A-Z]", r"[A-Z]{5}[0-9]{4}[A-Z]", 0.7, 0.95, ("pan", "permanent account", "income tax")),
    national("sg.nric", "SG_NRIC_FIN", r"[STFGM][0-9]{7}[A-Z]", LETTER_DIGITS, 0.8, 0.97, ("nric", "fin", "singapore", "identification"), asia_pacific.singapore_nric),
    national("au.tfn", "AU_TFN", r"[0-9]{3} ?[0-9]{3} ?[0-9]{3}", DIGITS_8, 0.1, 0.93, ("tfn", "tax file"), asia_pacific.australian_tfn),
    national("au.abn", "AU_ABN", r"[0-9]{2} ?[0-9]{3} ?[0-9]{3} ?[0-9]{3}", DIGITS_8, 0.1, 0.93, ("abn", "australian business"), asia_pacific.australian_abn),
    national("au.acn", "AU_ACN", r"[0-9]{3} ?[0-9]{3} ?[0-9]{3}", DIGITS_8, 0.05, 0.92, ("acn", "australian company"), asia_pacific.australian_acn),
    national("au.medicare", "AU_MEDICARE", r"[2-6][0-9]{3} ?[0-9]{5} ?[0-9]", DIGITS_8, 0.1, 0.94, ("medicare",), asia_pacific.australian_medicare),
    national("kr.rrn", "KR_RRN", r"[0-9]{6}-?[1-4][0-9]{6}", DIGITS_8, 0.45, 0.95, ("주민등록", "주민번호", "rrn", "resident registration", "korea*"), asia_pacific.korean_rrn),
    national("jp.my_number", "JP_MY_NUMBER", r"[0-9]{4}[ \-]?[0-9]{4}[ \-]?[0-9]{4}", DIGITS_8, 0.15, 0.93,
          ("マイナンバー", "个人番号", "my number"), asia_pacific.japanese_my_number),
    national("th.tnin", "TH_TNIN", r"[1-8][ \-]?[0-9]{4}[ \-]?[0-9]{5}[ \-]?[0-9]{2}[ \-]?[0-9]", DIGITS_13, 0.25, 0.93,
          ("thai", "บัตรประชาชน", "national id", "เลขประจำตัวประชาชน"), asia_pacific.thai_id),
    national("in.gstin", "IN_GSTIN", r"(?:0[1-9]|[12][0-9]|3[0-8]|97|99)[A-Z]{5}[0-9]{4}[A-Z][1-9A-Z]Z[0-9A-Z]", r"[0-9]{2}[A-Z]{5}[0-9]{4}[A-Z][1-9A-Z]Z[0-9A-Z]", 0.9, 0.98,
          ("gstin", "gst", "goods and services tax"), asia_pacific.indian_gstin),
    national("in.passport", "IN_PASSPORT", r"[A-Z][1-9][0-9] ?[0-9]{4}[1-9]", r"[A-Z][0-9]{2} ?[0-9]{5}", 0.05, 0.82, ("passport", "indian passport", "travel document"), digits=7),
    national("in.voter", "IN_VOTER", r"[A-Z]{3}[0-9]{7}", r"[A-Z]{3}[0-9]{7}", 0.15, 0.92, ("voter", "epic", "elector", "electoral"), digits=7),
    national("in.plate", "IN_VEHICLE_REGISTRATION", r"(?:A[NPRS]|BR|C[GH]|D[DLN]|G[AJ]|H[PR]|J[HK]|K[AL]|L[AD]|M[HLNPZ]|NL|O[DR]|P[BY]|RJ|SK|T[GNRS]|U[AKP]|WB)[ \-]?[0-9]{1,2}[ \-]?[A-Z]{1,3}[ \-]?[0-9]{4}|[2-9][0-9][ \-]?BH[ \-]?[0-9]{4}[ \-]?[A-HJ-NP-Z]{1,2}",
          r"[A-Z]{2}[ \-]?[0-9]{1,2}[ \-]?[A-Z]{1,3}[ \-]?[0-9]{4}|[0-9]{2}[ \-]?BH", 0.35, 0.9, ("rto", "vehicle", "plate", "registration", "vahan", "car", "rc"),
          lambda text: not text.endswith("0000")),
    national("sg.uen", "SG_UEN", r"[0-9]{8,9}[A-Z]|[TSR][0-9]{2}[A-HJ-NP-X]{2}[0-9]{4}[A-HJ-NP-X]", r"[0-9]{8}[A-Z]|[0-9]{9}[A-Z]|[TSR][0-9]{2}[A-Z]{2}[0-9]{4}[A-Z]", 0.3, 0.96,
          ("uen", "unique entity number", "acra", "business registration", "company registration"), asia_pacific.singapore_uen),
    national("kr.rrn_random", "KR_RRN", r"[0-9]{6}-?[1-4][0-9]{6}", DIGITS_8, 0.1, 0.86, ("주민등록", "주민번호", "rrn", "resident registration"), asia_pacific.korean_birth),
    national("kr.frn", "KR_FRN", r"[0-9]{6}-?[5-8][0-9]{6}", DIGITS_8, 0.45, 0.95, ("외국인", "frn", "foreigner registration", "alien registration", "korea*"), asia_pacific.korean_frn),
    national("kr.frn_random", "KR_FRN", r"[0-9]{6}-?[5-8][0-9]{6}", DIGITS_8, 0.1, 0.86, ("외국인", "frn", "foreigner registration", "alien registration"), asia_pacific.korean_birth),
    national("kr.brn", "KR_BRN", r"[0-9]{3}-[0-9]{2}-[0-9]{5}|[0-9]{10}", DIGITS_8, 0.2, 0.94, ("사업자", "brn", "business registration", "business number"), asia_pacific.korean_brn),
    national("kr.driver_license", "KR_DRIVER_LICENSE", r"(?:1[1-9]|2[0-68])(?P<s>[ \-]?)[0-9]{2}(?P=s)[0-9]{6}(?P=s)[0-9]{2}", DIGITS_8, 0.1, 0.92,
          ("운전면허", "면허번호", "driver license", "driver's license", "drivers license", "driving licence")),
    national("kr.passport", "KR_PASSPORT", r"[MSRODmsrod](?:[0-9]{3}[A-Za-z][0-9]{4}|[0-9]{8})", r"[A-Za-z][0-9]{3}[A-Za-z0-9][0-9]{4}", 0.05, 0.86, ("여권", "korean passport", "korea*")),
    national("kr.passport_new", "KR_PASSPORT", r"[MSROD][0-9]{3}[A-Z][0-9]{4}", r"[A-Z][0-9]{3}[A-Z][0-9]{4}", 0.1, 0.86, ("passport", "护照")),
    national("ph.passport", "PH_PASSPORT", r"[A-Z][0-9]{7}[A-Z]|[A-Z]{2}[0-9]{7}", r"[A-Z][0-9]{7}", 0.05, 0.81, ("passport", "philippine*", "pasaporte", "dfa"), digits=7),
    national("ph.tin", "PH_TIN", r"[0-9]{3}-[0-9]{3}-[0-9]{3}(?:-[0-9]{3,5})?", DIGITS_8, 0.1, 0.88, ("tin", "taxpayer", "bir", "tax id", "rdo", "revenue district")),
    national("ph.tin_plain", "PH_TIN", r"[0-9]{9}(?:[0-9]{3})?", DIGITS_8, 0.02, 0.78, ("tin", "bir", "rdo", "revenue district")),
    national("ph.umid", "PH_UMID", r"[0-9]{4}-[0-9]{7}-[0-9]", DIGITS_8, 0.45, 0.95, ("umid", "crn", "common reference number", "sss", "gsis", "philhealth", "pag-ibig", "unified multi-purpose")),
    national("ph.umid_plain", "PH_UMID", r"[0-9]{12}", DIGITS_8, 0.02, 0.86, ("umid", "crn", "common reference number", "unified multi-purpose")),
)  # fmt: skip
