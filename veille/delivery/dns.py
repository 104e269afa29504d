"""Text records of the domain name system: the only module that asks it."""

from __future__ import annotations

from veille.errors import VeilleError


def texts(name: str, *, timeout: float = 10.0) -> list[str]:
    """The TXT records of a name, each joined (RFC 7208 section 3.3); none when it has none.

    Raises :class:`~veille.errors.VeilleError` when nobody answers.
    """
    import dns.exception
    import dns.resolver

    try:
        answer = dns.resolver.resolve(name, "TXT", lifetime=timeout)
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return []
    except (dns.exception.DNSException, OSError) as error:
        raise VeilleError(
            f"the name servers did not answer for {name} ({type(error).__name__}): try again later"
        ) from error
    return [b"".join(record.strings).decode("utf-8", "replace") for record in answer]
