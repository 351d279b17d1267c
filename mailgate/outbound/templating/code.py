"""How templates of mails become Python. In: parsed templates, and the file of a mail's parts. Out: Jinja's code, with less to do.

A mail is made of parts: `{{ p.line(text) }}` calls a macro. A macro that only puts out its arguments is inlined: its fixed text joins the
fixed text around the call. A block hands over its text as one piece. The output of a template, and what it may do, stay the same.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from keyword import iskeyword

from jinja2 import nodes
from jinja2.compiler import CodeGenerator, Frame
from jinja2.nodes import Node
from jinja2.visitor import NodeTransformer

from mailgate.outbound.views import ActionLink, AnsweredView, CaseView, LegacyView, LinkedFile, NewsView, SaidView, StatusView
from mailgate.rules.agreement_words import AgreementText

PARTS, WORDS = "p", "words"
"""The names under which templates see the parts and the catalogue."""
PLAIN_DATA: frozenset[type] = frozenset(
    {ActionLink, AnsweredView, CaseView, LinkedFile, LegacyView, NewsView, SaidView, StatusView, AgreementText}
)
"""Our own values, which hold only plain data."""
_SIMPLE = (nodes.Name, nodes.Getattr, nodes.Const)


@dataclass(frozen=True, slots=True)
class PartMacro:
    """A macro that only puts out its arguments between fixed text: their names, and its output."""

    arguments: tuple[str, ...]
    output: tuple[nodes.Expr, ...]

    def takes(self, call: nodes.Call) -> bool:
        """True when a call passes all arguments by position, and inlining evaluates each costly one exactly once."""
        if call.kwargs or call.dyn_args or call.dyn_kwargs or len(call.args) != len(self.arguments):
            return False
        used = [name.name for name in _names(self.output)]
        return all(used.count(name) == 1 or isinstance(value, _SIMPLE) for name, value in zip(self.arguments, call.args, strict=True))

    def with_values(self, call: nodes.Call) -> list[nodes.Expr]:
        """What the call puts out."""
        values = _Values(dict(zip(self.arguments, call.args, strict=True)))
        shared = {id(call.environment): call.environment}
        return [values.visit(copy.deepcopy(one, shared)) for one in self.output]


def parts_in(template: nodes.Template) -> dict[str, PartMacro]:
    """The macros of a file that can be put in place: by name."""
    found = {}
    for macro in (one for one in template.body if isinstance(one, nodes.Macro)):
        output = macro.body[0] if len(macro.body) == 1 else None
        arguments = tuple(argument.name for argument in macro.args)
        if isinstance(output, nodes.Output) and not macro.defaults and {name.name for name in _names(output.nodes)} <= set(arguments):
            found[macro.name] = PartMacro(arguments, tuple(output.nodes))
    return found


def put_in_place(template: nodes.Template, parts: Mapping[str, PartMacro]) -> None:
    """Put the parts where the template calls them, unless it has something else of their name."""
    if not _binds(template, PARTS):
        _InPlace(parts).visit(template)


def _attributes() -> dict[str, frozenset[type]]:
    found: dict[str, set[type]] = {}
    for one in PLAIN_DATA:
        properties = (name for name, value in vars(one).items() if isinstance(value, property))
        for name in (*(field.name for field in fields(one)), *properties):
            found.setdefault(name, set()).add(one)
    return {name: frozenset(types) for name, types in found.items()}


PLAIN = _attributes()
"""Attribute -> our own values that have it."""


class _InPlace(NodeTransformer):
    def __init__(self, parts: Mapping[str, PartMacro]) -> None:
        self._parts = parts

    def visit_Output(self, node: nodes.Output) -> nodes.Output:
        node.nodes = [made for child in node.nodes for made in self._put_out(child)]
        return node

    def _put_out(self, child: nodes.Expr) -> list[nodes.Expr]:
        match child:
            case nodes.Call(node=nodes.Getattr(node=nodes.Name(name=name), attr=part)) if name == PARTS:
                found = self._parts.get(part)
                return found.with_values(child) if found and found.takes(child) else [child]
        return [child]


class _Values(NodeTransformer):
    """Puts values in place of names."""

    def __init__(self, values: Mapping[str, nodes.Expr]) -> None:
        self._values = values

    def visit_Name(self, node: nodes.Name) -> nodes.Expr:
        return self._values[node.name]


def _names(output: Iterable[nodes.Expr]) -> list[nodes.Name]:
    """The names in these expressions, with duplicates."""
    return list(nodes.Output(list(output)).find_all(nodes.Name))


def _binds(template: nodes.Template, name: str) -> bool:
    """True when a template assigns the name."""
    imported = {one.target for one in template.find_all(nodes.Import)}
    for one in template.find_all(nodes.FromImport):
        imported |= {known if isinstance(known, str) else known[1] for known in one.names}
    return name in imported or any(one.name == name and one.ctx != "load" for one in template.find_all(nodes.Name))


class TemplateCode(CodeGenerator):
    """Jinja's code, but for blocks, words, the attributes of our own values, and what is shown."""

    def write_commons(self) -> None:
        """The names that each function of a template knows."""
        super().write_commons()
        self.writeline("plain = environment.plain")

    def blockvisit(self, nodes: Iterable[Node], frame: Frame) -> None:
        """The statements of a block, whose output is gathered: each piece would go through the generators of all files that it extends."""
        whole = frame.block_frame and frame.buffer is None and not _includes_alone(nodes)
        if whole:
            self.buffer(frame)
        super().blockvisit(nodes, frame)
        if whole:
            self.writeline(f"yield concat({frame.buffer})")
            frame.buffer = None

    def visit_Getattr(self, node: nodes.Getattr, frame: Frame) -> None:
        """An attribute: of our own values at once, of anything else as the sandbox allows."""
        if node.attr not in PLAIN:
            super().visit_Getattr(node, frame)
            return
        self.write(f"(_of.{node.attr} if type(_of := ")
        self.visit(node.node, frame)
        self.write(f") in plain[{node.attr!r}] else environment.getattr(_of, {node.attr!r}))")

    def visit_Call(self, node: nodes.Call, frame: Frame, forward_caller: bool = False) -> None:
        """A call: of words at once, of anything else as the sandbox allows."""
        unusual = forward_caller or node.dyn_args or node.dyn_kwargs or any(map(iskeyword, (one.key for one in node.kwargs)))
        if unusual or not (isinstance(node.node, nodes.Name) and node.node.name == WORDS):
            super().visit_Call(node, frame, forward_caller=forward_caller)
            return
        self.write("environment.callee(context, ")
        self.visit(node.node, frame)
        self.write(")(")
        for argument in (*node.args, *node.kwargs):
            self.visit(argument, frame)
            self.write(", ")
        self.write(")")

    def _output_child_pre(self, node: nodes.Expr, frame: Frame, finalize: CodeGenerator._FinalizeInfo) -> None:
        """Does not escape again what is markup already: most output of a mail's template is its texts."""
        if frame.eval_ctx.autoescape and not frame.eval_ctx.volatile and finalize.src is None:
            self.write("environment.shown(")
        else:
            super()._output_child_pre(node, frame, finalize)


def _includes_alone(statements: Iterable[nodes.Node]) -> bool:
    """True for an include that sees nothing of the block: Jinja hands its text on by itself."""
    everything = nodes.Scope(list(statements))
    return any(not include.with_context for include in everything.find_all(nodes.Include))
