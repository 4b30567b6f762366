"""ISO 3166 country codes, and the English names that exports write instead."""

from __future__ import annotations

CODES = frozenset(
    """AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR
    BS BT BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC
    EE EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK
    HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB
    LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ
    NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU
    RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN
    TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS XK YE YT ZA ZM ZW""".split()
)

# By name as `sheet.normal_name` writes it. A name not listed is refused, never guessed.
NAMES = dict(
    pair.split(":")
    for pair in """argentina:AR australia:AU austria:AT bangladesh:BD belgium:BE brazil:BR
    bulgaria:BG cambodia:KH canada:CA chile:CL china:CN colombia:CO costarica:CR croatia:HR
    cyprus:CY czechia:CZ czechrepublic:CZ denmark:DK ecuador:EC egypt:EG england:GB estonia:EE
    ethiopia:ET finland:FI france:FR georgia:GE germany:DE ghana:GH greatbritain:GB greece:GR
    hongkong:HK hungary:HU iceland:IS india:IN indonesia:ID iran:IR iraq:IQ ireland:IE israel:IL
    italy:IT japan:JP jordan:JO kazakhstan:KZ kenya:KE korea:KR kuwait:KW latvia:LV lebanon:LB
    lithuania:LT luxembourg:LU malaysia:MY malta:MT mexico:MX mongolia:MN morocco:MA myanmar:MM
    nepal:NP netherlands:NL thenetherlands:NL newzealand:NZ nigeria:NG northernireland:GB norway:NO
    oman:OM pakistan:PK panama:PA peru:PE philippines:PH poland:PL portugal:PT puertorico:PR
    qatar:QA romania:RO saudiarabia:SA scotland:GB serbia:RS singapore:SG slovakia:SK slovenia:SI
    southafrica:ZA southkorea:KR spain:ES srilanka:LK sweden:SE switzerland:CH taiwan:TW
    tanzania:TZ thailand:TH tunisia:TN turkey:TR türkiye:TR uganda:UG ukraine:UA
    unitedarabemirates:AE uae:AE unitedkingdom:GB uk:GB unitedstates:US unitedstatesofamerica:US
    usa:US uruguay:UY vietnam:VN wales:GB zimbabwe:ZW""".split()
)
