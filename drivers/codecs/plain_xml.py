"""XML from devices, without what makes it dangerous: no DOCTYPE, no entities of its own, and a bounded size."""

from __future__ import annotations

from xml.etree import ElementTree as Tree

from drivers.errors import ProtocolError

MOST = 262_144
"""Bytes of one document."""
_DEPTH = 40


class _Plain(Tree.TreeBuilder):
    """Builds a tree of elements, and refuses the one thing in which entities can be declared, in any encoding."""

    def doctype(self, *_about: str | None) -> None:
        """Refuse it."""
        raise ProtocolError("a document with a DOCTYPE, where entities are declared; refused")


def parse(body: bytes) -> Tree.Element:
    """Return the root; raise ProtocolError for what is no XML, declares anything, is too large or too deep."""
    if len(body) > MOST:
        raise ProtocolError(f"a document of {len(body)} bytes; at most {MOST} are read")
    parser = Tree.XMLParser(target=_Plain())  # noqa: S314 - a DOCTYPE is refused before anything in it is read
    try:
        parser.feed(body.strip())
        root: Tree.Element = parser.close()
    except (Tree.ParseError, ValueError, LookupError) as error:
        raise ProtocolError(f"no XML: {error}") from error
    if _depth(root) > _DEPTH:
        raise ProtocolError(f"a document deeper than {_DEPTH} elements; refused")
    return root


def name(element: Tree.Element) -> str:
    """Return an element's name without its namespace."""
    return element.tag.rpartition("}")[2]


def child(element: Tree.Element, *path: str) -> Tree.Element | None:
    """Return the first element down that path, whatever the namespace; None: there is none."""
    found: Tree.Element | None = element
    for step in path:
        found = next((each for each in (found if found is not None else ()) if name(each) == step), None)
    return found


def text(element: Tree.Element, *path: str) -> str:
    """Return the text down that path without blanks around it; empty when there is none."""
    found = child(element, *path)
    return (found.text or "").strip() if found is not None else ""


def write(root: Tree.Element) -> bytes:
    """Return the document; its own namespace is the default one."""
    space = root.tag[1:].partition("}")[0] if root.tag.startswith("{") else ""
    written: str = Tree.tostring(root, encoding="unicode", default_namespace=space or None)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{written}'.encode()


def _depth(root: Tree.Element) -> int:
    level, depth = [root], 0
    while level:
        level = [each for element in level for each in element]
        depth += 1
    return depth
