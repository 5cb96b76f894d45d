# ruff: noqa: E501 - a table reads best one row a line
"""Sensitive facts that running text states of a person, without a label: health, belief, convictions, credit, childhood.

A sentence must say it of somebody ("she is …", 他是…): what is said of a subject in general is no personal data.
GDPR Art. 9 and 10; GB/T 35273-2020 Annex B; GB/T 45574-2025. Convictions, credit and childhood stay below the default
threshold: a profile asks for them.
"""

from __future__ import annotations

from scanners.personal_data.rules.beginning import width
from scanners.personal_data.rules.rule import Rule

_BE = r"(?:is|was|am|are|were|been|being|'s|'m|’s|’m)"
_ADVERB = r"(?:(?:also|now|currently|openly|still|already|since|both|an?|the|very) ){0,2}"
_MAN = (
    r"(?:[他她我你其妻夫子儿孩女者员生人户家都也曾友娘总父母爷奶爸妈哥姐弟妹叔姨舅姑伯嫂]|自己|司机|同事|邻居|老板|同学|保安|保姆|房东|租客|客户|职工|老婆|老公|"
    r"原告|被告|学徒|老师|医生|护士|经理)"
)
"""What a statement in Chinese may be said of: the end of a word for a person."""
_WER = (
    r"(?:[Ee]r|[Ss]ie|[Ii]ch|(?:Mann|Frau|Vater|Mutter|Bruder|Schwester|Sohn|Tochter|Eltern|Familie|Partner(?:in)?|Freund(?:in)?|Nachbar(?:in)?|Kolleg(?:e|in)|"
    r"Mitarbeiter(?:in)?|Bewerber(?:in)?|Mandant(?:in)?|Patient(?:in)?|Kläger(?:in)?|Kunde|Kundin))"
)
_GERMAN = r"(?:ist|war|bin|sei|wurde|hat|sind)"
_ILLNESS_WORDS = "itis|osis|emia|oma|pathy|plegia|phrenia|lepsy|cancer|tumou?r|diabetes|asthma|HIV|AIDS|COVID|depression|dementia|Alzheimer|Parkinson|sclerosis|stroke|anorexia|bulimia|PTSD|ADHD|autism|miscarriage|infarction|disorder|disease|syndrome|addiction"
_ILLNESS = (
    r"(?:(?:type [12]|breast|lung|colon|prostate|skin|ovarian|bowel|stage [1-4IV]{1,3}|severe|chronic|acute|clinical|postnatal|postpartum|bipolar|eating|"
    r"multiple|heart|kidney|liver|Crohn['’]s|rheumatoid|alcohol|drug|opioid|anxiety|panic|personality|autoimmune|celiac|coeliac|sickle cell) ){0,2}"
    r"(?:[a-z]{3,16}(?:itis|osis|emia|oma|pathy|plegia|phrenia|lepsy)|cancer|tumou?r|diabetes|asthma|HIV|AIDS|COVID|depression|dementia|Alzheimer(?:['’]s)?|Parkinson(?:['’]s)?|sclerosis|"
    r"stroke|anorexia|bulimia|PTSD|ADHD|autism|miscarriage|heart attack|infarction|(?<=[a-z] )(?:disorder|disease|syndrome|addiction))"
)
_TREATMENT = r"(?:chemotherapy|radiotherapy|dialysis|IVF|fertility treatment|psychotherapy|electroconvulsive therapy|hormone therapy|a mastectomy|a kidney transplant|a liver transplant|an abortion)"
_KRANKHEIT = (
    r"(?:[A-ZÄÖÜ][a-zäöüß]{2,20}(?:krebs|itis|ose|ämie|osen|pathie|insuffizienz|krankheit|störung|lepsie|demenz|infarkt)|Krebs|Migräne|Demenz|Depressionen?|"
    r"Diabetes|Asthma|Parkinson|Alzheimer|Bluthochdruck|Rheuma|Aids|HIV|Multiple[rn]? Sklerose|Magersucht|Burnout)"
)
_FAITH = r"(?:Muslim|Catholic|Christian|Jew|Jewish|Hindu|Buddhist|Sikh|Protestant|Mormon|Orthodox(?: Christian| Jew)?|Baptist|Quaker|atheist|Jehovah['’]s Witness|Sunni|Shia)"
_GLAUBE = r"(?:Moslem|Muslim|Katholik|Protestant|Christ|Jude|Jüdin|Hindu|Buddhist|Atheist|Zeuge Jehovas|Zeugin Jehovas)(?:e|in|en|innen)?"
_CRIME = r"(?:[a-z]{3,14}(?: [a-z]{3,14}){0,2}?)"
_CHILD = (
    r"(?:son|daughter|boy|girl|child|pupil|niece|nephew|grandson|granddaughter|brother|sister|student|patient|victim)"
)
_KIND = r"(?:Sohn|Tochter|Junge|Mädchen|Kind|Schüler|Schülerin|Enkel|Enkelin|Neffe|Nichte|Bruder|Schwester)"
_YEARS = r"(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|1[0-3]|[1-9])"
_JAHRE = r"(?:ein|zwei|drei|vier|fünf|sechs|sieben|acht|neun|zehn|elf|zwölf|dreizehn|(?<![0-9])(?:1[0-3]|[1-9])[- ]?)"
_KIND_ZH = "(?:儿子|女儿|孩子|小孩|外孙女?|孙子|孙女|侄子|侄女|外甥女?|弟弟|妹妹|男孩|女孩|男童|女童|学生)"
_SUI = r"(?:(?<![0-9])(?:1[0-3]|[1-9])|(?<![一二三四五六七八九十])(?:十[一二三]?|[一二三四五六七八九两]))(?:周?岁)"


