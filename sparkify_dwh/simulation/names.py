"""Invented names for simulated data: people, metropolitan areas, browsers, artists, places and song titles.

Everything that draws takes the ``Random`` it draws from and uses nothing of it but ``random()``, whose values are the
same on every version of Python and every machine; weights are whole numbers for the same reason. No name is meant to
be anybody's.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from itertools import accumulate
from operator import itemgetter
from random import Random
from typing import Generic, NamedTuple, TypeVar

Item = TypeVar("Item")


class Place(NamedTuple):
    """Where an artist is from; latitude and longitude in degrees."""

    name: str
    latitude: float
    longitude: float


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


def _lines(text: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in text.strip().splitlines())


def _phrases(text: str) -> tuple[str, ...]:
    return tuple(" ".join(phrase.split()) for phrase in text.split("|"))


def _places(text: str) -> tuple[Place, ...]:
    parts = (phrase.rsplit(" ", 2) for phrase in _phrases(text))
    return tuple(Place(name, float(latitude), float(longitude)) for name, latitude, longitude in parts)


WOMEN = _words("""
    Abigail Adele Amara Anouk Beatriz Bianca Camille Carmen Chloe Clara Dahlia Daria Elena Esther Farah Fiona Gemma
    Greta Hazel Imani Ingrid Irene Jada Joanna Keiko Lena Leticia Maeve Marisol Nadia Noelle Odessa Paloma Priya
    Renée Rosalind Sabine Simone Talia Thea Uma Vera Willa Ximena Yara Zoë
""")
MEN = _words("""
    Adrian Ahmed Alonzo Amos Benedict Bruno Caleb Cedric Cyrus Damian Desmond Dmitri Edgar Emeka Felix Gideon Hugo
    Ibrahim Isaac Jasper Jerome Joaquín Kareem Kenji Lamar Leopold Luka Malik Marcus Nathaniel Omar Oscar Percy Quentin
    Rafael Reuben Silas Stefan Tariq Theo Ulrich Victor Wendell Xavier Yusuf Zachary
""")
FAMILIES = _words("""
    Abbott Adeyemi Alvarez Barlow Becker Bianchi Blackwood Boateng Brennan Calloway Castillo Chaudhry Coleman Costa
    Dalton Delgado Dupont Eastman Egan Farrow Fischer Fontaine Gallagher Garza Goldberg Guerrero Hadley Hassan Hoang
    Holloway Ibarra Iverson Jansen Kaur Kimura Kowalski Lambert Langley Lindqvist MacLeod Marchetti Mbeki McAllister
    Montoya Nakamura Novak O'Brien Okafor Olsen Osborne Pacheco Petrov Quigley Ramírez Reinhardt Rutherford Santos
    Sinclair Sokolov Stein Takahashi Thornton Underwood Vargas Villanueva Wainwright Whitaker Yamada Zielinski
""")
METROPOLITAN_AREAS = _phrases("""
    Albany-Schenectady-Troy, NY | Albuquerque, NM | Allentown-Bethlehem-Easton, PA-NJ | Amarillo, TX |
    Austin-Round Rock, TX | Baltimore-Columbia-Towson, MD | Baton Rouge, LA | Billings, MT | Bismarck, ND |
    Boise City, ID | Boston-Cambridge-Newton, MA-NH | Buffalo-Cheektowaga-Niagara Falls, NY |
    Burlington-South Burlington, VT | Charleston-North Charleston, SC | Charlotte-Concord-Gastonia, NC-SC |
    Chattanooga, TN-GA | Cheyenne, WY | Cincinnati, OH-KY-IN | Cleveland-Elyria, OH | Coeur d'Alene, ID |
    Denver-Aurora-Lakewood, CO | Des Moines-West Des Moines, IA | Duluth, MN-WI | El Paso, TX | Fargo, ND-MN |
    Flagstaff, AZ | Fresno, CA | Grand Rapids-Wyoming, MI | Green Bay, WI | Hartford-West Hartford-East Hartford, CT |
    Jackson, MS | Kansas City, MO-KS | Knoxville, TN | Lexington-Fayette, KY |
    Little Rock-North Little Rock-Conway, AR | Louisville/Jefferson County, KY-IN | Madison, WI | Memphis, TN-MS-AR |
    Mobile, AL | Oklahoma City, OK | Omaha-Council Bluffs, NE-IA | Pittsburgh, PA | Providence-Warwick, RI-MA |
    Reno, NV | Rochester, NY | Savannah, GA | Spokane-Spokane Valley, WA | Syracuse, NY | Toledo, OH | Tucson, AZ |
    Tulsa, OK | Urban Honolulu, HI | Virginia Beach-Norfolk-Newport News, VA-NC | Wichita, KS
""")
SYSTEMS = _lines("""
    Macintosh; Intel Mac OS X 10_9_4
    Macintosh; Intel Mac OS X 10_8_5
    Windows NT 6.1; WOW64
    Windows NT 6.3; WOW64
    Windows NT 5.1
    X11; Linux x86_64
