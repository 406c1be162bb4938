"""The DNS records by which mail servers know our mail, given by hand: nothing here asks the network."""

from __future__ import annotations

import base64
import binascii
import ipaddress
import re
from collections.abc import Callable, Iterator

from petition.doctor.finding import Finding, ok, warn, wrong

MECHANISM = re.compile(
    r"(?P<sign>[+?~-]?)(?P<name>all|include|a|mx|ptr|ip4|ip6|exists)(?P<value>[:/].*)?", re.IGNORECASE
)
MODIFIER = re.compile(r"(redirect|exp|[a-z][a-z0-9_.-]*)=\S+", re.IGNORECASE)
ASKING = {"include", "a", "mx", "ptr", "exists"}
MOST_QUESTIONS = 10  # RFC 7208, 4.6.4
POLICIES = {"none", "quarantine", "reject"}
RSA_1024_BYTES, RSA_2048_BYTES = 160, 290  # of a public key's DER, a little less than any has

Problem = tuple[Callable[[str, str, str], Finding], str, str]


def look(domain: str, spf: str | None, dkim: str | None, dmarc: str | None) -> Iterator[Finding]:
    """The records of the domain in PETITION_MAIL_FROM; of what was not given, how to look it up."""
    places = {"SPF": domain, "DKIM": f"<selector>._domainkey.{domain}", "DMARC": f"_dmarc.{domain}"}
    checks = {"SPF": (spf, _spf), "DKIM": (dkim, _dkim), "DMARC": (dmarc, _dmarc)}
    for name, (text, check) in checks.items():
        if text is None:
            advice = f'dig +short TXT {places[name]}, then petition doctor --{name.lower()} "…"'
            yield warn(name, "not looked at", advice)
            continue
        problems = list(check(_joined(text), domain))
        for level, found, advice in problems:
            yield level(name, found, advice)
        if not problems:
            yield ok(name, f"a sound record for {places[name]}")


def _joined(text: str) -> str:
    """A record as DNS means it: its quoted parts put together."""
    parts = re.findall(r'"([^"]*)"', text)
    return ("".join(parts) if parts else text).strip()


def _spf(text: str, domain: str) -> Iterator[Problem]:
    version, *terms = text.split()
    if version.lower() != "v=spf1":
        yield wrong, "it does not begin with v=spf1", "begin it so: it is ignored otherwise"
        return
    yield from _unread(terms)
    matches = [found for term in terms if (found := MECHANISM.fullmatch(term))]
    questions = sum(found["name"].lower() in ASKING for found in matches) + ("redirect=" in text.lower())
    if questions > MOST_QUESTIONS:
        yield wrong, f"it asks {questions} other records", f"ask {MOST_QUESTIONS} at most: servers give up"
    ends = [(place, found) for place, found in enumerate(matches) if found["name"].lower() == "all"]
    if not ends:
        if "redirect=" not in text.lower():
            yield warn, "it does not say what others are", "end it with -all or ~all"
        return
    place, end = ends[0]
    if end["sign"] in {"", "+"}:
        yield wrong, "it lets everybody send in our name", "end it with -all or ~all"
    elif end["sign"] == "?":
        yield warn, "it says nothing of others", "end it with -all or ~all"
    if place != len(matches) - 1:
        yield wrong, f"what follows {end[0]} is ignored", f"put {end[0]} last"


def _unread(terms: list[str]) -> Iterator[Problem]:
    for term in terms:
        found = MECHANISM.fullmatch(term)
        if found is None and not MODIFIER.fullmatch(term):
            yield wrong, f"{term} is no SPF term", "mend it: servers take the record for broken"
        elif found and found["name"].lower() in {"ip4", "ip6"}:
            try:
                network = ipaddress.ip_network((found["value"] or "")[1:], strict=False)
            except ValueError:
                network = None
            if network is None or network.version != int(found["name"][2]):
                yield wrong, f"{term} names no network", "mend it: servers take the record for broken"


def _tags(text: str) -> dict[str, str]:
    """The `tag=value` parts of a DKIM or DMARC record, without white space. Raises ValueError."""
    parts = [part for part in text.split(";") if part.strip()]
    return {name.strip(): "".join(value.split()) for name, value in (part.split("=", 1) for part in parts)}


def _dkim(text: str, domain: str) -> Iterator[Problem]:
    try:
        tags = _tags(text)
        key = base64.b64decode(tags.get("p", ""), validate=True)
    except (ValueError, binascii.Error):
        yield wrong, "it cannot be read", "copy it whole from the mail server: v=DKIM1; k=rsa; p=…"
        return
    if tags.get("v", "DKIM1") != "DKIM1" or ("v" in tags and next(iter(tags)) != "v"):
        yield wrong, "it does not begin with v=DKIM1", "begin it so: it is ignored otherwise"
    if not key:
        yield wrong, "it has no key (p=), which means that the key was withdrawn", "publish the key"
    else:
        yield from _key(tags.get("k", "rsa"), len(key))
    if "y" in tags.get("t", "").split(":"):
        yield warn, "it says that we are only testing (t=y)", "remove that once mail is signed"


def _key(kind: str, size: int) -> Iterator[Problem]:
    if kind == "ed25519":
        if size != 32:
            yield wrong, "its key is no Ed25519 key", "copy it whole from the mail server"
        yield warn, "not every server reads Ed25519 keys", "sign with an RSA key of 2048 bits as well"
    elif kind != "rsa":
        yield wrong, f"nobody knows keys of the kind {kind}", "use k=rsa"
    elif size < RSA_1024_BYTES:
        yield wrong, "its key is cut off or too short", "publish an RSA key of 2048 bits, whole"
    elif size < RSA_2048_BYTES:
        yield warn, "its key has less than 2048 bits", "make a longer one"


def _dmarc(text: str, domain: str) -> Iterator[Problem]:
    try:
        tags = _tags(text)
    except ValueError:
        yield wrong, "it cannot be read", "write it like v=DMARC1; p=quarantine; rua=mailto:postmaster@" + domain
        return
    if next(iter(tags.items()), None) != ("v", "DMARC1"):
        yield wrong, "it does not begin with v=DMARC1", "begin it so: it is ignored otherwise"
    policy = tags.get("p", "").lower()
    if policy not in POLICIES:
        yield wrong, "it names no policy (p=)", "add p=none, p=quarantine or p=reject"
    elif policy == "none":
        yield warn, "it asks for nothing to be done with forged mail", "once reports look well, use p=quarantine"
    if tags.get("sp", "none").lower() not in POLICIES:
        yield wrong, f"sp={tags['sp']} is no policy", "use none, quarantine or reject"
    for address in filter(None, tags.get("rua", "").split(",")):
        yield from _reports_to(address.partition("!")[0], domain)


def _reports_to(address: str, domain: str) -> Iterator[Problem]:
    scheme, _colon, mailbox = address.partition(":")
    host = mailbox.rpartition("@")[2].lower()
    if scheme.lower() != "mailto" or "@" not in mailbox:
        yield wrong, f"rua={address} is no mail address", f"write rua=mailto:postmaster@{domain}"
    elif host != domain and not host.endswith(f".{domain}") and not domain.endswith(f".{host}"):
        advice = f"{domain}._report._dmarc.{host} must have the record v=DMARC1"
        yield warn, f"reports go to another domain, {host}", advice
