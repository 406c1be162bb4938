"""Mail addresses: mailed to as given, known again through their aliases, hinted at when mistyped."""

import time

import pytest
from email_validator import EmailNotValidError, validate_email
from hypothesis import given, settings
from hypothesis import strategies as st

from petition.core.addresses import (
    PROVIDERS,
    Address,
    AddressRefused,
    canonical_address,
    domain_hint,
    is_disposable,
    parse_address,
)

LOCAL_PARTS = st.text(
    st.one_of(st.sampled_from(".+-_aA1ßİﬃ＋…．éяم中한ก\u0301"), st.characters(codec="utf-8")),
    min_size=1,
    max_size=30,
)
DOMAINS = st.sampled_from(
    [
        "gmail.com",
        "GoogleMail.com",
        "example.org",
        "Пример.рф",
        "例え.jp",
        "xn--e1afmkfd.xn--p1ai",
        "mail.test",
    ]
)


PLAIN = st.text(st.sampled_from("aZ09_+-.\u00e9@ '"), min_size=1, max_size=70)
PLAIN_DOMAINS = st.one_of(DOMAINS, st.text(st.sampled_from("aZ0.-_é1"), min_size=1, max_size=12))


@given(PLAIN, PLAIN_DOMAINS)
@settings(max_examples=500, deadline=None)
def test_plain_addresses_are_read_as_the_library_reads_them(local: str, domain: str) -> None:
    typed = f"{local}@{domain}".strip()
    try:
        valid = validate_email(typed, check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        valid = None
    if valid is None or valid.ascii_domain is None:
        assert refusal_of(typed)
    else:
        assert parse_address(typed).exact == f"{valid.original.rpartition('@')[0]}@{valid.ascii_domain}"
        assert parse_address(typed).domain == valid.ascii_domain


def refusal_of(text: str) -> str | None:
    """The key of the message with which the address is refused, None when it is taken."""
    try:
        parse_address(text)
    except AddressRefused as refusal:
        return refusal.key
    return None


@pytest.mark.parametrize(
    ("typed", "address"),
    [
        (
            " Anna.Kim+Petition@Example.ORG\n",
            Address("Anna.Kim+Petition@example.org", "anna.kim@example.org", "example.org"),
        ),
        ("\ufeffa@b.test\u200b", Address("a@b.test", "a@b.test", "b.test")),
        ("A.B.c+x+y@GoogleMail.com", Address("A.B.c+x+y@googlemail.com", "abc@gmail.com", "googlemail.com")),
        ("POSTMASTER@b.test", Address("POSTMASTER@b.test", "postmaster@b.test", "b.test")),
        (
            "анна@Пример.рф",
            Address("анна@xn--e1afmkfd.xn--p1ai", "анна@xn--e1afmkfd.xn--p1ai", "xn--e1afmkfd.xn--p1ai"),
        ),
        ("Ａｎｎａ@b.test", Address("Ａｎｎａ@b.test", "anna@b.test", "b.test")),
        ("ℋans@b.test", Address("ℋans@b.test", "hans@b.test", "b.test")),
        ("o'neil@b.test", Address("o'neil@b.test", "o'neil@b.test", "b.test")),
        ("a@straße.de", Address("a@xn--strae-oqa.de", "a@xn--strae-oqa.de", "xn--strae-oqa.de")),
    ],
)
def test_an_address_is_mailed_to_as_given_and_known_by_its_canonical_form(typed: str, address: Address) -> None:
    assert parse_address(typed) == address


def test_dots_make_another_mailbox_everywhere_but_at_gmail() -> None:
    assert parse_address("a.b@gmail.com").canonical == parse_address("AB@googlemail.com").canonical
    assert parse_address("a.b@b.test").canonical != parse_address("ab@b.test").canonical


def test_a_local_part_that_is_all_tag_is_kept_whole() -> None:
    assert parse_address("+x@b.test").canonical == "+x@b.test"
    assert parse_address("+x@gmail.com").canonical == "+x@gmail.com"
    assert parse_address("+X+y@b.test").canonical == "+x+y@b.test"
    assert canonical_address("…@gmail.com") == "...@gmail.com"


@pytest.mark.parametrize(
    "typed",
    [
        *(
            "",
            "anna",
            "@b.test",
            "anna@",
            "anna@@b.test",
            "an na@b.test",
            ".a@b.test",
            "a..b@b.test",
            "a@b..test",
        ),
        *(
            "a@-b.test",
            "a@[127.0.0.1]",
            "a@127.0.0.1",
            '"a b"@c.test',
            "Anna <a@b.test>",
            "a@b.test, c@d.test",
        ),
        *(
            "a@b.test\nBcc: c@d.test",
            "a\u202e@b.test",
            "a\x00@b.test",
            "a@b.invalid",
            "a@localhost",
            "a@b\u2028.test",
        ),
        *("\ud800@b.test", "a@\ud800.test", "a@xn--a.test", "a@b.test>"),
    ],
)
def test_what_is_no_address_is_refused(typed: str) -> None:
    assert refusal_of(typed) == "address_invalid"


def test_an_address_is_too_long_from_the_255th_octet() -> None:
    domain = ".".join(["d" * 60] * 3) + ".test"
    longest = "a" * (254 - len(domain) - 1) + "@" + domain
    assert parse_address(longest).exact == longest
    assert refusal_of("a" + longest) == "address_too_long"
    assert refusal_of("한" * 84 + "@b.test") == "address_too_long"


def test_a_flood_of_accents_is_refused_without_being_sorted() -> None:
    began = time.monotonic()
    assert refusal_of("a" + "\u0301\u0316" * 30_000 + "@b.test") == "address_too_long"
    assert time.monotonic() - began < 1


def test_an_address_is_measured_with_its_domain_in_ascii() -> None:
    domain = ".".join(["한국어" * 5] * 3) + ".kr"
    assert len(f"a@{domain}".encode()) < 254
    longest = parse_address(f"a@{domain}").exact
    with pytest.raises(AddressRefused):
        parse_address("a" * (256 - len(longest)) + f"@{domain}")


@pytest.mark.parametrize("typed", ["secret person@b.test", "s" * 300 + "@secret.test"])
def test_a_refusal_holds_no_address_even_in_its_causes(typed: str) -> None:
    with pytest.raises(AddressRefused) as refusal:
        parse_address(typed)
    assert "secret" not in repr(refusal.value)
    assert refusal.value.__cause__ is None
    assert refusal.value.__context__ is None


@given(LOCAL_PARTS, DOMAINS)
@settings(deadline=None)
def test_parsing_and_canonicalising_twice_change_nothing(local: str, domain: str) -> None:
    try:
        address = parse_address(f"{local}@{domain}")
    except AddressRefused:
        return
    assert parse_address(address.exact) == address
    assert canonical_address(address.canonical) == address.canonical
    assert address.canonical.partition("@")[0]
    assert address.domain.isascii()
    assert address.domain == address.domain.lower()


@given(LOCAL_PARTS, DOMAINS, st.sampled_from(["news", "a.b", "1", "+"]))
@settings(deadline=None)
def test_a_tag_and_letter_case_never_make_another_person(local: str, domain: str, tag: str) -> None:
    try:
        plain = parse_address(f"{local}@{domain}")
        tagged = parse_address(f"{local}+{tag}@{domain.upper()}")
    except AddressRefused:
        return
    if not local.startswith(("+", "＋")):
        assert tagged.canonical == plain.canonical


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("gmial.com", "gmail.com"),
        ("gmail.con", "gmail.com"),
        ("gmail.co", "gmail.com"),
        ("gmal.cmo", "gmail.com"),
        ("GNAIL.com", "gmail.com"),
        ("navre.com", "naver.com"),
        ("naver.co", "naver.com"),
        ("hanmial.net", "hanmail.net"),
        ("hotmial.com", "hotmail.com"),
        ("yaho.com", "yahoo.com"),
        ("yahoo.co.pj", "yahoo.co.jp"),
        ("docmo.ne.jp", "docomo.ne.jp"),
        ("qq.cmo", "qq.com"),
        ("163.con", "163.com"),
        ("foxmial.com", "foxmail.com"),
        ("mial.ru", "mail.ru"),
        ("yandx.ru", "yandex.ru"),
        ("web.ed", "web.de"),
        ("t-onlin.de", "t-online.de"),
        ("wandoo.fr", "wanadoo.fr"),
        ("oragne.fr", "orange.fr"),
        ("protonmial.com", "protonmail.com"),
        ("protonnmial.com", "protonmail.com"),
    ],
)
def test_a_mistyped_domain_gets_the_likely_meant_one_as_a_hint(typed: str, meant: str) -> None:
    assert domain_hint(typed) == meant


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_known_provider_is_never_hinted_away(provider: str) -> None:
    assert domain_hint(provider) is None


