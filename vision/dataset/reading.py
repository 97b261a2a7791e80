"""Text files of labelling tools, read so that errors can say the line."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar
from xml.parsers import expat

from vision.dataset.folder import DatasetError
from vision.dataset.shapes import BadEntry, Entry, Problem

Item = TypeVar("Item")


def no_other_folder(source: Path, images: Path | None) -> None:
    """Refuse --images for a format that holds its photographs itself."""
    if images is not None:
        raise DatasetError(f"--images {images} is not needed: {source} holds the photographs itself; leave it out")


def text_of(path: Path) -> str:
    """Read UTF-8 text; DatasetError when there is none."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise DatasetError(f"{path} cannot be read: {error.strerror}; give the file that the tool exported") from None
    except UnicodeDecodeError as error:
        raise DatasetError(f"{path} is not UTF-8 text (byte {error.start}); export it again") from None


def json_of(path: Path) -> Any:
    """Read JSON; DatasetError says line and column."""
    try:
        return json.loads(text_of(path))
    except json.JSONDecodeError as error:
        raise DatasetError(
            f"{path}, line {error.lineno}, column {error.colno}: {error.msg}; the file is cut off or not JSON"
        ) from None


@dataclass(slots=True)
class Node:
    """An XML element with its line."""

    tag: str
    attributes: dict[str, str]
    line: int
    children: list["Node"] = field(default_factory=list)
    text: str = ""

    def find(self, *path: str) -> list["Node"]:
        """Return the descendants along a path of tags."""
        found = [self]
        for tag in path:
            found = [child for node in found for child in node.children if child.tag == tag]
        return found


def xml_of(path: Path) -> Node:
    """Read XML; DatasetError says line and column. Entities of its own are refused."""
    parser = expat.ParserCreate()
    top = Node("", {}, 0)
    open_nodes = [top]

    def start(tag: str, attributes: dict[str, str]) -> None:
        node = Node(tag, attributes, parser.CurrentLineNumber)
        open_nodes[-1].children.append(node)
        open_nodes.append(node)

    def text(content: str) -> None:
        open_nodes[-1].text += content

    def entity(*_: object) -> None:
        raise DatasetError(f"{path}, line {parser.CurrentLineNumber}: declares an entity; no labelling tool does")

    parser.StartElementHandler, parser.CharacterDataHandler = start, text
    parser.EndElementHandler = lambda tag: open_nodes.pop()
    parser.EntityDeclHandler = entity
    try:
        parser.Parse(text_of(path), True)
    except expat.ExpatError as error:
        raise DatasetError(
            f"{path}, line {error.lineno}, column {error.offset + 1}: {expat.ErrorString(error.code)}; "
            "the file is cut off or not XML"
        ) from None
    return top


def entries(
    items: list[Item], where: Callable[[Item], str], read: Callable[[Item], Entry]
) -> Iterator[Entry | Problem]:
    """Read entries one after another; one that is wrong becomes a problem with its place, and the rest go on."""
    for item in items:
        try:
            yield read(item)
        except BadEntry as error:
            yield Problem(where(item), str(error))
        except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
            yield Problem(where(item), f"not as this format has it ({type(error).__name__}: {error})")
