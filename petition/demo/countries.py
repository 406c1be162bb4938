"""Who signs where: the countries of the demo campaign and the people in each of them."""

from collections.abc import Mapping
from dataclasses import dataclass

_GUARDED = "guarded"

# Country, its share, hours from UTC (rounded), whether signing openly is a risk there, and ways of naming
# people with their weights. The shares add up to about 153,000; only their proportions matter.
_TABLE = """
KR 66000  9 open    ko:96 ko_latn:3 en:1
US 37500 -6 open    en:71 ko:10 ko_latn:8 es:8 zh_Hant:2 vi:1
JP 12600  9 open    ja:92 ko:4 ko_latn:2 en:2
TW  8700  8 open    zh_Hant:97 en:3
RU  5300  5 guarded ru:98 ko:2
CA  4400 -6 open    en:68 fr:15 ko:8 ko_latn:5 zh_Hant:4
DE  3400  1 open    de:92 tr:4 ko:4
GB  3200  0 open    en:93 ko:3 pl:2 in_latn:2
AU  2800 10 open    en:90 ko:6 zh_latn:4
FR  1650  1 open    fr:96 ko:2 ar:2
MX  1500 -6 open    es:99 ko:1
BR  1400 -3 open    pt:96 ja:1 ko:3
IN  1300  5 open    hi:58 in_latn:36 ta:6
TH  1150  7 open    th:99 ko:1
MN   950  8 open    mn:98 ko:2
HK   900  8 open    zh_Hant:88 en:12
PH   800  8 open    fil:96 ko:4
CN   690  8 guarded zh_Hans:86 ko:14
NL   640  1 open    nl:98 ko:2
IL   620  2 open    he:86 ru:8 ar:6
SG   600  8 open    zh_latn:80 in_latn:12 ms:8
NZ   580 12 open    en:94 ko:6
IT   560  1 open    it:98 ko:2
ES   540  1 open    es:98 ko:2
ID   520  7 open    id:97 ko:3
PL   500  1 open    pl:100
SE   480  1 open    sv:98 ar:2
CH   450  1 open    de:65 fr:25 it:10
MY   440  8 open    ms:55 zh_latn:45
EG   420  2 guarded ar:100
GR   400  2 open    el:100
VN   380  7 guarded vi:96 ko:4
GE   340  4 open    ka:100
NO   320  1 open    nb:100
AT   300  1 open    de:100
BE   280  1 open    nl:58 fr:42
AR   270 -3 open    es:97 ko:3
UA   250  2 open    uk:80 ru:20
TR   240  2 open    tr:100
CZ   230  1 open    cs:100
ET   220  3 guarded am:100
DK   210  1 open    da:100
FI   200  2 open    fi:97 sv:3
IE   190  0 open    ga:100
KZ   170  6 guarded kk:55 ru:35 ko:10
CL   160 -3 open    es:100
CO   150 -5 open    es:100
PE   140 -5 open    es:100
PT   130  0 open    pt:100
HU   120  1 open    hu:100
RO   110  2 open    ro:100
ZA   100  2 open    za:80 en:20
NP    95  6 open    ne:100
KH    90  7 open    km:100
BD    85  6 open    bn:100
PK    80  5 open    ur:100
LK    76  5 open    si:70 ta:30
MM    72  6 guarded my:100
UZ    68  5 guarded uz:80 ru:20
KG    64  6 open    ky:80 ru:20
AM    60  4 open    hy:100
KE    58  3 open    sw:100
NG    56  1 open    ng:100
GH    52  0 open    gh:100
BG    50  2 open    bg:100
RS    48  1 open    sr:100
HR    46  1 open    hr:100
SK    44  1 open    sk:100
SI    42  1 open    sl:100
LT    40  2 open    lt:100
LV    38  2 open    lv:100
EE    36  2 open    et:100
IS    34  0 open    is:100
XK    32  1 open    sq:100
AL    30  1 open    sq:100
MA    28  0 open    ar:85 fr:15
TN    27  1 open    ar:90 fr:10
JO    26  2 open    ar:100
LB    25  2 open    ar:100
SA    24  3 guarded ar:100
AE    23  4 guarded ar:60 in_latn:40
KW    22  3 open    ar:100
IR    21  3 guarded fa:100
IQ    20  3 guarded ar:100
UG    19  3 open    sw:100
TZ    18  3 open    sw:100
RW    17  2 guarded rw:100
SN    16  0 open    sn:100
CM    15  1 open    cm:100
EC    14 -5 open    es:100
GT    13 -6 open    es:100
CR    12 -6 open    es:100
BO    11 -4 open    es:100
PY    10 -4 open    es:100
UY     9 -3 open    es:100
LA     8  7 guarded lo:100
MO     7  8 open    zh_Hant:100
FJ     6 12 open    fj:100
LU     5  1 open    fr:60 de:40
MT     5  1 open    mt:100
"""


@dataclass(frozen=True, slots=True)
class Country:
    """A country of the demo: `share` against the others, `utc_hours` rough, `guarded` where names are a risk.

    `voices` weighs the ways of naming people found there (keys of `names.STYLES`).
    """

    code: str
    share: int
    utc_hours: int
    guarded: bool
    voices: Mapping[str, int]


def _read(line: str) -> Country:
    code, share, hours, mood, *voices = line.split()
    weights = {name: int(weight) for name, weight in (voice.split(":") for voice in voices)}
    return Country(code, int(share), int(hours), mood == _GUARDED, weights)


COUNTRIES = {country.code: country for country in map(_read, _TABLE.strip().splitlines())}

# The demo campaign's shares, the largest country first.
SHARES: Mapping[str, float] = {code: country.share for code, country in COUNTRIES.items()}