""")
# As in the real log, some browsers' names come with double quotes of their own.
BROWSERS = _lines("""
    "Mozilla/5.0 ({system}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/36.0.1985.143 Safari/537.36"
    "Mozilla/5.0 ({system}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/37.0.2062.94 Safari/537.36"
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_9) AppleWebKit/537.78.2 (KHTML, like Gecko) Version/7.0 Safari/537.78.2"
    "Mozilla/5.0 (iPhone; CPU iPhone OS 7_1_2 like Mac OS X) AppleWebKit/537.51.2 (KHTML, like Gecko) Mobile/11D257"
    Mozilla/5.0 ({system}; rv:31.0) Gecko/20100101 Firefox/31.0
    Mozilla/5.0 (Windows NT 6.1; WOW64; Trident/7.0; rv:11.0) like Gecko
""")
PLACES = _places("""
    Austin, TX 30.26759 -97.74299 | Berlin, Germany 52.51607 13.37698 | Bogotá, Colombia 4.60987 -74.08205 |
    Buenos Aires, Argentina -34.60852 -58.37344 | California - LA 34.05349 -118.24532 |
    Chicago, IL. 41.88415 -87.63241 | Dakar, Senegal 14.69278 -17.44672 | Détroit [Michigan] 42.33168 -83.04792 |
    Kraków, Poland 50.06045 19.93243 | Kyoto Japan 35.02107 135.75385 | Lagos 6.45407 3.39467 |
    Leeds, England 53.79449 -1.54658 | Melbourne, Australia -37.81753 144.96715 |
    Montréal, Québec, Canada 45.51228 -73.55439 | Mumbai, India 18.94017 72.83486 |
    New York, NY [Queens] 40.71455 -74.00712 | Reykjavík, Iceland 64.13548 -21.89541 |
    Salvador (BA) -12.97110 -38.51080 | San Juan "La Perla" 18.46633 -66.10572 |
    Seoul, South Korea 37.55604 126.97211 | Stockholm, Sweden 59.33217 18.06243 | Tbilisi, Georgia 41.69411 44.83368 |
    Thessaloníki 40.63666 22.94209 | Winnipeg, Manitoba 49.89950 -97.14122
""")

ADJECTIVES = _words("""
    Amber Ancient Bitter Blue Borrowed Brave Broken Burning Careless Cold Crooked Crystal Distant Dizzy Electric Empty
    Endless Faithful Fearless Foolish Forgotten Frozen Gentle Golden Hidden Hollow Hungry Idle Invisible Ivory Late Lazy
    Little Lonely Lost Lucky Midnight Modern Naked Nervous Northern Paper Patient Plastic Quiet Restless Rusty Sacred
    Secret Silent Silver Sleepless Slow Southern Stolen Stubborn Tender Thirsty Violet Wandering Wild Wooden Young
""")
NOUNS = _words("""
    Airport Anchor Antenna Apple Avenue Balcony Bicycle Bridge Candle Canyon Carousel Cathedral Circus Compass Coyote
    Curtain Desert Engine Falcon Feather Ferry Forest Fountain Garden Ghost Harbor Highway Horizon Hurricane Island
    Kettle Kingdom Ladder Lantern Letter Lighthouse Lizard Machine Magnet Meadow Mirror Monday Motor Mountain Museum
    Needle Ocean Orchard Orchestra Parade Passenger Pillow Pirate Pocket Portrait Prairie Radio Railway River Sailor
    Season Shadow Shipwreck Signal Sparrow Stranger Summer Sunday Telephone Temple Theater Tiger Tunnel Umbrella Valley
    Village Violin Volcano Waltz Window Winter Witness
""")
VERBS = _words("""
    Believe Bury Call Carry Chase Climb Cross Dance Dream Drive Fall Feel Follow Forget Hold Hide Keep Kiss Leave Lose
    Love Miss Paint Pull Remember Ride Run Save Shake Sing Steal Swim Tell Touch Trust Wait Wake Want Watch
""")

ARTISTS = _phrases("""
    The {adjective} {noun}s | The {adjective} {noun}s | {adjective} {noun} {other} | {given} {family} |
    {given} {family} | {given} {family} & The {noun}s | {given} {family} Trio | {given} {family};{other} Ensemble |
    DJ {adjective} {noun} | {noun} / {other} Project | {noun} {other} Collective
""")
ACCENTED_ARTISTS = _phrases("""
    Sól{noun} | Hljóð & {noun} | {noun}ür | Möter{noun} | Les {noun}s Égarés | Niño {noun} | São {noun} |
    Ångström {noun} | {given} Þórdal | {family}ović Čaj | Żółty {noun} | Đêm {noun}
