"""Ten thousand mails from one: an edition's message is composed once, then only its personal fields
change. Each is the same bytes as :func:`veille.delivery.message.compose` would give.

That holds since what is personal in the body, the token, always has the same length and no letter
that quoted-printable escapes: lines break where they broke (E50, E56).
"""

from __future__ import annotations

import hashlib
import re
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from veille.delivery import message
from veille.delivery.headers import mailbox
from veille.model.delivery import Delivery, Message
from veille.model.states import DeliveryState
from veille.model.text import one_line

if TYPE_CHECKING:
    from veille.model.edition import EditionContent, Rendered, Sender

_TOKEN = re.compile(r"[a-z0-9]+", re.ASCII)
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_SOFT_BREAK = b"=\r\n"  # RFC 2045 section 6.7, rule 5


class _Slot(NamedTuple):
    """A place of something personal; ``lengths`` are those of a token's pieces between line breaks."""

    name: str
    lengths: tuple[int, ...] = ()


class Press:
    """The message of an edition, ready for each of its readers."""

    def __init__(
        self, rendered: Rendered, *, sender: Sender, content: EditionContent, model: Message
    ) -> None:
        """``model`` is the message to :func:`_nobody`; :func:`press` makes one."""
        self._rendered, self._sender, self._content = rendered, sender, content
        self._texts, self._slots = _apart(model, rendered)
        self._dates: dict[datetime, bytes] = {}

    def message(self, delivery: Delivery, *, token: str, date: datetime) -> Message:
        """What ``compose`` gives for the same reader; raises as it does."""
        if len(token) != message.TOKEN_LENGTH or not _TOKEN.fullmatch(token):
            return message.compose(
                self._rendered, sender=self._sender, content=self._content, delivery=delivery,
                token=token, date=date,
            )  # fmt: skip
        values = {
            "date": self._date(date),
            "to": mailbox("To", one_line(delivery.name or ""), delivery.address).encode("ascii"),
            "name": delivery.message_id.encode("ascii"),
            "boundary": message.boundary(self._rendered, delivery).encode("ascii"),
        }
        letters = token.encode("ascii")
        parts = [self._texts[0]]
        for slot, text in zip(self._slots, self._texts[1:], strict=True):
            parts += (
                _broken(letters, slot.lengths) if slot.name == "token" else values[slot.name],
                text,
            )
        return Message(
            recipient=delivery.recipient, message_id=delivery.message_id, content=b"".join(parts)
        )

    def _date(self, date: datetime) -> bytes:
        if date not in self._dates:
            self._dates = {date: message.date_field(date, self._sender).encode("ascii")}
        return self._dates[date]


@lru_cache(maxsize=64)
def press(rendered: Rendered, sender: Sender, content: EditionContent) -> Press:
    """The press of an edition; those of the last few are kept. Raises UsageError as ``compose`` does."""
    model = message.compose(
        rendered, sender=sender, content=content, delivery=_nobody(rendered),
        token=_token(rendered), date=_EPOCH,
    )  # fmt: skip
    return Press(rendered, sender=sender, content=content, model=model)


def _apart(model: Message, rendered: Rendered) -> tuple[list[bytes], list[_Slot]]:
    """The texts between what is personal in ``model``, and what stands between them."""
    nobody = _nobody(rendered)
    head = model.content.partition(b"\r\n\r\n")[0]
    date = re.search(rb"(?m)^Date: ([^\r]*)", head)
    assert date is not None  # noqa: S101  compose wrote it
    words = {
        "date": rb"(?<=\ADate: )" + re.escape(date[1]),  # the first field of all
        "to": re.escape(nobody.address.encode("ascii")),
        "name": re.escape(nobody.message_id.encode("ascii")),
        "boundary": re.escape(message.boundary(rendered, nobody).encode("ascii")),
        "token": rb"(?:=\r\n)?".join(bytes([byte]) for byte in _token(rendered).encode("ascii")),
    }
    pattern = re.compile(
        b"|".join(b"(?P<%s>%s)" % (name.encode("ascii"), word) for name, word in words.items())
    )
    texts, slots, end = [], [], 0
    for found in pattern.finditer(model.content):
        texts.append(model.content[end : found.start()])
        lengths = tuple(map(len, found[0].split(_SOFT_BREAK)))
        slots.append(_Slot(found.lastgroup or "", lengths if found.lastgroup == "token" else ()))
        end = found.end()
    return [*texts, model.content[end:]], slots


def _broken(token: bytes, lengths: tuple[int, ...]) -> bytes:
    """A token with line breaks where the model's has them."""
    if len(lengths) == 1:
        return token
    pieces, start = [], 0
    for length in lengths:
        pieces.append(token[start : start + length])
        start += length
    return _SOFT_BREAK.join(pieces)


def _token(rendered: Rendered) -> str:
    """A token of the right length that stands nowhere in the text: who could know its hash?"""
    known = hashlib.sha256(f"{rendered.sha256}{rendered.subject}".encode())
    return known.hexdigest()[: message.TOKEN_LENGTH]


def _nobody(rendered: Rendered) -> Delivery:
    word = _token(rendered)
    return Delivery(
        id=0, recipient=word, address=f"{word}@{word}.invalid", name=None,
        message_id=f"<{word}@{word}.invalid>", state=DeliveryState.PLANNED, attempts=0,
        planned_at=_EPOCH, code=None, reply=None, at=_EPOCH,
    )  # fmt: skip
