# ruff: noqa: E501, SIM905 - a table reads best one row a line
"""Word lists: surnames, given names, and words that look like names and are not."""

from __future__ import annotations

SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾"
    "夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤常温康施文牛樊葛邢安齐易乔伍庞颜倪庄聂章鲁岳翟殷詹申"
    "欧耿关兰焦俞左柳甘祝包宁尚符舒阮柯纪梅童凌毕单季裴霍涂成苗谷盛曲翁冉骆蓝路游辛靳管柴蒙鲍华喻祁蒲房滕屈饶解牟艾尤阳时穆农司卓古"
    "吉缪简车项连芦麦褚娄窦戚岑景党宫费卜冷晏席卫米柏宗瞿桂全佟应臧闵苟邬边卞姬师和仇栾隋商刁沙荣巫寇桑郎甄丛仲虞敖巩明佘池查麻苑迟邝"
    "洪萧赖阎鞠楚昝酆邰蔺屠郁阚蒯逯缑谯笪揭仝郏逄鄢谌郇雒亓冼忻眭晁訾裘贲嵇荀羿汲邴糜郜蓟胥莘郦雍璩濮扈冀茹庾匡厍乜竺仉栗禤粟漆鄂滑宣凤闻尉邸禹宓隗郗芮"
)
RARE_SURNAMES = (
    "褚卫蒋沈昝葛奚范彭郎鲁韦昌马苗凤花方俞任袁柳酆鲍史唐费廉岑薛雷贺倪汤滕殷罗毕郝邬安常乐于时傅皮卞齐康伍余元卜顾孟平黄和穆萧尹姚邵湛汪祁毛禹狄米贝明臧计伏成戴谈宋茅庞熊纪舒屈项祝董梁"
    "杜阮蓝闵席季麻强贾路娄危江童颜郭梅盛林刁钟徐邱骆高夏蔡田樊胡凌霍虞万支柯昝管卢莫经房裘缪干解应宗丁宣贲邓郁单杭洪包诸左石崔吉钮龚程嵇邢滑裴陆荣翁荀羊惠甄曲家封芮羿储靳汲邴糜松井段富巫乌焦"
    "巴弓牧隗山谷车侯宓蓬全郗班仰秋仲伊宫宁仇栾暴甘钭厉戎祖武符刘景詹束龙叶幸司韶郜黎蓟薄印宿白怀蒲邰从鄂索咸籍赖卓蔺屠蒙池乔阴郁胥能苍双闻莘党翟谭贡劳逄姬申扶堵冉宰郦雍却璩桑桂濮牛寿通边扈燕"
    "冀郏浦尚农温别庄晏柴瞿阎充慕连茹习宦艾鱼容向古易慎戈廖庾终暨居衡步都耿满弘匡国文寇广禄阙东欧殳沃利蔚越夔隆师巩厍聂晁勾敖融冷訾辛阚那简饶空曾毋沙乜养鞠须丰巢关蒯相查后荆红游竺权逯盖益桓公"
    "仉督岳帅缑亢况有琴归海墨哈谯笪年爱阳佟言福商牟佘佴伯赏南郭呼展闫揭揣么兀盘苟原植景官衣楚栗钞台银覃战佀付肖萧仝次折逄郏线延闪矫禚但苑鄢鹿禤粟库明藏扬保台隋植储续肇亓冼忻眭冯谌郇朴阿尧雒占母区"
)
"""Surnames that are also common words, or rare: they need a label or a form of address beside them."""
COMPOUND_SURNAMES = ("欧阳", "司马", "上官", "诸葛", "东方", "皇甫", "尉迟", "公孙", "慕容", "令狐", "司徒", "夏侯", "轩辕", "端木", "南宫",
                     "宇文", "长孙", "独孤", "闻人", "申屠", "百里", "呼延", "拓跋", "赫连", "澹台", "公羊", "太史", "钟离", "淳于",
                     "濮阳", "仲孙", "万俟", "鲜于", "闾丘", "东郭", "西门", "南门", "第五", "纳兰", "完颜", "叶赫", "爱新")  # fmt: skip