@pytest.mark.parametrize(
    "domain",
    [
        *(
            "example.org",
            "un.org",
            "amnesty.org",
            "snu.ac.kr",
            "seoul.go.kr",
            "line.com",
            "love.com",
            "gmail.de",
        ),
        *(
            "protonnmial.con",
            "hotmail.cl",
            "mail.ua",
            "168.com",
            "qx.com",
            "web.dk",
            "xn--e1afmkfd.xn--p1ai",
            "a",
            "",
            ".",
        ),
    ],
)
def test_another_real_domain_gets_no_hint(domain: str) -> None:
    assert domain_hint(domain) is None


@given(st.text("abcdefghijklmnopqrstuvwxyz0123456789-.", max_size=40))
@settings(deadline=None)
def test_a_hint_is_always_another_known_provider(domain: str) -> None:
    hint = domain_hint(domain)
    assert hint is None or (hint in PROVIDERS and hint != domain and domain_hint(hint) is None)


def test_throw_away_mailboxes_are_known_with_their_subdomains() -> None:
    assert is_disposable("mailinator.com")
    assert is_disposable("Some.Box.Mailinator.com")
    assert not any(is_disposable(provider) for provider in PROVIDERS)
    assert not is_disposable("mailinator.com.example.org")
    assert not is_disposable("com")
