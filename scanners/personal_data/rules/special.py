# ruff: noqa: E501 - a table reads best one row a line
"""Special categories (GDPR Art. 9): health, origin and belief, biometric templates, where a label names them."""

from __future__ import annotations

from scanners.personal_data.rules.rule import Rule

_EMPTY = frozenset(
    [
        "none",
        "no",
        "not",
        "nothing",
        "nil",
        "null",
        "n/a",
        "na",
        "nan",
        "unknown",
        "undefined",
        "other",
        "others",
        "yes",
        "true",
        "false",
        "optional",
        "required",
        "string",
        "str",
        "text",
        "int",
        "integer",
        "float",
        "bool",
        "boolean",
        "object",
        "array",
        "list",
        "varchar",
        "date",
        "keine",
        "keiner",
        "keins",
        "kein",
        "nein",
        "ja",
        "unbekannt",
        "andere",
        "entfällt",
        "无",
        "没有",
        "不详",
        "未知",
        "否",
        "是",
        "其他",
        "暂无",
        "良好",
        "正常",
        "健康",
        "good",
        "normal",
        "healthy",
        "gut",
        "fine",
    ]
)
"""What a field holds that says nothing of anybody, or what a schema says of it."""


_PROSE = frozenset(
    [
        "the",
        "a",
        "an",
        "all",
        "any",
        "if",
        "please",
        "call",
        "contact",
        "when",
        "this",
        "that",
        "your",
        "our",
        "employees",
        "der",
        "die",
        "das",
        "bei",
        "wenn",
        "alle",
        "bitte",
    ]
)
_MOST_WORDS = 5
_MOST_HAN = 14
"""In a field's value; more of them are a sentence."""


def is_filled(text: str) -> bool:
    """Whether the value of a field says something of somebody: no reference, and no sentence about the word before it."""
    said = text.strip().lower()
    words = said.split()
    return (
        said not in _EMPTY
        and not said.startswith(("see ", "siehe ", "refer ", "见", "详见"))
        and words[0] not in _PROSE
        and len(words) <= _MOST_WORDS
        and sum("\u4e00" <= sign <= "\u9fff" for sign in said) <= _MOST_HAN
        and any(map(str.isalpha, said))
    )