GIVEN_CHARACTERS = (
    "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀兰霞平刚桂英华玉萍红玲宇浩然子轩欣怡梓涵佳琪雨桐思远志鹏建国晓东文博雪梅庆海燕俊峰嘉琴云莲真环荣爱妹香月莺媛瑞凡"
    "素青贞莉桢叶璧璐娅琦晶妍茜秋珊莎锦黛倩婷姣婉娴瑾颖露瑶婵雁蓓纨仪荷丹蓉眉君蕊薇菁梦岚苑婕馨瑗琰韵融园艺咏卿聪澜纯毓悦昭冰爽琬茗羽希宁飘育滢馥筠柔竹霭凝霄"
    "枫芸菲寒伊亚宜可姬舒影荔枝丽阳妮宝贝初程梵罡恒鸿桦骅剑娇纪宽苛灵玛媚琪晴容睿烁堂唯威韦雯苇萱阅彦宇雨洋忠宗曼紫逸贤蝶菡绿翠烟成康星光天达安岩中茂武新"
    "利清飞彬富顺信杰涛昌义全健世广良才发武利胜学祥才辉哲绍功松善厚庆磊民友裕河江超浩亮政谦亨奇固之轮翰朗伯宏言若鸣朋斌梁栋维启克伦翔旭鹏泽晨辰士以建家致树"
    "炎德行时泰盛雄琛钧冠策腾楠榕风航弘峰毅俊春和凤洁琳惠珠芝美慧巧美娥淑彩蓝龙元有坚生仁保诚先敬震振壮会思群豪心邦承乐进波奕昊煜烨梓沐诺曦熙彤萌晗煊"
    "珍芬芹菊娣鑫森淼焱帅雷凯柳彪帆廷恺昆晟杉杭柏栩楷淳湛潇焕熹牧珂珉珑琨瑄瑜璇甜男硕祺禾穆竣笑耀舟芊芷茵茹莹葳蔓蕾蘅虹赫越迪遥钊钰铎铭锋锐镇陶霏霖靖韬飒骁骏高魁鲁麒麟黎默欢畅冬柱虎恩雅妤佑俞豫翎姿玫吟霆珮伶如钦坤林洲"
    "俐卫宪洪铁钢汐骞瀚勤俭朴励勉懿琮玥嫣妙姗珺菀檬樱璟翊弈祎煦炜熠昱曜赟鋆锴堃垚栎樾梧榆檀芮芙蕴苡芃茉莘荞婳婧嫒嫚妘姝姮娆瑛玟璎旻朔望颐颂舜尧禹铮钟铠骐驰驹鲲鹤鸥鹂墨书砚笛筝韶诵谨谕谧礼智孝悌恕"
)
"""Characters that given names are made of, in mainland statistics of the last decades."""

