"""Every small change of a module's code: a comparison turned, a number moved by one, a call left out."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

Function = ast.FunctionDef


@dataclass(frozen=True)
class Change:
    """`apply` changes the parsed module in place: only in a child process that ends afterwards."""

    module: str
    line: int
    lines: range
    """Of the changed statement; of the whole function where it is a default argument."""
    function: tuple[str, ...]
    """Names of classes and the function; empty for what runs when the module is imported."""
    told: str
    apply: Callable[[], None]

    @property
    def name(self) -> str:
        return f"{self.module}.py:{self.line} {'.'.join(self.function) or 'module'}: {self.told}"


@dataclass(frozen=True)
class Place:
    """Where a node hangs, so that another can be put there."""

    parent: ast.AST
    field: str
    index: int | None

    def put(self, node: ast.AST | None) -> None:
        if self.index is None:
            setattr(self.parent, self.field, node)
        else:
            getattr(self.parent, self.field)[self.index] = node


_COMPARED: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
_COMPUTED: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Div,
    ast.Mod: ast.Div,
    ast.BitOr: ast.BitAnd,
    ast.BitAnd: ast.BitOr,
}
_OTHER_NAME = {"min": "max", "max": "min", "any": "all", "all": "any"}
_UNTOUCHED = {"annotation", "returns", "decorator_list", "type_comment"}
"""Types are for the type checker; decorators shape classes, they decide nothing."""


def changes_of(module: str, tree: ast.Module) -> list[Change]:
    return list(_changes(module, tree, (), None, range(0)))


def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def _changes(
    module: str, node: ast.AST, names: tuple[str, ...], function: tuple[str, ...] | None, lines: range
) -> Iterator[Change]:
    for place, child in _below(node):
        if _says_nothing(child):
            continue
        at, inside, own = lines, function, names
        if isinstance(child, ast.stmt):
            at = _header(child)
        if isinstance(child, (ast.ClassDef, Function)):
            own = (*names, child.name)
            if isinstance(child, Function) and function is None:
                inside = own
        if isinstance(node, ast.arguments) and function is not None:
            at = lines
        for told, new in _instead(child):
            line = getattr(child, "lineno", at.start)
            yield Change(module, line, at, inside or (), told, _put(place, new))
        if isinstance(child, Function) and function is None:
            at = range(child.lineno, (child.end_lineno or child.lineno) + 1)
        yield from _changes(module, child, own, inside, at)


def _put(place: Place, new: ast.AST) -> Callable[[], None]:
    return lambda: place.put(new)


def _below(node: ast.AST) -> Iterator[tuple[Place, ast.AST]]:
    for field, value in ast.iter_fields(node):
        if field in _UNTOUCHED:
            continue
        if isinstance(value, ast.AST):
            yield Place(node, field, None), value
        elif isinstance(value, list):
            for index, item in enumerate(value):
                if isinstance(item, ast.AST):
                    yield Place(node, field, index), item


def _says_nothing(node: ast.AST) -> bool:
    """Docstrings, imports, lists of names; assertions, which tell the type checker what is so; literal types."""
    if isinstance(node, (ast.Import, ast.ImportFrom, ast.Assert)):
        return True
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return True
    if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
        return node.targets[0].id == "__all__" or isinstance(node.value, ast.Subscript) or _is_a_type(node.value)
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("cast", "TypeVar")


def _is_a_type(node: ast.AST) -> bool:
    return isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr)


def _header(statement: ast.stmt) -> range:
    """The lines of a statement without the block below it."""
    body = getattr(statement, "body", None)
    last = body[0].lineno - 1 if isinstance(body, list) and body else statement.end_lineno or statement.lineno
    return range(statement.lineno, max(last, statement.lineno) + 1)


def _instead(node: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    """What may stand in place of a node, each with its description."""
    old = _short(node)
    for new in _other(node):
        ast.copy_location(new, node)
        ast.fix_missing_locations(new)
        yield f"{old} -> {_short(new)}", new


def _other(node: ast.AST) -> Iterator[ast.AST]:
    if isinstance(node, ast.Compare):
        for index, op in enumerate(node.ops):
            for other in _COMPARED[type(op)]:
                ops = [*node.ops[:index], other(), *node.ops[index + 1 :]]
                yield ast.Compare(node.left, ops, node.comparators)
    elif isinstance(node, ast.BoolOp):
        yield ast.BoolOp(ast.Or() if isinstance(node.op, ast.And) else ast.And(), node.values)
    elif isinstance(node, ast.UnaryOp):
        yield node.operand
    elif isinstance(node, (ast.BinOp, ast.AugAssign)) and type(node.op) in _COMPUTED:
        op = _COMPUTED[type(node.op)]()
        if isinstance(node, ast.BinOp):
            yield ast.BinOp(node.left, op, node.right)
        else:
            yield ast.AugAssign(node.target, op, node.value)
            yield ast.Assign([node.target], node.value)
    elif isinstance(node, ast.Constant):
        yield from _other_constant(node.value)
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _OTHER_NAME:
        yield ast.Call(ast.Name(_OTHER_NAME[node.func.id], ast.Load()), node.args, node.keywords)
    elif isinstance(node, ast.Lambda):
        yield ast.Lambda(node.args, ast.Constant(None))
    elif isinstance(node, ast.comprehension):
        for index, test in enumerate(node.ifs):
            yield ast.comprehension(node.target, node.iter, node.ifs[:index] + node.ifs[index + 1 :], node.is_async)
            yield from _negated_filter(node, index, test)
    elif isinstance(node, ast.stmt):
        yield from _other_statement(node)
    elif isinstance(node, ast.IfExp) and not isinstance(node.test, (ast.Compare, ast.UnaryOp)):
        yield ast.IfExp(ast.UnaryOp(ast.Not(), node.test), node.body, node.orelse)


def _negated_filter(node: ast.comprehension, index: int, test: ast.expr) -> Iterator[ast.AST]:
    if not isinstance(test, (ast.Compare, ast.UnaryOp)):
        ifs = [*node.ifs[:index], ast.UnaryOp(ast.Not(), test), *node.ifs[index + 1 :]]
        yield ast.comprehension(node.target, node.iter, ifs, node.is_async)


def _other_constant(value: object) -> Iterator[ast.AST]:
    if isinstance(value, bool):
        yield ast.Constant(not value)
    elif isinstance(value, int):
        yield ast.Constant(value + 1)
        yield ast.Constant(value - 1)
    elif isinstance(value, str):
        yield ast.Constant(f"XX{value}XX")


def _other_statement(node: ast.stmt) -> Iterator[ast.AST]:
    if isinstance(node, (ast.Expr, ast.AugAssign, ast.Delete)):
        yield ast.Pass()
    elif isinstance(node, ast.Return) and node.value is not None and not isinstance(node.value, ast.Constant):
        yield ast.Return(ast.Constant(None))
    elif isinstance(node, ast.Assign):
        none = isinstance(node.value, ast.Constant) and node.value.value is None
        if none:
            yield ast.Pass()
        elif not isinstance(node.value, ast.Constant):
            yield ast.Assign(node.targets, ast.Constant(None))
    elif isinstance(node, (ast.If, ast.While)) and not isinstance(node.test, (ast.Compare, ast.UnaryOp)):
        changed = ast.UnaryOp(ast.Not(), node.test)
        yield type(node)(test=changed, body=node.body, orelse=node.orelse)
    elif isinstance(node, ast.Continue):
        yield ast.Break()
    elif isinstance(node, ast.Break):
        yield ast.Return(None)


def _short(node: ast.AST) -> str:
    if isinstance(node, ast.comprehension):
        return "for … " + " ".join(f"if {ast.unparse(test)}" for test in node.ifs)
    if isinstance(node, (ast.If, ast.While)):
        return f"if {ast.unparse(node.test)}"
    text = " ".join(ast.unparse(node).split())
    return text if len(text) <= 70 else text[:67] + "…"