RULES: tuple[Rule, ...] = (
    Rule(
        id="health.labelled",
        type="MEDICAL_CONDITION",
        pattern=r"(?:诊断(?:结果|为|意见)?|既往病史|病史|过敏史|疾病名称|残疾(?:类别|类型|等级)|确诊为?|diagnosis|diagnosed with|medical history|allerg(?:y|ies|isch gegen)|suffers from|diagnose|vorerkrankung(?:en)?|leidet an)\s{0,2}[:：]?\s{0,2}(?:[0-9][.、)]\s?)?(?P<v>(?!报告|书|证明|标准|方法|技术|模板|中心|仪|试剂|结果|编码|流程|指南)(?:[0-9IⅠⅡ]{1,2}型)?[\u4e00-\u9fff]{2,14}(?:[0-9ⅠⅡⅢ]{1,2}[级期])?(?=[,。;、\s\x00]|$)|(?:[A-Za-zäöüß\-]{2,20} ){1,3}(?:disorder|disease|syndrome|cancer|carcinoma|failure|infection|deficiency|tumou?r|arthritis|diabetes|hypertension|pneumonia|fracture)(?![a-z])|(?:(?:type|hiv|typ)[ \-])?[A-Za-zäöüß0-9\-]{3,24}(?: (?:mellitus|cancer|disease|disorder|syndrome|type|[12]|infection|positive)){0,3})",
        gate=r"(诊断|病史|过敏史|疾病名称|残疾|确诊|diagnos|medical history|allerg|suffers from|vorerkrankung|leidet an)",
        score=0.6,
        check=lambda text: (
            text.lower()
            not in (
                "the",
                "and",
                "code",
                "was",
                "for",
                "not",
                "none",
                "keine",
                "information",
                "high",
                "low",
                "poor",
                "slow",
                "bad",
            )
        ),
        ignore_case=True,
        refutable=False,
        window=20,
    ),
    Rule(
        id="health.field",
        type="MEDICAL_CONDITION",
        pattern=r"(?<![A-Za-z_.])(?:illness(?:es)?|diseases?|ailments?|medical condition|health condition|comorbidit(?:y|ies)|medications?|blood (?:type|group)|blutgruppe|disabilit(?:y|ies)|pregnancy(?: status)?|(?:mental )?health status|krankheit(?:en)?|erkrankung(?:en)?|medikamente?|medikation|behinderung(?:en)?|schwangerschaft|疾病(?:史|种类|类型)?|病情|病种|用药(?:史|情况)?|血型|健康状况|孕期)[\"']?\s{0,2}:\s{0,3}[\"']?(?P<v>[A-Za-zÄÖÜäöü0-9\u4e00-\u9fff][^\x00\n,;，；。|\"'{}\[\]()<>=_.]{1,40}(?![^\x00\n,;，；。|\"'{}\[\]()<>=_.]))",
        gate=r"(illness|disease|ailment|condition|comorbidit|medication|blood (type|group)|blutgruppe|disabilit|pregnancy|health status|krankheit|erkrankung|medikament|medikation|behinderung|schwangerschaft|疾病|病情|病种|用药|血型|健康状况|孕期)",
        score=0.6,
        ignore_case=True,
        refutable=False,
        check=is_filled,
        window=24,
    ),
    Rule(
        id="health.zh_disease",
        type="MEDICAL_CONDITION",
        pattern=r"(?:患有|罹患|身患|患上|感染了?|确诊(?:为|患有?)?|查出|得了)(?P<v>(?:HIV|(?!者)[\u4e00-\u9fff]{1,9}?(?:病|症|癌|炎|瘤|综合征|肝硬化|抑郁|梅毒|肿瘤|衰竭|障碍))(?:感染|阳性|晚期|早期)?)",
        gate=r"(患有|罹患|身患|患上|感染|确诊|查出|得了)",
        score=0.62,
        refutable=False,
        window=4,
    ),
    Rule(
        id="health.zh_history",
        type="MEDICAL_CONDITION",
        pattern=r"(?:既往(?:有|患有?|曾患|史)?|合并|伴有?|(?<![没无])有|(?<=[病症癌炎瘤压征亢退])[、及和]|因)(?P<v>(?!病)[\u4e00-\u9fff]{0,10}?(?:病|症|癌|炎|瘤|综合征|高血压|高血脂|低血糖|哮喘|肝硬化|抑郁|心衰|房颤|脑梗|中风|结核|衰竭|减退|亢进|梗死|出血|骨折))(?=入院|住院|就诊|收治|手术|去世|死亡|病史|史|[0-9一二三四五六七八九十余多]{1,3}年|[,，。;；、\s\x00(（]|$)",
        gate=r"(病|症|癌|炎|瘤|征|压|脂|糖|哮喘|硬化|抑郁|心衰|房颤|脑梗|中风|结核|衰竭|减退|亢进|梗死|出血|骨折)(入院|住院|就诊|收治|手术|去世|死亡|病史|史|[0-9一二三四五六七八九十余多]{1,3}年|[,，。;；、\s\x00(（]|$)",
        score=0.6,
        refutable=False,
        check=lambda text: (
            len(text) > 1 and not text.endswith(("看病", "生病", "毛病", "弊病", "发炎", "疾病", "重症"))
        ),
        window=26,
    ),
    Rule(
        id="health.noted",
        type="MEDICAL_CONDITION",
        pattern=r"(?<![A-Za-z])(?:Dx|PMH|PMHx|Hx|(?:assessment|impression)(?=:)|h/o|history of|known (?:case of|to have)|diagnosed as|treated for|admitted (?:for|with)|lives with|living with)[:\s]{1,3}(?P<v>(?:[A-Za-z0-9\-]{1,20} ){0,3}?(?:[A-Za-z]{2,20}(?:itis|osis|emia|oma|pathy|opathy|plegia|paresis|rrhea)|diabetes(?: mellitus)?|hypertension|asthma|depression|cancer|disease|disorder|syndrome|failure|epilepsy|HIV|AIDS|COPD|stroke|infarction|schizophrenia|anxiety|tuberculosis|pneumonia|cirrhosis)(?![a-z]))",
        gate=r"(Dx|PMH|Hx|assessment:|impression:|h/o|history of|known|diagnosed as|treated for|admitted|lives with|living with)",
        score=0.6,
        ignore_case=True,
        refutable=False,
        window=16,
    ),
    Rule(
        id="nrp.adjective",
        type="NRP",
        pattern=r"(?<![a-z])(?:[Nn]ationality|[Cc]itizenship|[Ee]thnicity|[Rr]eligion|[Rr]eligious affiliation)(?:,| is| -)? (?P<v>[A-Z][a-z]{2,14}(?:ish|an|ese|i|ic|ch|lim|ist|ew|du)|Sikh|Jain|Dutch|Greek|Thai|Czech)(?![a-z])",
        gate=r"(?i)(nationality|citizenship|ethnicity|religion|religious affiliation)",
        score=0.6,
        refutable=False,
        window=24,
    ),
    Rule(
        id="nrp.labelled",
        type="NRP",
        pattern=r"(?:民族|宗教信仰|宗教|信仰|信教|性取向|党派|政治面貌|国籍|种族|(?<![a-z_.])(?:religion|ethnicity|sexual orientation|gender identity|nationality|race|caste|political (?:party|affiliation|opinions?|views)|(?:trade )?union membership|party membership|konfession|parteizugehörigkeit|gewerkschaft(?:szugehörigkeit)?|staatsangehörigkeit|religionszugehörigkeit))\s{0,2}[:=]\s{0,3}(?P<v>[\u4e00-\u9fff]{1,6}|[A-Za-zäöüß\-]{3,24})",
        gate=r"(民族|宗教|信仰|信教|性取向|党派|sexual orientation|gender identity|政治面貌|国籍|种族|religion|ethnicity|nationality|race|caste|political|union membership|party membership|parteizugehörigkeit|gewerkschaft|konfession|staatsangehörigkeit)",
        score=0.65,
        ignore_case=True,
        refutable=False,
        window=24,
    ),
    Rule(
        id="biometric.labelled",
        type="BIOMETRIC_ID",
        pattern=r"(?:指纹|人脸|虹膜|声纹|掌纹|fingerprint|face|iris|voiceprint|biometric)[ _]?(?:特征[值码]?|模板|编号|ID|id|template|hash)\s{0,2}[:=为是]\s{0,3}(?P<v>[A-Za-z0-9+/=_\-]{6,256})",
        gate=r"(指纹|人脸|虹膜|声纹|掌纹|fingerprint|face|iris|voiceprint|biometric)",
        score=0.8,
        ignore_case=True,
        refutable=False,
        window=14,
    ),
)