NOT_SURNAMED: tuple[str, ...] = ("高级", "高中", "高速", "高度", "高考", "和平", "和谐", "成功", "成为", "成立", "成员", "成都", "安全", "安排", "安装", "方面", "方式", "方法",
                "方案", "方便", "时间", "时候", "文件", "文化", "文字", "明天", "明确", "明白", "白天", "关于", "关系", "关注", "关键", "全部", "全国", "全球",
                "简单", "简介", "简历", "金额", "金融", "石油", "单位", "单独", "管理", "管道", "连接", "连续", "连锁", "常见", "常用", "常规", "温度", "应用",
                "应该", "应当", "应付", "应收", "路由", "路径", "项目", "包括", "包含", "包装", "通过", "解决", "解释", "查询", "查看", "查收", "查找", "易于",
                "水平", "商品", "商业", "商务", "商家", "于是", "华为", "万元", "向上", "司机", "任何", "任务", "任意", "何时", "何种", "何人", "许多", "许可",
                "施工", "符合", "计划", "程序", "程度", "章节", "古代", "古典", "左右", "康复", "农业", "农村", "农民", "党员", "党委", "宫殿", "费用", "费率",
                "师傅", "房间", "房屋", "房产", "房东", "房号", "车辆", "车间", "车票", "车型", "车站", "宁可", "季度", "季节", "边界", "边缘", "游戏", "游客",
                "盛大", "毕业", "毕竟", "钱包", "武器", "武汉", "牛奶", "马上", "黄金", "黄色", "白色", "蓝色", "江苏", "江西", "广东", "云南", "海南",
                "甘肃", "宁夏", "贵州", "陆续", "陆地", "沈阳", "温州", "金华", "石家", "安徽", "柳州", "桂林", "苏州", "常州", "荣誉", "荣获", "严格",
                "严重", "习惯", "经理", "主任", "总监", "老师", "大夫", "医生", "值班", "客服", "同事", "全体", "各位", "尊敬", "方先",
                "顾客", "顾问", "谢谢", "同时", "高一", "高二", "高大", "高小", "路过", "时代", "时尚", "时长", "尚未", "尚不", "向量", "向导", "石头", "雷达", "龙头", "欧洲", "欧盟", "欧元", "阳光",
                "阳台", "蒙古", "华东", "华南", "华北", "华人", "童年", "童话", "冷静", "冷却", "米饭", "席位", "卫生", "卫星", "党组", "池塘",
                "明年", "明星", "明显", "宗教", "宗旨", "景色", "景区", "麦克", "麻烦", "麻醉", "巩固", "辛苦", "成本", "成果", "成绩", "成年", "和他", "和她",
                "和我", "和你", "于此", "高于", "高等", "高端", "高清", "高铁", "高温", "高血", "高风", "方向", "文明", "文章", "文本", "文档", "周一",
                "周二", "周三", "周四", "周五", "周六", "周日", "周末", "周围", "周期", "周边", "周年", "万一", "江湖", "白皮", "白领", "安静", "安心", "安卓",
                "车主", "单价", "关闭", "关机", "关联", "关心", "全面", "全新", "全额", "全年", "全程", "易用", "常务", "常年", "常驻")  # fmt: skip

NOT_IN_NAMES = frozenset("的了着吗呢吧啊呀哦嗯么是不没我你您他她它们这那哪些什怎谁每各另某已被把给让请就都还很个位啥")
"""Words of grammar: whatever holds one of them is no name, however strong the cue."""

NOT_NAMES = frozenset(
    """马达 李子 黄瓜 高明 高洁 高雅 高超 高飞 平安 成才 成龙 金光 金文 文明 明文 方言 方向 安康 安宁 安静 安心 安信 安利 金海 史诗 白雪 白云 云海 江海 江山 龙凤 龙宫 龙虎 马超 金星 金融 金华 温柔 温馨 温和 常德 常平 常见 向阳 向海 乐观 和平 华夏 华丽 华东 华文 时光 时文 时代 时雨 田园 田径 石英 石刚 水平 祝贺 祝福 祝愿 路平 程式 章程 梅雨 梅花 雷雨 路人 万达 万家 万一 万丽 万科 古文 古典 古风 古城 于海 钱财 余光 方式 计生 计时 卫士 卫生 卫星 黄海 黄河 黄梅 未知 匿名 保密 不详 暂无 测试 先生 女士 小姐 本人 同上 电话 手机 地址 邮箱 身份证 姓名 编号 信息 资料 服务 管理 系统 平台 单位 公司 部门
    待定 待查 暂缺 空缺 未填 必填 选填 不明 无名 同前 外卖 快递 代驾 救护车 网约车 出租车 滴滴 保安 警察 物业 客服 年轻 中年 老年 美丽 漂亮 一名 两名 三名 单身 在场 现场 空中 香港 世界 环球 首席 空缺 全体
    中心 名单 列表 号码 类型 状态 时间 日期 年龄 性别 金额 数量 余额 经理 主任 老师 医生 The This That Your Our My Their Please Thank Thanks
    Sir Madam Team Support Service Services Customer Customers Client User Users Name Names Full First Last Company Inc Ltd GmbH AG Corp
    Corporation University Institute Hospital School College Department Ministry Bank Street Avenue Road January February March April May June
    July August September October November December Monday Tuesday Wednesday Thursday Friday Saturday Sunday New North South East West United
    States Kingdom Republic Order Number Invoice Phone Email Address Date Birth Account Card Credit Password Id ID Version Model Data Security
    Policy Privacy Terms Report Project Product Software System Server Network Python Java Windows Linux Google Microsoft Amazon Apple Hiring
    Manager Sales Everyone All World There Friends Colleagues Damen Herren Sehr Ihre Unsere Bitte Vielen Dank Frau Herr Kunde Kundin Firma
    Bestellung Rechnung Adresse Telefon Straße Januar Februar März Mai Juni Juli Oktober Dezember Montag Dienstag Mittwoch Donnerstag Freitag
    Samstag Sonntag Universität Krankenhaus Schule Amt Stadt And For With From Will Can Has Was Are Not But When Where What Who How If In On
    At To Of By Is It We You He She They Best Kind Warm Success Portal Assistance Program Union Relations Experience Handbook Onboarding Loyalty Journey Feedback Complaint Complaints Satisfaction Management Analytics Dashboard Center Centre Care None Null True False Unknown Undefined Optional String Regards Sincerely Yours""".split()
)

