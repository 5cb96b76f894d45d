"""Names written by their sound in Chinese characters: foreign ones, and those of Uyghurs, Kazakhs, Tibetans and Mongols."""

from __future__ import annotations

from scanners.personal_data.rules.chinese_names import CALLED_ENDS, ROLES, called
from scanners.personal_data.rules.rule import Rule

SOUNDS = (
    "阿艾爱安奥巴白班保贝本比彼别宾波伯勃博卜布不查察次达大丹旦德登迪蒂丁东都杜顿多厄恩尔法范菲费芬丰佛弗夫福富盖甘冈高戈格葛根贡古瓜哈海汉汗豪合赫黑亨洪胡华怀"
    "吉基及济加贾江杰金津久居喀卡凯坎康考科克肯孔库夸奎昆拉腊来赖兰朗劳勒雷黎里理历利莉丽连廉列林琳龙隆卢鲁路伦罗洛马玛买麦迈曼芒茅梅门蒙米密明缪莫默姆木穆那"
    "纳娜奈南内尼妮涅宁牛纽农努诺欧帕潘庞佩彭蓬皮平泼普齐其奇恰乔切钦琼丘热仁日荣茹儒若萨塞赛桑瑟森沙山尚舍申圣施什史舒朔斯丝司松苏素孙索塔泰坦汤唐陶特藤提廷"
    "通图吐托瓦万旺威韦维魏温翁沃乌吾武西希锡夏仙香肖谢辛欣雄休修许逊雅亚央延扬姚耶叶伊依以因英尤于约扎泽曾增詹张兆哲珍珠治朱卓兹孜佐措堆"
)
"""Characters that Xinhua's tables and the usage of Xinjiang and Tibet write sounds with."""
_SOUND = rf"(?:(?!来[电访信自到]|提[出到交供]|申请|通[过知]|明[天年确]|特别|要求|不[满是能会]|大家)[{SOUNDS}])"

RULES: tuple[Rule, ...] = (
    Rule(
        id="name.sound_dotted",
        type="PERSON",
        pattern=rf"[·•](?P<v>{_SOUND}{{2,8}}(?:[·•]{_SOUND}{{1,8}})?)",
        lead=rf"(?P<v>[{SOUNDS}]{{2,8}}(?:[·•][{SOUNDS}]{{1,8}})?)",
        gate=r"[·•]",
        score=0.62,
        refutable=False,
        window=2,
    ),
    Rule(
        id="name.sound_role",
        type="PERSON",
        pattern=rf"(?:{ROLES}|曾用名|别名|化名|[他她]叫|孩子叫)(?:姓名)?[:=为是]?\s{{0,2}}(?P<v>{_SOUND}{{3,6}})(?:{CALLED_ENDS}|(?=[于在因经系的已持驾]))",
        gate=rf"({ROLES}|曾用名|别名|化名|[他她子]叫)",
        score=0.56,
        check=called,
        refutable=False,
        window=8,
    ),
)
