"""`petition doctor` reads the text of DNS records that were pasted."""

from __future__ import annotations

import base64

import pytest

from petition.doctor.finding import Level
from petition.doctor.mail_records import look

DOMAIN = "petitions.example.org"
RSA_2048, RSA_1024, ED25519 = (base64.b64encode(b"\x30" * size).decode() for size in (294, 162, 32))


def worst(kind: str, text: str) -> tuple[Level, str]:
    """The worst level found about a record, and all that was said."""
    given = {"spf": None, "dkim": None, "dmarc": None, kind: text}
    findings = [one for one in look(DOMAIN, **given) if one.about == kind.upper()]
    level = max((one.level for one in findings), key=[Level.OK, Level.WARN, Level.WRONG].index)
    return level, "\n".join(map(str, findings))


@pytest.mark.parametrize(
    ("text", "level", "words"),
    [
        ("v=spf1 mx -all", Level.OK, f"a sound record for {DOMAIN}"),
        ('"v=spf1 ip4:192.0.2.0/24 ip6:2001:db8::/32 " "a:mail.example.org include:_spf.x.net ~all"', Level.OK, ""),
        ("V=SPF1 A MX/24 -ALL", Level.OK, ""),
        ("v=spf1 redirect=_spf.example.net", Level.OK, ""),
        ("v=spf1 exists:%{i}.list.example.org exp=why.example.org -all", Level.OK, ""),
        ("v=spf1 mx", Level.WARN, "does not say what others are"),
        ("v=spf1 mx ?all", Level.WARN, "says nothing of others"),
        ("v=spf1 +all", Level.WRONG, "everybody"),
        ("v=spf1 all", Level.WRONG, "everybody"),
        ("v=spf1 -all mx", Level.WRONG, "what follows -all is ignored"),
        ("v=spf1 ip4:192.0.2.300 -all", Level.WRONG, "names no network"),
        ("v=spf1 ip4:2001:db8::1 -all", Level.WRONG, "names no network"),
        ("v=spf1 ip4 -all", Level.WRONG, "names no network"),
        ("v=spf1 inlcude:_spf.example.net -all", Level.WRONG, "no SPF term"),
        ("v=spf1; mx; -all", Level.WRONG, "does not begin with v=spf1"),
        ("spf1 mx -all", Level.WRONG, "does not begin with v=spf1"),
        ("v=spf1 " + " ".join(f"include:{n}.example.net" for n in range(11)) + " -all", Level.WRONG, "asks 11 other"),
        ("v=spf1 " + " ".join(f"include:{n}.example.net" for n in range(10)) + " -all", Level.OK, ""),
    ],
)  # fmt: skip
def test_spf(text: str, level: Level, words: str) -> None:
    found, said = worst("spf", text)
    assert (found, words in said) == (level, True), said


@pytest.mark.parametrize(
    ("text", "level", "words"),
    [
        (f"v=DKIM1; k=rsa; p={RSA_2048}", Level.OK, f"<selector>._domainkey.{DOMAIN}"),
        (f'"v=DKIM1; p={RSA_2048[:200]}" "{RSA_2048[200:]}"', Level.OK, ""),
        (f"v=DKIM1; p={RSA_1024}", Level.WARN, "less than 2048 bits"),
        (f"v=DKIM1; t=y; p={RSA_2048}", Level.WARN, "only testing"),
        (f"v=DKIM1; k=ed25519; p={ED25519}", Level.WARN, "Ed25519"),
        (f"v=DKIM1; k=ed25519; p={RSA_1024}", Level.WRONG, "no Ed25519 key"),
        (f"v=DKIM1; p={RSA_2048[:100]}", Level.WRONG, "cut off"),
        (f"v=DKIM1; p={RSA_2048[:-1]}", Level.WRONG, "cannot be read"),
        ("v=DKIM1; k=rsa; p=", Level.WRONG, "no key"),
        ("v=DKIM1; k=rsa", Level.WRONG, "no key"),
        (f"k=rsa; v=DKIM1; p={RSA_2048}", Level.WRONG, "does not begin with v=DKIM1"),
        (f"v=DKIM2; p={RSA_2048}", Level.WRONG, "does not begin with v=DKIM1"),
        (f"v=DKIM1; k=dsa; p={RSA_2048}", Level.WRONG, "of the kind dsa"),
        ("nonsense", Level.WRONG, "cannot be read"),
    ],
)
def test_dkim(text: str, level: Level, words: str) -> None:
    found, said = worst("dkim", text)
    assert (found, words in said) == (level, True), said


@pytest.mark.parametrize(
    ("text", "level", "words"),
    [
        (f"v=DMARC1; p=quarantine; rua=mailto:postmaster@{DOMAIN}", Level.OK, f"_dmarc.{DOMAIN}"),
        ("v=DMARC1; p=reject; rua=mailto:reports@example.org!10m; adkim=s", Level.OK, ""),
        ("v=DMARC1; p=none", Level.WARN, "nothing to be done"),
        ("v=DMARC1; p=reject; rua=mailto:x@example.net", Level.WARN, f"{DOMAIN}._report._dmarc.example.net"),
        ("v=DMARC1; rua=mailto:postmaster@example.org", Level.WRONG, "names no policy"),
        ("v=DMARC1; p=rejct", Level.WRONG, "names no policy"),
        ("v=DMARC1; p=reject; sp=all", Level.WRONG, "sp=all is no policy"),
        ("v=DMARC1; p=reject; rua=postmaster@example.org", Level.WRONG, "is no mail address"),
        ("p=reject; v=DMARC1", Level.WRONG, "does not begin with v=DMARC1"),
        ("v=DMARC1 p=reject", Level.WRONG, "does not begin with v=DMARC1"),
        ("nonsense", Level.WRONG, "cannot be read"),
        ("", Level.WRONG, "does not begin with v=DMARC1"),
    ],
)  # fmt: skip
def test_dmarc(text: str, level: Level, words: str) -> None:
    found, said = worst("dmarc", text)
    assert (found, words in said) == (level, True), said


def test_of_a_record_that_was_not_given_it_says_how_to_look_it_up() -> None:
    said = [str(one) for one in look(DOMAIN, None, None, None)]
    assert said == [
        f'warn  SPF: not looked at: dig +short TXT {DOMAIN}, then petition doctor --spf "…"',
        f'warn  DKIM: not looked at: dig +short TXT <selector>._domainkey.{DOMAIN}, then petition doctor --dkim "…"',
        f'warn  DMARC: not looked at: dig +short TXT _dmarc.{DOMAIN}, then petition doctor --dmarc "…"',
    ]
