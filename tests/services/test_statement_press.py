import io
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from ltc.services.statement_press import Press, Signing, SigningFailed, check_signing, sign
from tests.support.statements import make_person_statement, print_statement

PASSPHRASE = "open sesame"


@pytest.fixture
def signing(tmp_path):
    """A key of the agency and a certificate that it signed itself, made for this test."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Agency of the test")])
    now = datetime.now(UTC)
    usage = x509.KeyUsage(True, True, False, False, False, False, False, False, False)
    certificate = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name)
        .public_key(key.public_key()).serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
        .add_extension(usage, critical=True).sign(key, hashes.SHA256())
    )  # fmt: skip
    made = Signing(tmp_path / "key.pem", tmp_path / "certificate.pem", PASSPHRASE)
    made.key.write_bytes(key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(PASSPHRASE.encode()),
    ))  # fmt: skip
    made.certificate.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    return made


def look(pdf, signing):
    """What pyHanko finds: whether the bytes are whole, covered entirely, and of a trusted signer."""
    from pyhanko.keys import load_cert_from_pemder
    from pyhanko.pdf_utils.reader import PdfFileReader
    from pyhanko.sign.validation import validate_pdf_signature
    from pyhanko_certvalidator import ValidationContext

    (signature,) = PdfFileReader(io.BytesIO(pdf)).embedded_signatures
    roots = [load_cert_from_pemder(str(signing.certificate))]
    return validate_pdf_signature(signature, ValidationContext(trust_roots=roots))


def test_a_signed_statement_is_verified_by_the_library(policies, signing):
    plain = print_statement(make_person_statement(policies)).pdf
    signed = sign(plain, signing)
    assert signed.startswith(plain)  # added behind, so that what was printed stays as it was
    found = look(signed, signing)
    assert found.bottom_line
    assert found.coverage.name == "ENTIRE_FILE"
    middle = len(plain) // 2
    tampered = signed[:middle] + bytes([signed[middle] ^ 1]) + signed[middle + 1 :]
    assert not look(tampered, signing).intact


def test_a_key_that_cannot_be_used_is_said_before_anything_is_printed(tmp_path, signing):
    check_signing(Press(tmp_path))
    check_signing(Press(tmp_path, "", signing))
    with pytest.raises(SigningFailed, match="cannot be opened"):
        check_signing(Press(tmp_path, "", Signing(signing.key, signing.certificate, "other")))
    with pytest.raises(SigningFailed, match=r"lost\.pem is not there"):
        check_signing(Press(tmp_path, "", Signing(tmp_path / "lost.pem", signing.certificate)))


def test_the_passphrase_is_not_shown(signing):
    assert PASSPHRASE not in repr(signing)
