"""format=flowed undone. In: text with LF. Out: text with its paragraphs joined. RFC 3676 sections 4.1 to 4.5."""

from __future__ import annotations


def unflow(text: str, delete_space: bool = False) -> str:
    """Join flowed lines of equal quote depth; a signature line stays alone. With `delete_space` the soft blank goes (DelSp=yes)."""
    out: list[str] = []
    open_depth = -1
    for line in text.split("\n"):
        depth, content = _depth(line)
        flowed = content.endswith(" ") and content != "-- "
        if open_depth != depth or content.rstrip() == "--":
            out.append("\n" + (">" * depth + " " if depth else ""))
        out.append(content[:-1] if flowed and delete_space else content)
        open_depth = depth if flowed else -1
    return "".join(out)[1:]


def _depth(line: str) -> tuple[int, str]:
    """Quote marks in front, and the rest with its stuffed space off (section 4.4)."""
    content = line.lstrip(">")
    depth = len(line) - len(content)
    return depth, content[1:] if content.startswith(" ") else content
