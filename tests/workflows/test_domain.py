"""E24: SPF, DKIM key and DMARC of the sending domain, present and aligned; DNS is a table here."""

from __future__ import annotations

from dataclasses import replace

import pytest

from veille.errors import VeilleError
from veille.workflows.domain import Domain, examine
from veille.workflows.findings import Level

HOUSE = Domain(
    sender="musee.example", bounces="musee.example", selector="veille", signing="musee.example",
    key="MIIB",
)  # fmt: skip
RECORDS = {
    "musee.example": ["google-site-verification=x", "v=spf1 include:_spf.host.example -all"],
    "veille._domainkey.musee.example": ["v=DKIM1; k=rsa; p=MI IB"],
    "_dmarc.musee.example": ["v=DMARC1; p=none; rua=mailto:a@musee.example"],
}


def judged(domain: Domain = HOUSE, **changed: list[str] | None) -> list[tuple[str, Level]]:
    """What is found when some records are others; names with _ for . and - as they come."""
    table = RECORDS | {
        name.replace("__", "._").replace("ZZ", "."): value for name, value in changed.items()
    }

    def look_up(name: str) -> list[str]:
        value = table.get(name, [])
        if value is None:
            raise VeilleError("the name servers did not answer")
        return value

    return [(finding.check, finding.level) for finding in examine(domain, look_up)]


def test_a_domain_that_says_all_it_should() -> None:
    """E24."""
    assert judged() == [("spf", Level.OK), ("dkim", Level.OK), ("dmarc", Level.OK)]


SPF, KEY, DMARC = "museeZZexample", "veille__domainkeyZZmuseeZZexample", "_dmarcZZmuseeZZexample"


@pytest.mark.parametrize(
    ("name", "records", "check", "level"),
    [
        (SPF, [], "spf", Level.WRONG),
        (SPF, ["v=spf10 -all"], "spf", Level.WRONG),
        (SPF, ["v=spf1 -all", "v=spf1 ~all"], "spf", Level.WRONG),
        (SPF, ["v=spf1 +all"], "spf", Level.WRONG),
        (SPF, ["v=spf1 all"], "spf", Level.WRONG),
        (SPF, None, "spf", Level.WARNING),
        (KEY, [], "dkim", Level.WRONG),
        (KEY, ["v=DKIM1; p="], "dkim", Level.WRONG),
        (KEY, ["v=DKIM1; p=OTHER"], "dkim", Level.WRONG),
        (KEY, None, "dkim", Level.WARNING),
        (DMARC, [], "dmarc", Level.WRONG),
        (DMARC, ["v=DMARC1; rua=mailto:x"], "dmarc", Level.WRONG),
        (DMARC, ["v=DMARC1; p=none", "v=DMARC1; p=reject"], "dmarc", Level.WRONG),
        (DMARC, None, "dmarc", Level.WARNING),
    ],
)
def test_what_is_missing_or_wrong_is_found(name, records, check, level) -> None:
    """E24: each with its level; the other two stay right."""
    assert [found for found in judged(**{name: records}) if found[1] is not Level.OK] == [
        (check, level)
    ]


def test_domains_belong_together() -> None:
    """E24, alignment: a domain below is fine, a foreign one is not."""
    below = replace(HOUSE, bounces="retours.musee.example")
    found = judged(below, retoursZZmuseeZZexample=["v=spf1 -all"])
    assert found[0] == ("spf", Level.OK)
    assert len(found) == 3
    foreign = replace(HOUSE, bounces="host.example", signing="host.example")
    found = judged(
        foreign, hostZZexample=["v=spf1 -all"], veille__domainkeyZZhostZZexample=["p=MIIB"]
    )
    assert [one for one in found if one[1] is not Level.OK] == [
        ("spf", Level.WARNING), ("dkim", Level.WRONG),
    ]  # fmt: skip


def test_a_policy_of_the_domain_above_counts() -> None:
    """RFC 7489 section 6.6.3."""
    below = replace(HOUSE, sender="veille.musee.example")
    assert ("dmarc", Level.OK) in judged(below)


def test_a_house_that_does_not_sign_is_told_to_look() -> None:
    found = judged(replace(HOUSE, selector=None, signing=None, key=None))
    assert found[1] == ("dkim", Level.WARNING)
