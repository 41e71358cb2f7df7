"""What an installation brings to the printing of statements: where, and signed with what.

The signature is optional and made by pyHanko, which is loaded only where a key is set.
"""

import io
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from ltc.rules.errors import Conflict

SIGNATURE_FIELD = "Agency"
SIGNATURE_REASON = "Issued by the agency"


class SigningFailed(Conflict):
    """The statement cannot be signed: {reason}. Look at LTC_SIGNING_KEY, LTC_SIGNING_CERTIFICATE and LTC_SIGNING_PASSPHRASE, then start again; what is issued stays."""


@dataclass(frozen=True, slots=True)
class Signing:
    """The files (PEM) of a key and its certificate; further certificates may follow in the file."""

    key: Path
    certificate: Path
    passphrase: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Press:
    """Where files are kept, the address that a statement's code leads to, and the signature.

    ``public_url`` has no slash at its end; empty: the paper says where to enter the code.
    """

    documents: Path
    public_url: str = ""
    signing: Signing | None = None


def sign(pdf: bytes, signing: Signing) -> bytes:
    """Return a PDF with the signature added behind it; raises SigningFailed.

    A signature holds its time and a random number: the same statement signed twice is two files.
    """
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

    target = io.BytesIO()
    _load_signer(signing).sign_pdf(IncrementalPdfFileWriter(io.BytesIO(pdf)), output=target)
    return target.getvalue()


@cache
def _load_signer(signing: Signing) -> Any:
    """Return what signs, read once a process; raises SigningFailed."""
    from pyhanko.sign import fields, signers

    for path in (signing.key, signing.certificate):
        if not path.is_file():
            raise SigningFailed(reason=f"{path.name} is not there")
    passphrase = signing.passphrase.encode() or None
    signer = signers.SimpleSigner.load(  # type: ignore[no-untyped-call]
        str(signing.key), str(signing.certificate), key_passphrase=passphrase
    )
    if signer is None:
        raise SigningFailed(reason="the key cannot be opened")
    metadata = signers.PdfSignatureMetadata(
        field_name=SIGNATURE_FIELD, reason=SIGNATURE_REASON, md_algorithm="sha256",
        subfilter=fields.SigSeedSubFilter.PADES,
    )  # fmt: skip
    return signers.PdfSigner(metadata, signer)


def check_signing(press: Press) -> None:
    """Raise SigningFailed where the statements are to be signed and cannot be."""
    if press.signing is not None:
        _load_signer(press.signing)
