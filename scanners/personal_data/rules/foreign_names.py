# ruff: noqa: E501 - a table reads best one row a line
"""Names behind a label in Japanese and Korean, and behind a form of address in Romance languages; tickets of airlines."""

from __future__ import annotations

from scanners.personal_data.rules.latin_names import CAPITAL, PARTICLES, latin_name
from scanners.personal_data.rules.rule import Rule

_KANJI = r"[\u4e00-\u9fff\u3005\u3041-\u30ff]"
_ADDRESS = (
    "Madame|Monsieur|Mademoiselle|Mme|Mlle|Maître|Señor|Señora|Señorita|Sra?\\.|Srta\\.|Doña|Senhor|Senhora|Signor|Signora|Signore|"
    "Sig\\.(?:ra)?|Dott\\.(?:ssa)?"
)

RULES: tuple[Rule, ...] = (
    Rule(
        id="name.japanese",
        type="PERSON",
        pattern=rf"(?:氏名|お?名前|患者名|契约者名?|担当者)(?:\s?[:=]\s?|は\s?)(?P<v>{_KANJI}{{1,5}}(?:[ \u3000]{_KANJI}{{1,5}})?)(?=[\s、。,;(\x00]|様|さん|です|$)",
        gate=r"(氏名|名前|患者名|契约者|担当者)",
        score=0.72,
        refutable=False,
        window=6,
    ),
    Rule(
        id="name.korean",
        type="PERSON",
        pattern=r"(?:이름|성명|성함|고객명|환자명|수취인|예금주|담당자)(?:은|는|이)?\s?[:=]?\s?(?P<v>[가-힣]{2,4}?)(?=\s|[,.;()\x00]|님|씨|입니다|이고|$)",
        gate=r"(이름|성명|성함|고객명|환자명|수취인|예금주|담당자)",
        score=0.72,
        refutable=False,
        window=4,
    ),
    Rule(
        id="name.romance_titled",
        type="PERSON",
        pattern=rf"(?<![A-Za-zÀ-ÿ])(?:{_ADDRESS}) (?P<v>{CAPITAL}(?:[ \-](?:{PARTICLES} )?{CAPITAL}){{0,3}})(?![a-zà-ÿ])",
        gate=rf"({_ADDRESS}) ",
        score=0.72,
        check=latin_name,
        refutable=False,
        window=16,
    ),
    Rule(
        id="name.ticket",  # IATA: surname, slash, given name
        type="PERSON",
        pattern=r"(?<![A-Za-z/])(?P<v>[A-Z]{2,20}/[A-Z]{2,20}(?: ?(?:MR|MS|MRS|MISS|MSTR|CHD|INF))?)(?![A-Za-z/])",
        gate=r"[A-Z]{2}/[A-Z]{2}",
        score=0.3,
        context=(
            "passenger",
            "ticket",
            "pnr",
            "flight",
            "traveler",
            "traveller",
            "guest",
            "passport name",
            "乘机人",
            "旅客",
            "乘客",
            "客票",
            "机票",
            "票号",
            "航班",
            "护照姓名",
        ),
        boosted=0.75,
        refutable=False,
        window=26,
    ),
)
