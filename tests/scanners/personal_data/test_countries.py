"""Identifiers of many countries: everything that stock Presidio has a recogniser for, found with its cue and not without."""

import inspect

import presidio_analyzer.predefined_recognizers as stock
import pytest
from presidio_analyzer import EntityRecognizer

from scanners.personal_data.find import find
from scanners.personal_data.rules import all_rules

ELSEWHERE = {
    "EMAIL": "EMAIL_ADDRESS",
    "ZA_MOBILE_NUMBER": "PHONE_NUMBER",
    "ZA_TELEPHONE_NUMBER": "PHONE_NUMBER",
    "US_HEALTH_INSURANCE_MEMBER_ID": "HEALTH_INSURANCE_ID",
    "ID": "MEDICAL_RECORD_NUMBER",
}
"""Presidio's types that are found here under a wider name."""
NEEDS_A_MODEL = {"LOCATION", "ORGANIZATION", "AGE"}
NOT_PERSONAL = {"UUID"}
"""It names a row, not a person; whoever counts it adds Presidio's recogniser in recognizers.yaml."""
NEEDS_MORE = {  # an optional package, a key or a service: constructed without one, they refuse
    "AzureAILanguageRecognizer",
    "AzureHealthDeidRecognizer",
    "AzureOpenAILangExtractRecognizer",
    "BasicLangExtractRecognizer",
    "GLiNERRecognizer",
    "HuggingFaceNerRecognizer",
    "LangExtractRecognizer",
    "MedicalNERRecognizer",
}


def test_no_type_of_stock_presidio_is_missing_unexplained() -> None:
    ours = {rule.type for rule in all_rules()}
    assert set(ELSEWHERE.values()) <= ours
    missing = {}
    for name, recogniser in inspect.getmembers(stock, inspect.isclass):
        if not issubclass(recogniser, EntityRecognizer) or name in NEEDS_MORE:
            continue
        for kind in recogniser().supported_entities:
            if kind not in ours | ELSEWHERE.keys() | NEEDS_A_MODEL | NOT_PERSONAL:
                missing[kind] = name
    assert missing == {}


