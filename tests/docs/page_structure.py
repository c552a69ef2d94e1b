"""
Reads the structure of a reference page: its methods, their parameters, and its tables.
"""

from __future__ import annotations

import ast
import re
from pathlib import Path

from attrs import define, field

_SPAN = re.compile(r"(`[^`]*`)")


@define
class Table:
    line: int
    header: list[str]
    rows: list[list[str]]

    def broken_rows(self) -> list[int]:
        """The lines of rows that do not have one whole cell per named column."""
        return [
            self.line + number + (number > 0)
            for number, row in enumerate([self.header, *self.rows])
            if len(row) != len(self.header)
            or not all(self.header)
            or any(cell.count("`") % 2 for cell in row)
        ]


@define
class Method:
    name: str
    parameters: dict[str, str]
    returns: str
    is_async: bool
    decorators: list[str]
    described: dict[str, tuple[str, str, str]] = field(factory=dict)
    prose: str = ""
    tables: list[Table] = field(factory=list)


def read_page(path: Path) -> tuple[dict[str, Method], list[Table]]:
    """Return the methods of a page by name, `__init__` for the constructor, and all its tables."""
    text = path.read_text(encoding="utf-8")
    methods = {}
    for section in re.split(r"^(?=#{2,3} )", text, flags=re.MULTILINE):
        blocks = re.findall(r"^```python.*?\n(.*?)^```$", section, flags=re.MULTILINE | re.DOTALL)
        if blocks and (method := _method(blocks[0])):
            method.tables = _tables(section)
            method.described = _described(method.tables)
            method.prose = _prose(section)
            methods[method.name] = method
    return methods, _tables(text)


def _method(source: str) -> Method | None:
    if not re.match(r"(@\w+\n)*(async )?def ", source):
        return None
    function = ast.parse(f"{source.strip()}: ...").body[0]
    assert isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
    arguments = function.args
    pairs = list(zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True))
    first = [None] * (len(arguments.args) - len(arguments.defaults)) + arguments.defaults
    pairs = [*zip(arguments.args, first, strict=True), *pairs]
    return Method(
        name=function.name,
        parameters={
            argument.arg: _source(argument.annotation) + (f" = {_source(value)}" if value else "")
            for argument, value in pairs
        },
        returns=_source(function.returns),
        is_async=isinstance(function, ast.AsyncFunctionDef),
        decorators=[_source(entry) for entry in function.decorator_list],
    )


def _source(node: ast.expr | None) -> str:
    return "" if node is None else ast.unparse(node)


def _described(tables: list[Table]) -> dict[str, tuple[str, str, str]]:
    for table in tables:
        if table.header[0] == "Parameter":
            return {
                _plain(row[0]): (_type(row[1]), _default(row[2]), row[3])
                for row in table.rows
                if len(row) > 3
            }
    return {}


def _type(cell: str) -> str:
    return " | ".join(_plain(part) for part in cell.split(" or "))


def _default(cell: str) -> str:
    plain = _plain(cell)
    try:
        return "" if plain == "required" else _source(ast.parse(plain, mode="eval").body)
    except SyntaxError:
        return plain


def _plain(cell: str) -> str:
    unlinked = re.sub(r"\[(`.*?`)\]\([^)]*\)|</?code>", r"\1", cell)
    return unlinked.strip("`").replace("\\|", "|").replace("&#124;", "|").strip()


def _prose(section: str) -> str:
    outside = re.sub(r"^```.*?^```$", "", section, flags=re.MULTILINE | re.DOTALL)
    lines = [
        line
        for line in outside.splitlines()[1:]
        if line.strip() and not re.match(r"\||#|---|\*\*\*|<|>|\*\*Example", line)
    ]
    return "\n".join(lines)


def _tables(text: str) -> list[Table]:
    tables: list[Table] = []
    inside = fenced = False
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith("```"):
            fenced = not fenced
        if fenced or not line.startswith("|"):
            inside = False
            continue
        cells = _cells(line)
        if not inside:
            tables.append(Table(number, cells, []))
            inside = True
        elif not all(re.fullmatch(r":?-+:?", cell) for cell in cells):
            tables[-1].rows.append(cells)
    return tables


def _cells(line: str) -> list[str]:
    """Split a row as GitHub, Mintlify and Python-Markdown do: at each `|` that is not escaped."""
    return [cell.strip() for cell in re.split(r"(?<!\\)\|", line.strip()[1:-1])]