COMPANIES = frozenset(
    (
        "Morgan Stanley", "Charles Schwab", "Eli Lilly", "Philip Morris", "Harley Davidson", "Jack Daniels", "Ralph Lauren", "Calvin Klein",
        "Tommy Hilfiger", "Hugo Boss", "Mercedes Benz", "Wells Fargo", "Dow Jones", "Ben Jerry", "Louis Vuitton", "Christian Dior",
        "Giorgio Armani", "Booz Allen", "Johnson Controls", "Thomas Cook", "John Deere", "Michael Kors", "Oscar Mayer", "Sara Lee",
        "Barnes Noble", "Martha Stewart Living", "Marie Claire", "Ray Ban", "Chase Manhattan", "Mary Kay",
    )
)  # fmt: skip
"""Companies whose name is built like a person's."""

STREET_WORDS = (
    "Alley Anex Annex Arcade Avenue Ave Bayou Beach Bend Bluff Bluffs Bottom Boulevard Blvd Branch Bridge Brook Brooks Burg Burgs "
    "Bypass Camp Canyon Cape Causeway Center Centers Centre Circle Circles Cir Cliff Cliffs Club Common Commons Corner Corners Course Court "
    "Courts Ct Cove Coves Creek Crescent Cres Crest Crossing Crossroad Crossroads Curve Dale Dam Divide Drive Drives Dr Estate Estates "
    "Expressway Extension Extensions Fall Falls Ferry Field Fields Flat Flats Ford Fords Forest Forge Forges Fork Forks Fort Freeway "
    "Garden Gardens Gateway Glen Glens Green Greens Grove Groves Harbor Harbors Haven Heights Highway Hwy Hill Hills Hollow Inlet Island "
    "Islands Isle Junction Junctions Key Keys Knoll Knolls Lake Lakes Land Landing Lane Ln Light Lights Loaf Lock Locks Lodge Loop Mall "
    "Manor Manors Meadow Meadows Mews Mill Mills Mission Motorway Mount Mountain Mountains Neck Orchard Oval Overpass Park Parks "
    "Parkway Parkways Pkwy Pass Passage Path Pike Pine Pines Place Pl Plain Plains Plaza Point Points Port Ports Prairie Radial Ramp "
    "Ranch Rapid Rapids Rest Ridge Ridges River Road Roads Rd Route Row Rue Run Shoal Shoals Shore Shores Skyway Spring Springs Spur "
    "Spurs Square Squares Sq Station Stravenue Stream Street Streets St Summit Terrace Ter Throughway Trace Track Trafficway Trail "
    "Trailer Trl Tunnel Turnpike Underpass Union Unions Valley Valleys Viaduct View Views Village Villages Ville Vista Walk Walks Wall "
    "Way Ways Well Wells Close Rise Quay Wharf Parade Embankment"
).split()
"""USPS Publication 28, appendix C1, with the British ones: what a street's name ends in."""
