"""How many guesses a password withstands, by the idea of zxcvbn (Wheeler 2016): it is as strong as the cheapest series
of words, names, walks on the keyboard, runs, dates, repetitions and single characters that writes it.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from itertools import pairwise
from math import log10
from pathlib import Path

# Costs are log10 of guesses. A single character, as in zxcvbn.
CHARACTER = 1.0
# One part more: how the parts are joined.
JOIN = 0.3
# A variant of a word: reversed, in l33t, with capitals.
VARIANT = 0.3
# What was in the password before, forwards or backwards.
COPY = 1.0
YEAR = 1.6
# A day of 60 years.
DATE = 4.3
# A minute of a day.
TIME = 3.2
# The work grows with the square of the length: of a longer password only both ends are judged, each on its own.
JUDGED_CHARACTERS = 40
LONGEST_WORD = 32
SHORTEST_COPY = 3
# On average. Words of passphrases are longer.
LONGEST_PIECE = 4

_IN_TURN = re.compile(r"(..)\1+.?")

# From, to, cost of the characters in between.
Part = tuple[int, int, float]
Point = tuple[int, int]


def guesses_log10(password: str, personal: Iterable[str] = ()) -> float:
    """log10 of the guesses. `personal`: words that are tried first, such as the username."""
    ranks = _ranks() | {word.lower(): 2 for word in personal if len(word) > 2}
    return min(more + _of_better_end(written, ranks) for written, more in _written(password))


def _of_better_end(text: str, ranks: Mapping[str, int]) -> float:
    return max(_cheapest(end, ranks) for end in {text[:JUDGED_CHARACTERS], text[-JUDGED_CHARACTERS:]})


def _written(password: str) -> Iterator[tuple[str, float]]:
    """As it is; if in pieces (p a s s w o r d) or a listed phrase, also without separators, each paid once."""
    yield password, 0
    separators = [letter for letter in password if unicodedata.category(letter)[0] not in "LMN"]
    letters = len(password) - len(separators)
    between = set(separators)
    pieces = "".join(" " if letter in between else letter for letter in password).split()
    if separators and (letters <= LONGEST_PIECE * len(pieces) or "".join(pieces).lower() in _ranks()):
        yield "".join(pieces), CHARACTER * len(between)


def _cheapest(text: str, ranks: Mapping[str, int]) -> float:
    """The cost of the cheapest series of parts."""
    lower = "".join(letter.lower()[:1] for letter in text)
    begun: dict[int, list[tuple[int, float]]] = {}
    for begin, end, cost in (*_words(text, lower, ranks), *_walks(lower), *_copies(lower), *_dates(lower)):
        begun.setdefault(begin, []).append((end, cost + JOIN))
    costs = [begin * CHARACTER for begin in range(len(text) + 1)]
    for begin in range(len(text)):
        costs[begin + 1] = min(costs[begin + 1], costs[begin] + CHARACTER)
        for end, cost in begun.get(begin, ()):
            costs[end] = min(costs[end], costs[begin] + cost)
    return costs[-1]


# ------------------------------------------------------------------------------------------------------------- words

_LEET = (
    str.maketrans("@4({8369!|10$5+72", "aaccbeggiiiosstt" + "z"),
    str.maketrans("@4({8369!|10$5+72", "aaccbeggillossttz"),
)


def out_of_leet(lower: str) -> set[str]:
    return {lower.translate(table) for table in _LEET}


@cache
def _ranks() -> dict[str, int]:
    """Word → its place in the list on which it comes first."""
    ranks: dict[str, int] = {}
    for words in _lists():
        for rank, word in enumerate(words, 2):
            ranks[word] = min(rank, ranks.get(word, rank))
    return ranks


def _lists() -> Iterator[list[str]]:
    yield list(common())
    text = Path(__file__).with_name("password_words.txt").read_text("utf-8")
    yield from (part.partition("\n")[2].split() for part in text.split("## ")[1:])


@cache
def common() -> dict[str, None]:
    """The passwords that are chosen most, in that order."""
    lines = Path(__file__).with_name("common_passwords.txt").read_text("utf-8").splitlines()
    return dict.fromkeys(line for line in lines if not line.startswith("# "))


def _words(text: str, lower: str, ranks: Mapping[str, int]) -> Iterator[Part]:
    size = len(text)
    yield from _found(text, lower, ranks, 0)
    for written in out_of_leet(lower) - {lower}:
        yield from _found(text, written, ranks, VARIANT)
    for begin, end, cost in _found(text[::-1], lower[::-1], ranks, VARIANT):
        yield size - end, size - begin, cost


def _found(text: str, written: str, ranks: Mapping[str, int], more: float) -> Iterator[Part]:
    for begin in range(len(written) - 1):
        for end in range(begin + 2, min(begin + LONGEST_WORD, len(written)) + 1):
            if rank := ranks.get(written[begin:end]):
                yield begin, end, log10(rank) + more + _capitals(text[begin:end])


def _capitals(word: str) -> float:
    """All or the first letter in capitals is tried first; of others each counts."""
    capitals = sum(letter.isupper() for letter in word)
    simple = capitals == len(word) or word[1:] == word[1:].lower()
    return VARIANT * (min(capitals, 1) if simple else min(capitals, len(word) - capitals) + 1)


# ------------------------------------------------------------------------------------------------------------- walks


def _board(*rows: str) -> dict[str, Point]:
    """Key → its place. Rows come in pairs, without and with the shift key."""
    return {key: (x, y // 2) for y, row in enumerate(rows) for x, key in enumerate(row) if key != " "}


_BOARDS = (
    _board("1234567890-=", "!@#$%^&*()_+", "qwertyuiop[]", "", "asdfghjkl;'", "", "zxcvbnm,./"),
    _board("1234567890ß", '!"§$%&/()=?', "qwertzuiopü+", "", "asdfghjklöä#", "", "yxcvbnm,.-"),
    _board("&é\"'(-è_çà)=", "1234567890", "azertyuiop^$", "", "qsdfghjklmù*", "", "wxcvbn,;:!"),
    # Russian, and Ukrainian where it differs.
    _board("1234567890-=", '!"№;%:?*()_+', "йцукенгшщзхъ", "           ї", "фывапролджэ", " і        є", "ячсмитьбю."),
)
# A first key, or a jump to any other; the next one; the step before once more; a step as two to four before; a jump
# from the end of a line to the next one (qwe123asd456).
_KEY, _NEIGHBOUR, _STRAIGHT, _PATTERN, _LINE = 1.7, 0.7, 0.05, 0.2, 0.4


def _walks(lower: str) -> Iterator[Part]:
    """Along the keyboard in any rhythm (qwertz, 1q2w3e, 1qaz2wsx), the alphabet or the digits; one key repeated."""
    # Keys that are at the same places on two boards are walked once.
    for points in {tuple(board.get(letter) for letter in lower) for board in _BOARDS}:
        yield from _along(points)
    yield from _along([(ord(letter), 0) for letter in lower])


# Blocks of keys in any order (1qazxsw23edcvfr4, qwasweszxd): of so many steps in a row three of four go to a neighbour,
# and never two do not. Of random passwords it is one of five, of words one of three.
_FEWEST_STEPS_OF_BLOCKS = 19
_BLOCKS = 8.0


def _blocks(steps: Sequence[Point | None]) -> Iterator[Part]:
    for begin in range(len(steps) - _FEWEST_STEPS_OF_BLOCKS + 1):
        near, jumped = 0, False
        for number, step in enumerate(steps[begin:], 1):
            jumps = step is None or not _is_near(step)
            if jumps and jumped:
                break
            near, jumped = near + (not jumps), jumps
            if number >= _FEWEST_STEPS_OF_BLOCKS and 4 * near >= 3 * number:
                yield begin, begin + number + 1, _BLOCKS


def _along(points: Sequence[Point | None]) -> Iterator[Part]:
    steps = [(b[0] - a[0], b[1] - a[1]) if a and b else None for a, b in pairwise(points)]
    yield from _blocks(steps)
    for begin, step in enumerate(steps):
        # In the middle of a straight line: it is cheaper from its beginning.
        if not begin or step != steps[begin - 1]:
            yield from _from(begin, steps)


def _from(begin: int, steps: list[Point | None]) -> Iterator[Part]:
    cost = _KEY
    for at in range(begin, len(steps)):
        if (step := steps[at]) is None:
            return
        cost += _cost_of_step(step, steps[max(begin, at - 4) : at])
        singly = (at + 2 - begin) * CHARACTER
        if cost > singly + 2 * _KEY:
            return
        if cost + JOIN < singly:
            yield begin, at + 2, cost


def _cost_of_step(step: Point, before: list[Point | None]) -> float:
    if before and step == before[-1]:
        return _STRAIGHT
    if step in before:
        return _PATTERN
    if _is_near(step):
        return _NEIGHBOUR
    return _LINE if _ends_line(before) else _KEY


def _is_near(step: Point) -> bool:
    return max(abs(step[0]), abs(step[1])) <= 1


def _ends_line(before: list[Point | None]) -> bool:
    """Whether at least three keys in a row come before."""
    last = before[-1] if before else None
    return last is not None and _is_near(last) and before[-2:-1] == [last]


# ------------------------------------------------------------------------------------------------- repetitions, dates


def _copies(lower: str) -> Iterator[Part]:
    # Two characters in turn (!?!?!?): longer copies are found below, one repeated is a walk.
    for match in _IN_TURN.finditer(lower):
        yield match.start() + 2, match.end(), COPY
    for begin in range(SHORTEST_COPY, len(lower)):
        before, backwards = lower[:begin], lower[:begin][::-1]
        for end in range(begin + SHORTEST_COPY, len(lower) + 1):
            if (again := lower[begin:end]) not in before and again not in backwards:
                break
            yield begin, end, COPY


_DAY, _MONTH = "(?:3[01]|[12][0-9]|0?[1-9])", "(?:1[0-2]|0?[1-9])"
_YEAR = "(?:19|20)[0-9][0-9]"
_SHORT_YEAR = f"(?:{_YEAR}|[0-9][0-9])"
_ORDERS = ((_DAY, _MONTH, _SHORT_YEAR), (_MONTH, _DAY, _SHORT_YEAR), (_SHORT_YEAR, _MONTH, _DAY))
# Looked for at every place: a match takes nothing from the next one.
_DATES = [(re.compile(f"(?=({_YEAR}))"), YEAR)] + [
    (re.compile(f"(?=({'[./ -]?'.join(order)}))"), DATE) for order in _ORDERS
]
_DATES.append((re.compile("(?=((?:[01][0-9]|2[0-3])[:.h]?[0-5][0-9]))"), TIME))


def _dates(lower: str) -> Iterator[Part]:
    for pattern, cost in _DATES:
        for match in pattern.finditer(lower):
            yield match.start(1), match.end(1), cost
