"""One digest rendered, ten thousand mails written, one mail signed: figures, and ratios.

    python -m benchmarks.mail [--mails 10000]

Each figure stands beside its floor measured in the same run: composing every mail alone with the
standard library, and dkimpy.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from veille.delivery.dkim import Signature
from veille.delivery.message import compose, message_id, unsubscribe_token
from veille.delivery.press import press
from veille.digest.render import Renderer
from veille.model.delivery import Delivery, Message
from veille.model.edition import EditionContent, Rendered, Sender
from veille.model.states import DeliveryState

if TYPE_CHECKING:
    from collections.abc import Callable

SAMPLE = Path(__file__).parents[1] / "tests" / "data" / "digest" / "fr.json"
WHEN = datetime(2026, 11, 30, 9, tzinfo=UTC)
SECRET = b"of the benchmark"
SENDER = Sender(
    name="Musée de la Grande Halle", address="veille@musee.example", reply_to=None,
    base_url="https://veille.musee.example", instance="bench", timezone="Europe/Paris",
)  # fmt: skip


def milliseconds(act: Callable[[], object], times: int) -> float:
    """The median of several runs, of processor time: other work on the machine counts little."""
    found = []
    for _ in range(times):
        start = time.process_time()
        act()
        found.append(time.process_time() - start)
    return statistics.median(found) * 1000


def readers(count: int, rendered: Rendered) -> list[tuple[Delivery, str]]:
    """So many deliveries, half of them with a name in French, and their tokens."""
    found = []
    for number in range(count):
        address = f"lectrice.{number}@reseau.example"
        identity = message_id(
            "b/cinq-liens/3", rendered.sha256, address, domain="musee.example", secret=SECRET
        )
        delivery = Delivery(
            id=number, recipient=address, address=address,
            name=f"Zoé Lévêque-{number}" if number % 2 else None, message_id=identity,
            state=DeliveryState.PLANNED, attempts=0, planned_at=WHEN, code=None, reply=None, at=WHEN,
        )  # fmt: skip
        found.append((delivery, unsubscribe_token(SECRET, address, "cinq-liens")))
    return found


def rendering(content: EditionContent) -> Rendered:
    """Print how long a digest takes."""
    renderer = Renderer(overrides=None, sender=SENDER)
    rendered = renderer.edition(content)
    took = milliseconds(lambda: renderer.edition(content), 30)
    print(f"one digest: subject, text, HTML inlined, page   {took:7.1f} ms      (at most 20)")
    return rendered


def writing(rendered: Rendered, content: EditionContent, count: int) -> Message:
    """Print how long the mails of all readers take, and what composing each alone would."""
    everybody = readers(count, rendered)

    def pressed() -> Message:
        machine = press(rendered, SENDER, content)
        for delivery, token in everybody:
            written = machine.message(delivery, token=token, date=WHEN)
        return written

    press.cache_clear()
    took = milliseconds(pressed, 3) / 1000
    some = everybody[: max(1, count // 100)]
    alone = milliseconds(
        lambda: [
            compose(rendered, sender=SENDER, content=content, delivery=d, token=t, date=WHEN)
            for d, t in some
        ],
        3,
    )
    slow = alone / 1000 * count / len(some)
    print(
        f"{count} personal mails                          {took:7.2f} s       (at most 5);"
        f" composed alone {slow:.0f} s, {slow / took:.0f} times as long"
    )
    return pressed()


def signing(mail: Message) -> None:
    """Print how long a signature takes, and dkimpy's for the same mail."""
    from cryptography.hazmat.primitives.asymmetric import rsa
    from cryptography.hazmat.primitives.serialization import (
        Encoding,
        NoEncryption,
        PrivateFormat,
    )
    from dkim import sign  # type: ignore[import-untyped]  # it publishes no types

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "key.pem"
        path.write_bytes(pem)
        ours = Signature.of_file(path, selector="s", domain="musee.example")
    took = milliseconds(lambda: ours.sign(mail.content, WHEN), 50)
    floor = milliseconds(lambda: sign(mail.content, b"s", b"musee.example", pem), 20)
    print(
        f"one DKIM signature, RSA 2048                    {took:7.2f} ms      (at most 2);"
        f" dkimpy {floor:.1f} ms, {floor / took:.0f} times as long"
    )


def main() -> None:
    """Print a line for each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mails", type=int, default=10_000)
    options = parser.parse_args()
    content = msgspec.json.decode(SAMPLE.read_bytes(), type=EditionContent)
    rendered = rendering(content)
    signing(writing(rendered, content, options.mails))


if __name__ == "__main__":
    main()
