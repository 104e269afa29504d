"""Curators' prose: CommonMark in, safe HTML or plain text out.

Raw HTML is shown as typed, pictures shrink to their alternative text (mail and page load nothing,
A3), headings become bold lines since the edition owns the outline (E47). Links go to http(s) and
mailto only, and nh3 has the last word on every tag (O5). A link whose text is its address has the
class ``bare``: on paper it is not said twice.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import nh3
from markdown_it import MarkdownIt
from markdown_it.token import Token
from markdown_it.tree import SyntaxTreeNode

from veille.digest.typography import JOINT
from veille.model.text import clean

Typesetter = Callable[[str], str]

_TAGS = {"a", "blockquote", "br", "code", "em", "li", "ol", "p", "pre", "strong", "ul"}
_SCHEMES = {"http", "https", "mailto"}
_OBJECT = "\ufffc"  # stands in a sentence for something that is no text


def to_html(md: str, *, typeset: Typesetter = str) -> str:
    """HTML of the allow-listed tags only; ``typeset`` is applied to prose, not to code or URLs."""
    return _html(_tokens(md, typeset))


def to_text(md: str, *, typeset: Typesetter = str) -> str:
    """Plain text: one line a paragraph, blank lines between, each link's address after its text."""
    return _blocks(SyntaxTreeNode(_tokens(md, typeset)))


def to_both(md: str, *, typeset: Typesetter = str) -> tuple[str, str]:
    """What :func:`to_html` and :func:`to_text` give, for a text that is read once."""
    tokens = _tokens(md, typeset)
    return _html(tokens), _blocks(SyntaxTreeNode(tokens))


def _html(tokens: list[Token]) -> str:
    parser = _parser()
    html = parser.renderer.render(tokens, parser.options, {})
    return nh3.clean(
        html,
        tags=_TAGS,
        attributes={"a": {"href", "title"}, "ol": {"start"}},
        url_schemes=_SCHEMES,
        allowed_classes={"a": {"bare"}},
        link_rel="noopener noreferrer",
    ).strip()


def links(md: str) -> list[tuple[str, str]]:
    """The links of ``md`` in order: (address, text)."""
    tree = SyntaxTreeNode(_tokens(md, str))
    return [
        (_href(node), "".join(map(_inline, node.children)))
        for node in tree.walk()
        if node.type == "link"
    ]


class _Prose(MarkdownIt):
    """CommonMark whose links lead somewhere from a mail: absolute http(s) and mailto."""

    def validateLink(self, url: str) -> bool:  # noqa: N802  the library's name
        return url.partition(":")[0].lower() in _SCHEMES


@cache
def _parser() -> MarkdownIt:
    parser = _Prose("commonmark", {"html": False, "linkify": True})
    parser.disable(["html_block", "html_inline"]).enable("linkify")
    if parser.linkify is not None:
        # Only addresses written in full: "fin.Le" must not become a link to a Lebanese site.
        parser.linkify.set({"fuzzy_link": False, "fuzzy_email": False, "fuzzy_ip": False})
    return parser


def _tokens(md: str, typeset: Typesetter) -> list[Token]:
    """The parsed text: no rules, headings as bold paragraphs, pictures as text, prose typeset."""
    tokens = [token for token in _parser().parse(clean(md)) if token.type != "hr"]
    in_heading = False
    for token in tokens:
        if token.type in ("heading_open", "heading_close"):
            in_heading = token.type == "heading_open"
            token.type, token.tag = token.type.replace("heading", "paragraph"), "p"
        if token.type == "inline":
            prose = _typeset([_prose(child) for child in token.children or []], typeset)
            token.children = _bold(prose) if in_heading else prose
    return tokens


def _prose(token: Token) -> Token:
    if token.type == "image":
        return Token(type="text", tag="", nesting=0, content=token.content)
    if token.type == "link_open" and token.markup in ("linkify", "autolink"):
        token.attrSet("class", "bare")
    return token


def _typeset(children: list[Token], typeset: Typesetter) -> list[Token]:
    """The texts of a paragraph typeset as one: a quotation may open before a link, and close in it."""
    if not children:
        return children
    pieces = typeset(JOINT.join(map(_piece, children))).split(JOINT)
    for child, piece in zip(children, pieces, strict=True):
        if child.type == "text":
            child.content = piece
    return children


def _piece(token: Token) -> str:
    match token.type:
        case "text":
            return token.content.replace(JOINT, "")
        case "softbreak" | "hardbreak":
            return "\n"
        case "code_inline":
            return _OBJECT
        case _:
            return ""


def _bold(children: list[Token]) -> list[Token]:
    return [Token("strong_open", "strong", 1), *children, Token("strong_close", "strong", -1)]


def _blocks(node: SyntaxTreeNode) -> str:
    return "\n\n".join(filter(None, (_block(child) for child in node.children)))


def _block(node: SyntaxTreeNode) -> str:
    if node.type == "blockquote":
        return "\n".join(f"> {line}".rstrip() for line in _blocks(node).split("\n"))
    if node.type in ("bullet_list", "ordered_list"):
        return _list(node)
    if node.type in ("fence", "code_block"):
        return node.content.rstrip("\n")
    return _inline(node)


def _list(node: SyntaxTreeNode) -> str:
    first = int(node.attrs.get("start", 1)) if node.type == "ordered_list" else None
    lines = []
    for count, item in enumerate(node.children):
        bullet = "– " if first is None else f"{first + count}. "
        margin = "\n" + " " * len(bullet)
        lines.append(bullet + _blocks(item).replace("\n\n", "\n").replace("\n", margin))
    return "\n".join(lines)


def _inline(node: SyntaxTreeNode) -> str:
    if node.type in ("softbreak", "hardbreak"):
        return " " if node.type == "softbreak" else "\n"
    if not node.children:
        return node.content
    text = "".join(_inline(child) for child in node.children)
    if node.type != "link" or not text or text in (_href(node), _href(node).partition(":")[2]):
        return text
    return f"{text} ({_href(node)})"


def _href(node: SyntaxTreeNode) -> str:
    return str(node.attrs["href"])