""")
# Names in other scripts are a beginning and an end: Japanese, Russian, Greek, Korean, Hebrew, Arabic, Hindi.
OTHER_SCRIPTS = tuple(
    (_words(beginnings), _words(ends))
    for beginnings, ends in (
        ("高瀬 夜明けの 星野原 青い 水無瀬", "汽車 楽団 灯 千尋 ラジオ"),
        ("Снежный Тихий Северный Бумажный", "Трамвай Причал Фонарь Оркестр"),
        ("Νύχτα Κύμα Άνεμος Δρόμος", "Πέντε Ασημένιο Βορράς Σιωπή"),
        ("밤기차 파란 조용한 겨울", "정거장 우산 등대 합창단"),
        ("רכבת לילה גשם", "כחולה רחוקה ראשון"),
        ("فرقة صوت ليل", "الغيم المرفأ البعيد"),
        ("नीली शांत दूर", "रेल नदी बारिश"),
    )
)
TITLES = _phrases("""
    {adjective} {noun} | {noun} And {other} | {noun} of the {adjective} {other} | {verb} The {adjective} {noun} |
    {verb} Me Like A {adjective} {noun} | Don't {verb} My {noun} | {noun}'s {adjective} {other} |
    I'll {verb} You, {adjective} {noun} | The {noun} That I {verb} | {adjective} {noun} No. {number}
""")
RARE_TITLES = _phrases(r"""
    {number}% {noun} | {noun}\{other} | The "{adjective}" {noun} | ¿Dónde Está Mi {noun}? | L'été Du {noun} |
    {noun} für {given} | {noun} 夜曲 {number} | Ночной {noun} {number} | {adjective} {noun} 🎈
""")
TITLE_ENDINGS = _phrases("""
    (Album Version) | (Live) | (Live At The {noun} Theater) | (LP Version) | ({adjective} {other} Mix) |
    [Remastered] | (Featuring {given} {family}) | - Part {number}
""")


def pick(random: Random, items: Sequence[Item]) -> Item:
    """Give one of ``items``, each as likely as the other."""
    return items[int(random.random() * len(items))]


class Weighted(Generic[Item]):
    """Items that are drawn by weight, a whole number each."""

    def __init__(self, items: Sequence[Item], weights: Iterable[int]) -> None:
        self._items = items
        self._cumulative = list(accumulate(weights))

    @classmethod
    def zipf(cls, items: Sequence[Item], shift: int) -> Weighted[Item]:
        """Weigh items by the Zipf-Mandelbrot law, 1 / (rank + shift), the first most; the first ``shift`` differ little."""
        return cls(items, (10**12 // (rank + shift) for rank in range(1, len(items) + 1)))

    def pick(self, random: Random) -> Item:
        """Give one item; there must be one."""
        return self._items[bisect_right(self._cumulative, int(random.random() * self._cumulative[-1]))]


def from_quantiles(random: Random, quantiles: Sequence[tuple[float, float]]) -> float:
    """Draw from a distribution given by its quantiles, (share, value) from share 0 to share 1, with lines between."""
    share = random.random()
    above = bisect_right(quantiles, share, key=itemgetter(0))
    (left, low), (right, high) = quantiles[above - 1], quantiles[above]
    return low + (high - low) * (share - left) / (right - left)


def given_name(random: Random, gender: str) -> str:
    """Give a first name for a user of gender ``F`` or ``M``."""
    return pick(random, WOMEN if gender == "F" else MEN)


def user_agent(random: Random) -> str:
    """Give a browser as the log names it, most of them inside double quotes that belong to the value."""
    return pick(random, BROWSERS).format(system=pick(random, SYSTEMS))


def artist_name(random: Random) -> str:
    """Give an artist's name: mostly English, one in twelve with accents, one in twenty-five in another script.

    None of them speaks of a guest, so that a name with a guest is never another artist's name.
    """
    kind = random.random()
    if kind < 0.04:
        beginnings, ends = pick(random, OTHER_SCRIPTS)
        return f"{pick(random, beginnings)} {pick(random, ends)}"
    return _filled(random, pick(random, ACCENTED_ARTISTS if kind < 0.12 else ARTISTS))


def with_guest(random: Random, name: str) -> str:
    """Give the artist's name as it stands on a recording with a guest."""
    guest = f"{pick(random, WOMEN)} {pick(random, FAMILIES)}"
    return name + pick(random, (" feat. ", " Feat. ", " ft. ", " featuring ")) + guest


def song_title(random: Random) -> str:
    """Give a title; one in twenty-five has a percent sign, a backslash, quotes, accents, other scripts or an emoji."""
    title = pick(random, RARE_TITLES if random.random() < 0.04 else TITLES)
    if random.random() < 0.2:
        title = f"{title} {pick(random, TITLE_ENDINGS)}"
    return _filled(random, title)


def _filled(random: Random, template: str) -> str:
    return template.format(
        adjective=pick(random, ADJECTIVES),
        noun=pick(random, NOUNS),
        other=pick(random, NOUNS),
        verb=pick(random, VERBS),
        given=pick(random, WOMEN + MEN),
        family=pick(random, FAMILIES),
        number=1 + int(random.random() * 100),
    )
