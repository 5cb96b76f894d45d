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
