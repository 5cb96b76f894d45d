# ruff: noqa: E501 - a table reads best one row a line
"""Where someone is: coordinates of WGS 84 in decimal degrees, and in degrees, minutes and seconds (ISO 6709)."""

from __future__ import annotations

from scanners.personal_data.rules.rule import Rule

_WORDS = ("gps", "coordinate", "coordinates", "latitude", "longitude", "lat", "lng", "lon", "long", "location", "geo", "position", "koordinate*", "standort*", "breitengrad",
          "längengrad", "坐标", "经纬度", "纬度", "经度", "定位", "位置", "北纬", "东经", "南纬", "西经")  # fmt: skip
_LATITUDE = r"[+\-]?(?:90(?:\.0{1,10})?|[1-8]?[0-9]\.[0-9]{3,15})"
_LONGITUDE = r"[+\-]?(?:180(?:\.0{1,10})?|(?:1[0-7][0-9]|[1-9]?[0-9])\.[0-9]{3,15})"
_SEXAGESIMAL = r"[0-9]{1,3} ?° ?[0-9]{1,2} ?['′’] ?(?:[0-9]{1,2}(?:[.,][0-9]{1,6})? ?(?:\"|″|”|''|′′) ?)?"

RULES: tuple[Rule, ...] = (
    Rule(
        id="gps.pair",
        type="GPS_COORDINATES",
        pattern=rf"(?<![A-Za-z0-9.+\-])[\[(]?(?P<v>{_LATITUDE}(?:\s?[,;、/]\s?|\s){_LONGITUDE})(?![A-Za-z0-9]|\.[0-9])",
        gate=r"[0-9]\.[0-9]{3,15}(\s?[,;、/]\s?|\s)[+\-]?[0-9]|90(\.0{1,10})?(\s?[,;、/]\s?|\s)[+\-]?[0-9]",
        score=0.3,
        context=_WORDS,
        boosted=0.92,
        refutable=False,
    ),
    Rule(
        id="gps.hemispheres",
        type="GPS_COORDINATES",
        pattern=r"(?<![A-Za-z0-9.])(?:[0-9]{1,2}(?:\.[0-9]{2,15})? ?°? ?[NS][,; /]{1,2}[0-9]{1,3}(?:\.[0-9]{2,15})? ?°? ?[EWO]"
        rf"|(?:{_SEXAGESIMAL}[NS][,; /]{{0,2}}{_SEXAGESIMAL}[EWO])"
        r"|[NS] ?[0-9]{1,2}\.[0-9]{2,15} ?°?[,; /]{1,2}[EWO] ?[0-9]{1,3}\.[0-9]{2,15} ?°?)(?![A-Za-z0-9])",
        gate=r"[0-9] ?(°|''?|′′?|’|\"|″|”)? ?[NS]|[NS] ?[0-9]{1,2}\.[0-9]{2}",
        score=0.75,
        context=_WORDS,
        boosted=0.95,
        refutable=False,
        window=26,
    ),
    Rule(
        id="gps.labelled",
        type="GPS_COORDINATES",
        pattern=r"[+\-]?(?:1[0-7][0-9]|[1-9]?[0-9])\.[0-9]{3,15}(?![A-Za-z0-9]|\.[0-9]|[ ,;]{1,2}[+\-]?[0-9]{1,3}\.[0-9]{3})",
        lead=r"(?i:latitude|longitude|(?<![A-Za-z])(?:lat|lng|lon|long)|纬度|经度|breitengrad|längengrad)\.?[\"']?\s{0,2}(?:[:=为是]|is)?\s{0,3}[\"']?",
        gate=r"[0-9]\.[0-9]{3}",
        score=0.85,
        refutable=False,
        window=9,
    ),
)
