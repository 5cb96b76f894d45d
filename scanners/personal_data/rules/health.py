# ruff: noqa: E501 - a table reads best one row a line
"""Numbers that hospitals, insurers and pharmacies give to patients: no check digits, so a label decides."""

from __future__ import annotations

from scanners.personal_data.rules.rule import Rule, national

RULES: tuple[Rule, ...] = (
    national("medical.record", "MEDICAL_RECORD_NUMBER", r"[A-Z]{0,4}-?[0-9]{5,12}", r"[0-9]{5}", 0.02, 0.85,
          ("mrn", "medical record", "patient id", "病历号", "住院号", "门诊号", "病案号", "就诊号", "patientennummer", "fallnummer", "patienten-id"), None, dashed=True, digits=5),
    national("medical.insurance", "HEALTH_INSURANCE_ID", r"[A-Z]{0,4}-?[0-9]{6,14}", r"[0-9]{6}", 0.02, 0.82,
          ("医保卡", "医保号", "社保卡", "社会保障号", "社保号", "医疗保险", "health insurance", "member id", "insurance id", "policy number", "保单号", "subscriber id"), None, dashed=True, digits=6),
    national("us.claim", "US_CLAIM_NUMBER", r"(?:CLM-?)?[0-9]{6,15}", r"[0-9]{6}", 0.02, 0.84,
          ("claim no", "claim number", "claim id", "claim #", "medical claim", "insurance claim", "clm"), None, dashed=True, digits=6),
    national("us.prior_authorization", "US_PRIOR_AUTHORIZATION_NUMBER", r"(?:PA-?)?[0-9]{6,12}", r"[0-9]{6}", 0.02, 0.86,
          ("prior authorization", "prior auth", "preauthorization", "pre-authorization", "pre auth", "authorization number", "authorization no", "auth no", "auth number"), None, dashed=True, digits=6),
    national("us.prescription", "US_PRESCRIPTION_NUMBER", r"(?:RX-?)?[0-9]{6,12}", r"[0-9]{6}", 0.02, 0.85,
          ("prescription", "prescription number", "prescription no", "rx", "rx no", "rx number"), None, dashed=True, digits=6),
    national("us.referral", "US_REFERRAL_NUMBER", r"(?:(?:REF|INF)-?)?[0-9]{6,12}", r"[0-9]{6}", 0.02, 0.85,
          ("referral", "referral number", "referral no", "referral id"), None, dashed=True, digits=6),
)  # fmt: skip