_AHEAD = 32
"""Characters behind a match in which a gate's word may still stand."""


def _states(name: str, type: str, pattern: str, gate: str, score: float = 0.6) -> Rule:
    """A statement: it begins at most its own length before the word by which the gate knows it."""
    return Rule(name, type, pattern, gate, score, refutable=False, window=width(pattern)[1] + _AHEAD)


RULES: tuple[Rule, ...] = (
    _states("health.stated", "MEDICAL_CONDITION", rf"(?<![A-Za-z]){_BE} {_ADVERB}(?P<v>(?:(?:legally|profoundly|partially) )?(?:(?:colou?r[- ])?blind|deaf|quadriplegic|paraplegic|(?:physically|severely|mentally|permanently|registered) disabled|diabetic|epileptic|autistic|schizophrenic|bipolar|pregnant|HIV[- ]positive|immunocompromised|wheelchair[- ]bound|suicidal))(?= (?:and|since|with|in|from|at|by|so|or|but|because|who|after|again)(?![a-z])|[.,;!?\n\x00)]|$)",
            r"(blind|deaf|plegic|disabled|diabetic|epileptic|autistic|schizophrenic|bipolar|pregnant|positive|immunocompromised|bound|suicidal)"),
    _states("health.tested", "MEDICAL_CONDITION", r"(?<![A-Za-z])(?:tested positive for (?P<v>(?!the |an? )[A-Za-z0-9\-]{3,20}(?: [A-C](?![A-Za-z]))?)(?![A-Za-z]))", r"tested positive for "),
    _states("health.treated", "MEDICAL_CONDITION", rf"(?<![A-Za-z])(?:undergo(?:es|ing)?|underwent|having|receiv(?:es|ed|ing)|needs|started|recover(?:s|ed|ing) from|battling|fighting|survived|died of|living with|(?:has|had|(?<=I )have|having|found|detected|developed)(?: been diagnosed with)?|relapsed into|takes? (?:drugs|medication|pills) for) (?P<v>{_ILLNESS}|{_TREATMENT})(?![A-Za-z])",
            rf"({_ILLNESS_WORDS}|{_TREATMENT})"),
    _states("health.de_stated", "MEDICAL_CONDITION", rf"(?<![A-Za-zäöüß]){_GERMAN} (?:seit [^\n\x00]{{2,24}} |leider |wieder |inzwischen |auch |stark )?(?P<v>schwerbehindert|gehörlos|farbenblind|blind|taub|autistisch|schwanger|HIV-positiv|suchtkrank|depressiv|querschnittsgelähmt|pflegebedürftig|an Krebs erkrankt|an Demenz erkrankt|zuckerkrank)(?![a-zäöüß])",
            r"(schwerbehindert|gehörlos|blind|taub|autistisch|schwanger|HIV-positiv|suchtkrank|depressiv|querschnittsgelähmt|pflegebedürftig|erkrankt|zuckerkrank)"),
    _states("health.de_ill", "MEDICAL_CONDITION", rf"(?<![A-Za-zäöüß])(?:an|unter|wegen|von) (?:einer? |seiner |ihrer )?(?P<v>{_KRANKHEIT})(?= (?:erkrankt|gestorben|verstorben|behandelt|operiert|krankgeschrieben|arbeitsunfähig|in Behandlung|leidet))",
            r"(erkrankt|gestorben|verstorben|behandelt|operiert|krankgeschrieben|arbeitsunfähig|in Behandlung|leidet)"),
    _states("health.de_has", "MEDICAL_CONDITION", rf"(?<![A-Za-zäöüß]){_WER} (?:hat|hatte|habe|haben|bekam) (?:seit [^\n\x00]{{2,24}} |eine? |wieder |leider )?(?P<v>{_KRANKHEIT})(?![A-Za-zäöüß])",
            r" (hat|hatte|habe|haben|bekam) "),
    _states("health.de_suffers", "MEDICAL_CONDITION", rf"(?<![A-Za-zäöüß])(?:leidet|leide|litt|erkrankte?) (?:seit [^\n\x00]{{2,24}} )?(?:an|unter) (?:(?:chronische|schwere|starke|akute|häufige)[rnm]? )?(?P<v>{_KRANKHEIT})(?![A-Za-zäöüß])",
            r"(leide|litt|erkrankt)"),
    _states("health.zh_stated", "MEDICAL_CONDITION", rf"{_MAN}(?:[是为系有因]|已|已经|现|长期)?(?P<v>(?:(?:听力|视力|肢体|智力|精神|言语|多重)(?:[一二三四]级)?残疾(?:[一二三四]级)?|怀孕|(?:HIV(?:抗体)?|梅毒|乙肝|丙肝|结核)阳性|艾滋病|聋哑人?|双目失明|高位截瘫|瘫痪|自闭症|抑郁症|癫痫|精神分裂症|白血病|尿毒症|血友病|唐氏综合征))(?!的?(?:患者|病人|人群|症状|早期|治疗|知识|宣传|预防))",
            r"(残疾|怀孕|阳性|艾滋病|聋哑|失明|截瘫|瘫痪|自闭症|抑郁症|癫痫|分裂症|白血病|尿毒症|血友病|综合征)"),
    _states("health.zh_treated", "MEDICAL_CONDITION", rf"{_MAN}(?:正在|在|已|刚|刚刚|接受过?|需要?|每周|定期|做过|做了|要){{1,2}}(?:做|接受|进行)?(?P<v>(?:化疗|放疗|透析|血透|戒毒|器官移植|肾移植|心脏搭桥|人工流产|试管婴儿|美沙酮治疗))",
            r"(化疗|放疗|透析|血透|戒毒|移植|搭桥|流产|试管婴儿|美沙酮治疗)"),
    _states("nrp.believer", "NRP", rf"(?<![A-Za-z])(?:{_BE} (?:an? )?(?:(?:devout|practi[sc]ing|observant|born-again|lapsed|strict|former|converted|very) ){{1,2}}|(?:[Hh]e|[Ss]he|I|wife|husband|mother|father|brother|sister|family|parents) (?:is|was|am|are) (?:an? )?|(?:[Hh]e|[Ss]he|I)['’][sm] (?:an? )?)(?P<v>{_FAITH})(?![A-Za-z])",
            r"(Muslim|Catholic|Christian|Jew|Hindu|Buddhist|Sikh|Protestant|Mormon|Orthodox|Baptist|Quaker|atheist|Witness|Sunni|Shia)"),
    _states("nrp.converted", "NRP", r"(?<![A-Za-z])(?:convert(?:s|ed|ing) to|left the|belongs? to the|was bapti[sz]ed (?:as an?|into the)) (?P<v>Islam|Judaism|Christianity|Catholicism|Buddhism|Hinduism|Catholic Church|Orthodoxy|Mormon Church|Jehovah['’]s Witnesses)(?![A-Za-z])",
            r"(convert|left the|belongs? to the|bapti[sz]ed)"),
    _states("nrp.de_stated", "NRP", rf"(?<![A-Za-zäöüß]){_WER} (?:ist|war|bin|sind|sei) (?P<v>evangelisch|katholisch|jüdisch|muslimisch|orthodox|lesbisch|schwul|bisexuell|homosexuell|transsexuell|transgender|konfessionslos)(?![a-zäöüß])",
            r"(evangelisch|katholisch|jüdisch|muslimisch|orthodox|lesbisch|schwul|sexuell|transgender|konfessionslos)"),
    _states("nrp.de_left", "NRP", r"(?<![A-Za-zäöüß])aus der (?P<v>(?:katholischen|evangelischen|evangelisch-lutherischen|orthodoxen) Kirche)(?= (?:ausgetreten|austreten|austritt))",
            r"(ausgetreten|austreten|austritt)"),
    _states("nrp.de_converted", "NRP", r"(?<![A-Za-zäöüß])zum (?P<v>Islam|Judentum|Christentum|Buddhismus|Katholizismus)(?= (?:konvertiert|übergetreten))",
            r"(konvertiert|übergetreten)"),
    _states("nrp.orientation", "NRP", r"(?<![A-Za-z])(?:(?:[Hh]e|[Ss]he|I|[Hh]is \w{2,10}|[Hh]er \w{2,10}|[Mm]y \w{2,10}|[A-Z][a-z]{1,15})(?:['’][sm]| is| was| am) (?:openly |also )?|(?:came|come|coming) out as |identif(?:y|ies|ied) as )(?P<v>gay|lesbian|bisexual|transgender|homosexual|queer|non-binary|asexual|pansexual)(?![A-Za-z])",
            r"(gay|lesbian|sexual|transgender|queer|non-binary)"),
    _states("nrp.party", "NRP", r"(?<![A-Za-z])(?:member of the|joined the|voted for the|belongs to the|Mitglied (?:der|des|in der)|Mitglied bei|trat der|trat in die) (?P<v>(?:Labour|Conservative|Communist|Democratic|Republican|Green|Socialist|Liberal(?: Democrat(?:s|ic)?)?|Workers['’]|People['’]s|Social Democratic|National|Christian Democratic) Party|SPD|CDU|CSU|FDP|AfD|Grünen|Linken|Linkspartei|IG Metall|ver\.di|GEW|Gewerkschaft|Unite union|UNISON|Teamsters|AFL-CIO)(?![A-Za-z])",
            r"(Party|SPD|CDU|CSU|FDP|AfD|Grünen|Linken|Linkspartei|IG Metall|ver\.di|GEW|Gewerkschaft|Unite union|UNISON|Teamsters|AFL-CIO)"),
    _states("nrp.union", "NRP", rf"(?<![A-Za-z]){_BE} (?:an? )?(?:active |long-standing |paid-up |former )?(?P<v>(?:trade |labor |labour )?union)(?= (?:member|activist|organi[sz]er|rep(?:resentative)?|steward)(?!s))",
            r"union (member|activist|organi|rep|steward)"),
    _states("nrp.origin", "NRP", rf"(?<![A-Za-z])(?:{_BE} )?of (?P<v>Roma|Sinti|Kurdish|Uyghur|Tibetan|Jewish|Arab|Armenian|Romani|Aboriginal|Māori|Maori|African|Asian|Hispanic|Latino|Black|Turkish|Chechen|Palestinian)(?= (?:origin|descent|ethnicity|heritage|ancestry)(?![a-z]))",
            r"(origin|descent|ethnicity|heritage|ancestry)"),
    _states("nrp.de_believer", "NRP", rf"(?<![A-Za-zäöüß])(?:ist|war|bin|sei) (?:eine? )?(?:(?:gläubige[rn]?|praktizierende[rn]?|strenggläubige[rn]?|überzeugte[rn]?|orthodoxe[rn]?|bekennende[rn]?) ){{1,2}}(?P<v>{_GLAUBE}|Muslima)(?![a-zäöüß])",
            r"(Mosl[ei]m|Muslim|Katholik|Protestant|Christ|Jude|Jüdin|Hindu|Buddhist|Atheist|Zeug)"),
    _states("nrp.zh_believer", "NRP", rf"{_MAN}(?:们|全家|一直|从小|现在|虔诚地?){{0,2}}(?:信仰|信奉|皈依|改信|信)了?(?P<v>(?:佛|道|基督|天主|伊斯兰|东正|新|犹太|喇嘛|藏传佛)教)",
            r"(信仰|信奉|皈依|改信|信)"),
    _states("nrp.zh_faithful", "NRP", rf"{_MAN}(?:本人|也|一直|原|们)?[是为系](?:一[名个位])?(?:虔诚的?)?(?P<v>基督徒|基督教徒|佛教徒|天主教徒|道教徒|穆斯林|摩门教徒|耶和华见证人)",
            r"(教徒|基督徒|穆斯林|见证人)"),
    _states("nrp.zh_people", "NRP", rf"{_MAN}(?:本人|也|原|们)?[是为系](?P<v>(?:回|藏|维吾尔|蒙古|壮|苗|彝|满|朝鲜|哈萨克|土家|侗|瑶|白|傣|黎|羌|柯尔克孜|塔吉克|乌孜别克|鄂伦春|锡伯|撒拉|东乡|畲|高山)族)(?!自治|聚居|地区|文化|传统|语言|菜|服饰|节日)",
            r"族"),
    _states("nrp.zh_party", "NRP", rf"{_MAN}(?:于[^\n\x00,。]{{2,12}}|去年|今年|当年|早年|大学时|已|就|是|为|曾)?(?:加入了?|退出了?|[是为系])(?P<v>中国共产党|中共党员|共产党员|中共预备党员|民盟|民建|民进|农工党|致公党|九三学社|台盟|民革|国民党|民进党)(?:盟员|会员|党员|社员)?",
            r"(共产党|党员|民盟|民建|民进|农工党|致公党|九三学社|台盟|民革|国民党)"),
    _states("nrp.zh_orientation", "NRP", rf"{_MAN}(?:本人|也|们)?[是为系](?:一[名个位])?(?P<v>同性恋者?|双性恋者?|跨性别者?|男同|女同|酷儿)(?!题材|电影|群体|文学|权益|运动|婚姻|话题)",
            r"(性恋|跨性别|男同|女同|酷儿)"),
    _states("criminal.stated", "CRIMINAL_RECORD", rf"(?<![A-Za-z])(?P<v>(?:convicted of {_CRIME}|pleaded guilty to {_CRIME}|found guilty of {_CRIME}|(?:served|spent) (?:[a-z]{{2,9}}|[0-9]{{1,2}}) (?:years?|months?|weeks?) (?:in prison|in jail|behind bars)|(?:on|violated) (?:probation|parole)|sentenced to (?:[a-z]{{2,9}}|[0-9]{{1,2}}) (?:years?|months?)|(?:an? )?(?:criminal|police) record|registered sex offender|arrested for {_CRIME}))(?= (?:in|and|that|before|for|after|but|by|at|on|when|last|twice|because|who|until|cannot|which|since|from|with)(?![a-z])|[.,;!?\n\x00)]|$)",
            r"(convicted of|guilty|served|spent|probation|parole|sentenced to|record|sex offender|arrested for)", 0.4),
    _states("criminal.de_stated", "CRIMINAL_RECORD", r"(?<![A-Za-zäöüß])(?P<v>(?:ist|war|sei|bin) (?:mehrfach |einschlägig )?vorbestraft|wegen [A-ZÄÖÜ][a-zäöüß]{3,28}(?: in [^\n\x00.,]{3,20})? (?:verurteilt|vorbestraft)|zu (?:[a-zäöüß]{3,9}|[0-9]{1,2}) (?:Jahren?|Monaten?) (?:Haft|Freiheitsstrafe|Gefängnis)|saß (?:[a-zäöüß]{3,9}|[0-9]{1,2}) (?:Jahre?|Monate?) (?:in Haft|im Gefängnis))(?![a-zäöüß])",
            r"(vorbestraft|verurteilt|Haft|Freiheitsstrafe|Gefängnis)", 0.4),
    _states("criminal.zh_stated", "CRIMINAL_RECORD", rf"{_MAN}(?:曾|曾经|已|于[^\n\x00,。]{{2,12}})?(?P<v>(?:因|以|犯)(?!涉)[\u4e00-\u9fff]{{2,10}}?罪?(?:被|曾被|而被|,被)(?:法院|依法|公安机关|警方)?(?:判处|判刑|判了|刑事拘留|行政拘留|拘留|逮捕|批捕|强制戒毒|劳动教养)(?:(?:有期徒刑|无期徒刑|拘役|管制)?(?:[一二三四五六七八九十0-9]{{1,3}}年)?(?:[一二三四五六七八九十0-9]{{1,2}}个月)?)?|有(?:过)?(?:犯罪|违法犯罪|吸毒|盗窃|诈骗|刑事)(?:前科|记录|案底)|有(?:前科|案底)|(?:刑满|保外)(?:释放|就医))",
            r"(判处|判刑|判了|拘留|逮捕|批捕|戒毒|教养|前科|案底|记录|释放|就医)", 0.4),
    _states("credit.stated", "CREDIT_RECORD", r"(?<![A-Za-z])(?P<v>(?:(?:credit|FICO) (?:score|rating) (?:is|was|of|:|=) ?[3-8][0-9]{2}(?![0-9])|filed for (?:personal )?bankruptcy|declared bankruptcy|went bankrupt|default(?:s|ed) on (?:the|his|her|their|my|a|two|several) (?:[a-z]{3,10} )?(?:loan|loans|mortgage|debt|debts|credit card|payments)|(?:was|were|is) (?:blacklisted by|in arrears with|in debt to) [A-Za-z ]{3,24}|wages? (?:is|are|were|was) garnished))(?![A-Za-z])",
            r"(score|rating|bankrupt|default|blacklisted by|in arrears with|in debt to|garnished)", 0.4),
    _states("credit.de_stated", "CREDIT_RECORD", r"(?<![A-Za-zäöüß])(?P<v>(?:in )?(?:Privatinsolvenz|Verbraucherinsolvenz)|(?:negative[rn]? |einen? )?Schufa-?(?:Eintrag|Einträge|Score von [0-9]{2,3}|Auskunft negativ)|Lohn(?:pfändung|gepfändet)|eidesstattliche Vermögensauskunft)(?![a-zäöüß])",
            r"(insolvenz|[Ss]chufa|Lohn|Vermögensauskunft)", 0.4),
    _states("credit.zh_stated", "CREDIT_RECORD", r"(?P<v>(?:被?(?:列为|列入|纳入)(?:了)?)?失信(?:被执行人|名单)|征信(?:报告)?(?:上|里|中)?(?:有|存在|出现过?|显示)[\u4e00-\u9fff0-9]{0,6}?(?:逾期|不良|呆账|黑名单)(?:记录)?|(?:芝麻)?(?:信用分|信用评分|征信评分)[为是:]?\s?[3-9][0-9]{2}(?![0-9])|被限制高消费|欠(?:网贷|信用卡|高利贷)[\u4e00-\u9fff0-9]{0,8}(?:元|万|块)|个人破产)",
            r"(失信|征信|信用分|评分|限制高消费|欠(网贷|信用卡|高利贷)|个人破产)", 0.4),
    _states("minor.stated", "MINOR", rf"(?<![A-Za-z0-9])(?P<v>{_YEARS}[- ]year[- ]old (?:[a-z]{{3,10}} )?{_CHILD})(?![a-z])", r"year[- ]old", 0.4),
    _states("minor.aged", "MINOR", rf"(?<![A-Za-z])(?:{_CHILD}|[Ss]he|[Hh]e|[A-Z][a-z]{{1,15}})(?:,| is| was| turns| turned)? (?:(?:only|just|now|aged|age|already) )?(?P<v>{_YEARS}(?: years? old| years of age)|(?<=aged )(?:1[0-3]|[1-9])|(?<=age )(?:1[0-3]|[1-9]))(?![A-Za-z0-9])",
            r"(years? o|aged? [0-9])", 0.4),
    _states("minor.de_stated", "MINOR", rf"(?<![A-Za-zäöüß0-9])(?P<v>{_JAHRE}jährige[rnms]? (?:[a-zäöüß]{{3,12}} )?{_KIND})(?![a-zäöüß])", r"jährige", 0.4),
    _states("minor.zh_stated", "MINOR", rf"(?P<v>{_SUI}的?{_KIND_ZH}|{_KIND_ZH}(?:[\u4e00-\u9fff]{{0,3}})?(?:今年|才|刚|刚满|现年|年仅|,){{0,2}}{_SUI}|(?:未满|不满)(?:十四|14)周?岁)(?!以[上下])",
            r"岁", 0.4),
    _states("biometric.stated", "BIOMETRIC_ID", r"(?<![A-Za-z])(?P<v>(?i:fingerprint|face|facial|iris|voice|palm) (?:template|hash|embedding|vector|scan id) [A-Fa-f0-9]{12,128})(?![A-Za-z0-9])",
            r"(template|hash|embedding|vector|scan id)", 0.7),
)  # fmt: skip