SPECIMENS = [
    ("CA_POSTAL_CODE", "Postal code: {}", "K1A 0B1"),
    ("DE_LANR", "LANR {}", "123456601"),
    ("DE_BSNR", "Betriebsstättennummer: {}", "521111100"),
    ("DE_FUEHRERSCHEIN", "Führerschein-Nr. {}", "B072RRE2I55"),
    ("DE_HANDELSREGISTER", "eingetragen beim Amtsgericht München unter {}", "HRB 42243"),
    ("DE_PLZ", "PLZ: {}", "80331"),
    ("ES_PASSPORT", "Número de pasaporte {}", "AAA123456"),
    ("IN_GSTIN", "GSTIN {}", "27AAPFU0939F1ZV"),
    ("IN_PASSPORT", "Indian passport {}", "A2096457"),
    ("IN_VOTER", "Voter card {}", "ABC1234566"),
    ("IN_VEHICLE_REGISTRATION", "vehicle {}", "MH 12 AB 1234"),
    ("IN_VEHICLE_REGISTRATION", "plate {}", "22BH6517A"),
    ("IT_DRIVER_LICENSE", "patente {}", "AB1234567Z"),
    ("IT_IDENTITY_CARD", "carta d'identità {}", "CA12345AB"),
    ("IT_PASSPORT", "passaporto n. {}", "YA1234567"),
    ("KR_BRN", "사업자등록번호 {}", "124-81-00998"),
    ("KR_FRN", "외국인등록번호 {}", "850312-5123454"),
    ("KR_RRN", "주민등록번호 {}", "201105-3123456"),
    ("KR_DRIVER_LICENSE", "운전면허번호 {}", "11-19-123456-01"),
    ("KR_PASSPORT", "Korean passport {}", "M123A4567"),
    ("NG_VEHICLE_REGISTRATION", "plate number {}", "ABC-123DE"),
    ("PH_PASSPORT", "Philippine passport {}", "P1234567A"),
    ("PH_TIN", "BIR TIN {}", "123-456-789-000"),
    ("PH_UMID", "UMID CRN {}", "0111-1234567-8"),
    ("SE_ORGANISATIONSNUMMER", "Organisationsnummer {}", "556036-0793"),
    ("SG_UEN", "UEN {}", "197401143C"),
    ("SG_UEN", "UEN: {}", "00192200M"),
    ("SG_UEN", "UEN {}", "T01FC6132D"),
    ("TR_LICENSE_PLATE", "araç plakası {}", "34 ABC 123"),
    ("UK_VEHICLE_REGISTRATION", "vehicle registration {}", "AB12 CDE"),
    ("UK_VEHICLE_REGISTRATION", "number plate {}", "A123 BCD"),
    ("US_CLAIM_NUMBER", "Claim number {}", "CLM-20240815001"),
    ("US_PRIOR_AUTHORIZATION_NUMBER", "Prior authorization: {}", "PA-987654321"),
    ("US_PRESCRIPTION_NUMBER", "Rx number {}", "7654321"),
    ("US_REFERRAL_NUMBER", "Referral number: {}", "REF-20391847"),
    ("US_PROVIDER_TAX_ID", "billing provider EIN {}", "52-1234567"),
    ("US_MBI", "Medicare beneficiary {}", "1EG4-TE5-MK73"),
    ("US_NPI", "NPI {}", "1234567893"),
    ("ZA_COMPANY_REGISTRATION", "company registration {}", "2015/123456/07"),
    ("ZA_DRIVER_LICENSE", "South African driver's licence {}", "123456789ABC"),
    ("ZA_INCOME_TAX_NUMBER", "SARS income tax number {}", "0123456789"),
    ("ZA_LICENSE_PLATE", "number plate {}", "BC 12 DF GP"),
    ("ZA_PASSPORT", "South African passport {}", "A12345678"),
    ("ZA_TRAFFIC_REGISTER_NUMBER", "traffic register number {}", "1234567890123"),
    ("ZA_VAT_NUMBER", "VAT registration {}", "4123456789"),
    ("GPS_COORDINATES", "坐标：{}", "39.90420, 116.40740"),
    ("GPS_COORDINATES", "photographed at {} by", "52.5200° N, 13.4050° E"),
    ("GPS_COORDINATES", "seen at {}", "40°26'46\"N 79°58'56\"W"),
    ("GPS_COORDINATES", "latitude={}", "-33.8688"),
]


@pytest.mark.parametrize(("kind", "sentence", "value"), SPECIMENS, ids=[f"{k} {v}" for k, _, v in SPECIMENS])
def test_a_specimen_is_found_beside_its_cue(kind: str, sentence: str, value: str) -> None:
    text = sentence.format(value) + ","
    assert [(e.type, text[e.start : e.end]) for e in find(text).entities] == [(kind, value)]


@pytest.mark.parametrize(
    "text",
    [
        "GSTIN 27AAPFU0939F1ZX",  # check character
        "UEN 197401143D",
        "UEN T01FC6132E",
        "사업자등록번호 124-81-00999",
        "주민등록번호 201345-3123456",  # no thirteenth month
        "LANR 123456701",
        "Organisationsnummer 556036-0794",
        "NPI 1234567894",
        "vehicle AB49 CDE",  # no such age identifier
        "order 2015/123456 and figures 12.345, 13.456",
        "the numbers 123456601, 4123456789 and 1234567890123",
        "Claim your prize before 20240815",
        "release 12.3456 / 101.3456 of the library",
        "ticket ABC1234566 and part AB1234567",
        "scale N 12 and S 4, E 20",
    ],
)
def test_without_its_cue_or_with_a_wrong_check_digit_it_is_nobody(text: str) -> None:
    assert find(text).entities == ()
