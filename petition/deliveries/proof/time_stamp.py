"""`manifest.json.tsr`: the answer of a time stamp authority (RFC 3161) over the manifest.

Checked is that it stamps this manifest, and that its signature holds under a certificate which it carries and which
the signature itself names. Whose certificate that is must be checked with the authority's own (VERIFY.txt).
"""

from __future__ import annotations

import hashlib

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from petition.deliveries.proof import der
from petition.deliveries.proof.faults import Fault

LARGEST = 1 << 20
GRANTED = {b"\0", b"\1"}
_SHA256 = bytes.fromhex("608648016503040201")
_SHA = {
    _SHA256: "sha256",
    bytes.fromhex("608648016503040202"): "sha384",
    bytes.fromhex("608648016503040203"): "sha512",
}
_HASHES = {"sha256": hashes.SHA256(), "sha384": hashes.SHA384(), "sha512": hashes.SHA512()}
_PSS = bytes.fromhex("2a864886f70d01010a")
_MESSAGE_DIGEST = bytes.fromhex("2a864886f70d010904")
_SIGNING_CERTIFICATE = bytes.fromhex("2a864886f70d010910020c")
_SIGNING_CERTIFICATE_2 = bytes.fromhex("2a864886f70d010910022f")


def check(stamp: bytes, manifest: bytes) -> None:
    """Raises Fault unless the answer stamps the manifest under a signature that holds."""
    try:
        stamped, certificates, signer = _parts(stamp)
        imprint = der.whole(stamped, der.SEQUENCE).parts(der.INTEGER, der.OID, der.SEQUENCE)[2]
        algorithm, digest = imprint.parts(der.SEQUENCE, der.OCTETS)
        by_sha256 = algorithm.parts(der.OID)[0].content == _SHA256
    except (ValueError, IndexError):
        raise Fault("stamp_broken") from None
    if not by_sha256 or digest.content != hashlib.sha256(manifest).digest():
        raise Fault("stamp_of_another")
    try:
        held = _holds(signer, stamped, certificates)
    except (ValueError, IndexError, KeyError, InvalidSignature, UnsupportedAlgorithm):
        held = False
    if not held:
        raise Fault("stamp_signature")


def _parts(stamp: bytes) -> tuple[bytes, list[bytes], der.Value]:
    """What was stamped (TSTInfo), the certificates, and who signed (SignerInfo)."""
    status, token = der.whole(stamp, der.SEQUENCE).parts(der.SEQUENCE, der.SEQUENCE)
    if status.parts(der.INTEGER)[0].content not in GRANTED:
        raise ValueError("the authority refused")
    signed = der.whole(token.parts(der.OID, der.FIRST)[1].content, der.SEQUENCE)
    inside = signed.parts(der.INTEGER, der.SET, der.SEQUENCE, der.FIRST)
    stamped = der.whole(inside[2].parts(der.OID, der.FIRST)[1].content, der.OCTETS).content
    (signer,) = inside[-1].parts(der.SEQUENCE)
    return stamped, [one.encoded for one in der.values(inside[3].content)], signer


def _holds(signer: der.Value, stamped: bytes, certificates: list[bytes]) -> bool:
    expected = der.INTEGER, der.SEQUENCE, der.SEQUENCE, der.FIRST, der.SEQUENCE, der.OCTETS
    _version, _who, digest, attributes, algorithm, signature = signer.parts(*expected)[:6]
    sha = _SHA[digest.parts(der.OID)[0].content]
    said = {}
    for one in der.values(attributes.content):
        name, value = one.parts(der.OID, der.SET)
        said[name.content] = value.content
    if der.whole(said[_MESSAGE_DIGEST], der.OCTETS).content != hashlib.new(sha, stamped).digest():
        return False
    certificate = x509.load_der_x509_certificate(_named(said, certificates))
    signed = bytes([der.SET]) + attributes.encoded[1:]
    pss = algorithm.parts(der.OID)[0].content == _PSS
    _verify(certificate, signature.content, signed, _HASHES[sha], pss)
    return True


def _named(said: dict[bytes, bytes], certificates: list[bytes]) -> bytes:
    """The certificate that the signature names by its hash (RFC 5035). Raises IndexError or KeyError."""
    second = said.get(_SIGNING_CERTIFICATE_2)
    name = der.whole(second or said[_SIGNING_CERTIFICATE], der.SEQUENCE).parts(der.SEQUENCE)[0].parts(der.SEQUENCE)[0]
    fields = list(der.values(name.content))
    sha = "sha256" if second else "sha1"
    if fields[0].tag == der.SEQUENCE:
        sha = _SHA[fields.pop(0).parts(der.OID)[0].content]
    found = [one for one in certificates if hashlib.new(sha, one).digest() == fields[0].content]
    return found[0]


def _verify(
    certificate: x509.Certificate, signature: bytes, signed: bytes, sha: hashes.HashAlgorithm, pss: bool
) -> None:
    """Raises InvalidSignature, or UnsupportedAlgorithm."""
    key = certificate.public_key()
    if isinstance(key, rsa.RSAPublicKey):
        how = padding.PSS(padding.MGF1(sha), padding.PSS.AUTO) if pss else padding.PKCS1v15()
        key.verify(signature, signed, how, sha)
    elif isinstance(key, ec.EllipticCurvePublicKey):
        key.verify(signature, signed, ec.ECDSA(sha))
    else:
        raise UnsupportedAlgorithm("neither RSA nor ECDSA")
