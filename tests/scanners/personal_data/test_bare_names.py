"""Names that nothing announces: Chinese ones by the words around them, others by given names of many countries."""

import pytest

from scanners.personal_data.find import find
from scanners.personal_data.rules.bare_names import bare_name


def persons(text: str) -> list[str]:
    return [text[one.start : one.end] for one in find(text).entities if one.type == "PERSON"]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("夏小冰把钥匙交给了门卫。", "夏小冰"),
        ("会上孙丽华提出了不同看法。", "孙丽华"),
        ("昨天碰到了周海涛，聊了几句。", "周海涛"),
        ("吴倩昨天请假了。", "吴倩"),
        ("据贾建平回忆，当时门没有锁。", "贾建平"),
        ("欧阳文静写了一份说明。", "欧阳文静"),
        ("出席的有朱红梅、于海波、丁志强。", "于海波"),
        ("會議由張國榮主持，陳怡君記錄。", "陳怡君"),
        ("Kwabena Mensah signed the lease on Monday.", "Kwabena Mensah"),
        ("Der Antrag von Mehmet Aksoy wurde bewilligt.", "Mehmet Aksoy"),
        ("Tell Becky that the meeting is moved.", "Becky"),
        ("Mein Mann Jürgen arbeitet bei der Bahn.", "Jürgen"),
        ("Her daughter Emily starts school in May.", "Emily"),
        ("Danke Anke, ich leite es weiter.", "Anke"),
        ("The parcel for Krzysztof Wrona was returned.", "Krzysztof Wrona"),
    ],
)
def test_a_name_without_any_cue_is_found(text: str, name: str) -> None:
    assert name in persons(text)


@pytest.mark.parametrize(
    "text",
    [
        "会议讨论了高质量发展的若干问题。",
        "白天气温较高，夜间有小雨。",
        "金融机构应当建立客户身份识别制度。",
        "马上到年底了，大家抓紧时间。",
        "于是大家决定改期，于明天上午继续。",
        "温馨提示：请勿吸烟。",
        "牛奶和鸡蛋各买一份。",
        "安全带提醒灯常亮，方向盘左侧有支架。",
        "华为发布了新款路由器，石家庄和张家口有货。",
        "Tell Support that my Partner Program ended; thank Customer Service.",
        "Ihr Kollege Zufall und sein Partner Program.",
        "Milan and Florence are cities; the Tage Reise was cancelled.",
    ],
)
def test_ordinary_words_are_no_names(text: str) -> None:
    assert persons(text) == []


def test_where_a_name_ends_is_seen_by_what_follows() -> None:
    assert bare_name("王小明明天来", 0, 4) == 3
    assert bare_name("刘洋明天来", 0, 4) == 2
    assert bare_name("王", 0, 1) is None
