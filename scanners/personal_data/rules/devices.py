# ruff: noqa: E501 - a table reads best one row a line
"""Devices and vehicles by their serial numbers."""

from __future__ import annotations

from scanners.personal_data.checks import generic
from scanners.personal_data.rules.rule import DIGITS_13, EDGE_LEFT, EDGE_RIGHT, NUMBER_LEFT, NUMBER_RIGHT, Rule

RULES: tuple[Rule, ...] = (
    Rule(
        id="device.imei",
        type="IMEI",
        pattern=rf"{NUMBER_LEFT}[0-9]{{2}}[ \-]?[0-9]{{6}}[ \-]?[0-9]{{6}}[ \-]?[0-9]{NUMBER_RIGHT}",
        gate=DIGITS_13,
        score=0.3,
        check=generic.imei,
        context=("imei", "设备", "手机串号", "串号", "device", "handset"),
        boosted=0.95,
    ),
    Rule(
        id="device.imsi",
        type="DEVICE_ID",
        pattern=rf"{NUMBER_LEFT}[2-7][0-9]{{13,14}}{NUMBER_RIGHT}",
        gate=DIGITS_13,
        score=0.05,
        context=("imsi",),
        boosted=0.9,
        refutable=False,
    ),
    Rule(
        id="device.iccid",
        type="DEVICE_ID",
        pattern=rf"{NUMBER_LEFT}89[0-9]{{16,18}}{NUMBER_RIGHT}",
        gate=DIGITS_13,
        score=0.1,
        context=("iccid", "sim", "sim卡"),
        boosted=0.9,
        refutable=False,
    ),
    Rule(
        id="device.advertising",
        type="DEVICE_ID",
        pattern=r"[\s:=\"']{1,3}(?P<v>[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12})(?![0-9A-Za-z\-])",
        gate=r"(?i)(idfa|idfv|gaid|aaid|oaid|advertising[ _\-]?id|ad[ _\-]?id|device[ _\-]?id|设备id|设备号|设备标识)",
        score=0.8,
        refutable=False,
        lead=r"(?i:(?<![a-z])(?:idfa|idfv|gaid|aaid|oaid|advertising[ _\-]?id|ad[ _\-]?id|device[ _\-]?id)|设备(?:id|ID|号|标识))",
        window=2,
        ahead=4,
    ),
    Rule(
        id="device.labelled",
        type="DEVICE_ID",
        pattern=r"\s?[:=#]\s{0,2}(?P<v>(?=[A-Za-z\-]{0,12}[0-9])[A-Za-z0-9][A-Za-z0-9\-]{4,29})(?![A-Za-z0-9\-])",
        gate=r"(?i)(pacemaker|implant|defibrillator|prosthesis|herzschrittmacher|起搏器|植入物|植入体)",
        score=0.7,
        refutable=False,
        lead=r"(?i:(?:pacemaker|implant|defibrillator|prosthesis|herzschrittmacher)[a-z ,.\-]{0,24}|(?:起搏器|植入物|植入体)[\u4e00-\u9fff]{0,6})",
        window=2,
        ahead=28,
    ),
    Rule(
        id="vehicle.vin_labelled",
        type="VIN",
        pattern=rf"{EDGE_LEFT}(?=[A-Z0-9]{{0,16}}[0-9])[A-HJ-NPR-Z0-9]{{17}}{EDGE_RIGHT}",
        gate=r"[A-HJ-NPR-Z0-9]{17}",
        score=0.1,
        context=(
            "vin",
            "chassis",
            "车架",
            "车辆识别",
            "fahrgestell*",
            "fahrzeug-identifizierungsnummer",
            "fin",
            "车驾号",
        ),
        boosted=0.85,
        refutable=False,
    ),
    Rule(
        id="vehicle.vin",
        type="VIN",
        pattern=rf"{EDGE_LEFT}[A-HJ-NPR-Z0-9]{{17}}{EDGE_RIGHT}",
        gate=r"[A-HJ-NPR-Z0-9]{17}",
        score=0.45,
        check=generic.vin,
        context=("vin", "vehicle", "chassis", "车架", "车辆识别", "fahrgestell*", "fin", "车驾号", "car"),
        boosted=0.95,
        refutable=False,
    ),
)
