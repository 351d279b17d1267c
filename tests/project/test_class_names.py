"""A public class name means one thing in the whole package: who reads `Report` need not look where it came from."""

from __future__ import annotations

import ast
from collections import defaultdict

from tests.support.harness.repository import ROOT, tracked


def test_given_all_modules_when_searched_then_each_public_class_has_a_name_of_its_own() -> None:
    places: dict[str, list[str]] = defaultdict(list)
    for path in tracked("mailgate"):
        if path.suffix == ".py":
            tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
            for node in tree.body:
                if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                    places[node.name].append(str(path))
    assert len(places) > 500
    assert {name: found for name, found in places.items() if len(found) > 1} == {}
