"""PAdES signatures made by pyHanko: the signature lies behind the PDF's own bytes and shows nowhere on its pages."""

from __future__ import annotations

import asyncio
import functools
import io
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context

from asn1crypto import cms, tsp
from pyhanko.pdf_utils.generic import pdf_name
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.sign.fields import InvisSigSettings, SigFieldSpec, SigSeedSubFilter
from pyhanko.sign.general import SigningError
from pyhanko.sign.signers import PdfSignatureMetadata, PdfSigner, SimpleSigner
from pyhanko.sign.signers.pdf_cms import PdfCMSSignedAttributes
from pyhanko.sign.timestamps import TimeStamper

from petition.core.clock import now
from petition.deliveries.packages.pdf_signing import Certificate, SigningRefused
from petition.deliveries.packages.timestamps import answer_over

FIELD, READ_ALOUD = "Signature", "Digital signature"
OFF_THE_PAGE = InvisSigSettings(set_print_flag=True, box_out_of_bounds=True)
"""PDF/A wants it printed, PDF/UA hidden or off the page."""


class _Addition(IncrementalPdfFileWriter):
    """What is written behind a PDF. Its metadata stay as they are: they say the day of the snapshot, and no more."""

    def _update_meta(self) -> None:
        pass


class _Authority(TimeStamper):
    """The authority for timestamps, asked as we ask it for everything else."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self.url = url

    async def async_timestamp(self, message_digest: bytes, md_algorithm: str) -> cms.ContentInfo:
        answer = await asyncio.to_thread(answer_over, self.url, message_digest)
        return tsp.TimeStampResp.load(answer)["time_stamp_token"]


@functools.lru_cache(1)
def _authority(url: str) -> _Authority:
    """One for all files: it asks once more to know how long an answer is."""
    return _Authority(url)


def signed(pdf: bytes, certificate: Certificate, timestamp_url: str) -> bytes:
    """The PDF with a signature behind it, on wish with a time said by an authority.

    Raises SigningRefused, TimestampRefused.
    """
    try:
        signer = SimpleSigner.load_pkcs12_data(certificate.pkcs12, [], certificate.passphrase)
        return _run(_signed(pdf, signer, _authority(timestamp_url) if timestamp_url else None))
    except (SigningError, PdfError, ValueError, NotImplementedError) as error:
        why = " ".join(f"{error}".split()) or type(error).__name__
        raise SigningRefused(f"the PDF cannot be signed: {why}") from None


def _run(signing: Coroutine[None, None, bytes]) -> bytes:
    """What comes of it, in a thread of its own: in the caller's there may be a loop running already."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(copy_context().run, asyncio.run, signing).result()


async def _signed(pdf: bytes, signer: SimpleSigner, authority: _Authority | None) -> bytes:
    meta = PdfSignatureMetadata(field_name=FIELD, md_algorithm="sha256", subfilter=SigSeedSubFilter.PADES)
    field = SigFieldSpec(FIELD, readable_field_name=READ_ALOUD, invis_sig_settings=OFF_THE_PAGE)
    writer = _Addition(io.BytesIO(pdf))
    session = PdfSigner(meta, signer, timestamper=authority, new_field_spec=field).init_signing_session(writer)
    session.system_time = now()  # in UTC: where this machine stands is nobody's business
    _order_tabs(writer)
    room = await session.estimate_signature_container_size(None)
    document = session.prepare_tbs_document(validation_info=None, bytes_reserved=room)
    digest, output = document.digest_tbs_document()
    await document.perform_signature(digest.document_digest, PdfCMSSignedAttributes(signing_time=session.system_time))
    output.seek(0)
    return bytes(output.read())


def _order_tabs(writer: IncrementalPdfFileWriter) -> None:
    """PDF/UA wants a page on which something can be filled in to say in which order."""
    page = writer.find_page_for_modification(0)[0]
    page.get_object()["/Tabs"] = pdf_name("/S")
    writer.mark_update(page)
