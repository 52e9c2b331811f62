"""Sizes of functions and modules: `make check` prints them, tests/house/test_sizes.py holds them."""

import ast
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from tests.house.tree import parsed, product_files, shown

Function = ast.FunctionDef | ast.AsyncFunctionDef
# Each of these is one more way through a function (McCabe); `and` and `or` count once per operand after the first.
BRANCHES = (
    ast.If,
    ast.IfExp,
    ast.For,
    ast.AsyncFor,
    ast.While,
    ast.ExceptHandler,
    ast.comprehension,
    ast.Assert,
    ast.match_case,
)


@dataclass(frozen=True)
class Size:
    """Of one function. `lines`: from `def` to its end, docstring included; `parameters`: without `self` and `cls`."""

    name: str
    lines: int
    parameters: int
    complexity: int


def functions() -> list[Size]:
    return [size for path in modules() for size in _sizes(path)]


def module_lines() -> dict[str, int]:
    return {shown(path): len(path.read_text(encoding="utf-8").splitlines()) for path in modules()}


def modules() -> list[Path]:
    """All but migrations, which are never edited, and empty files."""
    return [path for path in product_files() if "versions" not in path.parts and path.stat().st_size]


def ninth_decile(values: Iterable[int]) -> int:
    ordered = sorted(values)
    return ordered[int(len(ordered) * 0.9)]


def _sizes(path: Path) -> Iterator[Size]:
    for node in ast.walk(parsed(path)):
        if isinstance(node, Function):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            yield Size(f"{shown(path)} {node.name}", lines, _parameters(node), complexity(node))


def _parameters(function: Function) -> int:
    named = (*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs)
    return sum(each.arg not in {"self", "cls"} for each in named)


def complexity(function: ast.AST) -> int:
    """McCabe's number: 1 and one for each branch. Inner functions count towards the outer one, too."""
    nodes = list(ast.walk(function))
    operands = sum(len(node.values) - 1 for node in nodes if isinstance(node, ast.BoolOp))
    return 1 + operands + sum(isinstance(node, BRANCHES) for node in nodes)


def _line(title: str, values: list[int]) -> str:
    return f"{title}: {len(values)}, median {median(values):g}, p90 {ninth_decile(values)}, largest {max(values)}"


def _report() -> Iterator[str]:
    found = functions()
    of: dict[str, Callable[[Size], int]] = {
        "functions, lines": lambda size: size.lines,
        "functions, parameters": lambda size: size.parameters,
        "functions, cyclomatic complexity": lambda size: size.complexity,
    }
    for title, value in of.items():
        yield _line(title, [value(size) for size in found])
    yield _line("modules, lines", list(module_lines().values()))


if __name__ == "__main__":
    for line in _report():
        print(line)
