"""Curves as SVG: milliseconds by how many users there are, both axes by powers of ten."""

import math
from collections.abc import Iterator
from xml.sax.saxutils import escape

from tests.bench.figure import Curves

WIDTH, HEIGHT = 720, 360
LEFT, RIGHT, TOP, BOTTOM = 60, 16, 40, 40


def draw(title: str, curves: Curves) -> str:
    """One line for each curve, named where one points at it; the slowest at the right end is named in the drawing."""
    users = sorted({number for points in curves.values() for number, _ in points})
    most = max(milliseconds for points in curves.values() for _, milliseconds in points)
    scale = _Scale((users[0], users[-1]), (1, 10 ** math.ceil(math.log10(max(most, 10)))))
    slowest = max(curves, key=lambda name: curves[name][-1][1])
    body = [*_axes(scale, users), *(_line(scale, name, curves[name], name == slowest) for name in curves)]
    x, y = scale.place(*curves[slowest][-1])
    body.append(f'<text x="{x:.0f}" y="{y - 8:.0f}" text-anchor="end">{escape(slowest)}</text>')
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img"'
        f' aria-label="{escape(title)}" font-family="sans-serif" font-size="13" fill="#1d2430">\n'
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>\n'
        f'<text x="{LEFT}" y="22" font-weight="bold">{escape(title)}</text>\n' + "\n".join(body) + "\n</svg>\n"
    )


class _Scale:
    def __init__(self, users: tuple[int, int], milliseconds: tuple[float, float]) -> None:
        self._users = users
        self.milliseconds = milliseconds

    def place(self, users: float, milliseconds: float) -> tuple[float, float]:
        return (
            LEFT + _share(users, self._users) * (WIDTH - LEFT - RIGHT),
            HEIGHT - BOTTOM - _share(milliseconds, self.milliseconds) * (HEIGHT - TOP - BOTTOM),
        )


def _share(value: float, ends: tuple[float, float]) -> float:
    """Where it lies between the ends, 0 to 1, on a logarithmic scale."""
    low, high = map(math.log10, ends)
    return (math.log10(max(value, ends[0])) - low) / (high - low or 1)


def _axes(scale: _Scale, users: list[int]) -> Iterator[str]:
    lowest, highest = scale.milliseconds
    for power in range(round(math.log10(highest / lowest)) + 1):
        _, y = scale.place(users[0], 10**power)
        yield f'<line x1="{LEFT}" y1="{y:.0f}" x2="{WIDTH - RIGHT}" y2="{y:.0f}" stroke="#d5d9e0"/>'
        yield f'<text x="{LEFT - 8}" y="{y + 4:.0f}" text-anchor="end">{10**power:,} ms</text>'
    for number in users:
        x, _ = scale.place(number, lowest)
        anchor = "start" if number == users[0] else "end" if number == users[-1] else "middle"
        yield f'<text x="{x:.0f}" y="{HEIGHT - 14}" text-anchor="{anchor}">{number:,} users</text>'


def _line(scale: _Scale, name: str, points: tuple[tuple[int, float], ...], is_slowest: bool) -> str:
    places = " ".join(f"{x:.1f},{y:.1f}" for x, y in (scale.place(*point) for point in points))
    colour, width = ("#9a3412", 2.5) if is_slowest else ("#1f5fa8", 1.2)
    return (
        f'<polyline points="{places}" fill="none" stroke="{colour}" stroke-width="{width}">'
        f"<title>{escape(name)}: {' → '.join(f'{each:.2f}' for _, each in points)} ms</title></polyline>"
    )
