"""The application's certificate and private key, from one PEM or PFX file."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import pkcs12

from mfa_audit.errors import SettingsError
from mfa_audit.snapshot.raw import Complaint

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

_PFX = (".pfx", ".p12")
SOON = timedelta(days=30)
"""How long before its end a certificate is spoken of."""


def certificate_expiry(path: Path, passphrase: str | None) -> datetime:
    """The end (UTC) of the certificate in a PEM or PFX file. Raises :class:`SettingsError` when it cannot be read."""
    data = _bytes_of(path)
    try:
        if path.suffix.lower() in _PFX:
            _, certificate, _ = pkcs12.load_key_and_certificates(data, passphrase.encode() if passphrase else None)
        else:
            certificate = x509.load_pem_x509_certificate(data[data.index(b"-----BEGIN CERTIFICATE-----"):])
    except ValueError:
        certificate = None
    if certificate is None:
        raise SettingsError("the file holds no certificate, or its passphrase is wrong", where=str(path),
                            next_step="give a PEM file with key and certificate, or a .pfx with its passphrase.")
    return certificate.not_valid_after_utc


def expiry_note(path: Path, passphrase: str | None, now: datetime) -> Complaint | None:
    """What whoever runs the job must hear of a certificate that ends :data:`SOON`. Raises as
    :func:`certificate_expiry`."""
    expiry = certificate_expiry(path, passphrase)
    if expiry - now >= SOON:
        return None
    return Complaint(
        "the application's certificate ends soon", 1, (),
        f"it ends on {expiry:%d %B %Y}, in {(expiry - now).days} days: no night works after that",
        "make a new one and upload its public part to the application.", grave=True)


def credential_of(path: Path, passphrase: str | None) -> dict[str, Any]:
    """What msal takes for a certificate. Raises :class:`SettingsError` for a file that is none."""
    return _of_pfx(path, passphrase) if path.suffix.lower() in _PFX else _of_pem(path, passphrase)


def text_of(path: Path) -> str:
    """A credential's file as text, trimmed. Raises :class:`SettingsError` when it cannot be read."""
    try:
        return _bytes_of(path).decode("utf-8").strip()
    except UnicodeDecodeError:
        raise SettingsError("the credential cannot be read: it is not text", where=str(path),
                            next_step="check the path and that this account may read it.") from None


def _of_pem(path: Path, passphrase: str | None) -> dict[str, Any]:
    text = text_of(path)
    if "PRIVATE KEY" not in text or "BEGIN CERTIFICATE" not in text:
        raise SettingsError("the file must hold the private key and the certificate, both as PEM", where=str(path),
                            next_step="put both into one file only you can read, or give a .pfx file.")
    try:
        key = serialization.load_pem_private_key(text.encode(), passphrase.encode() if passphrase else None)
    except (ValueError, TypeError) as error:
        raise _damaged(path) from error
    _refuse_other_keys(key, path)
    first = text.index("-----BEGIN CERTIFICATE-----")
    return {"private_key": text, "public_certificate": text[first:], "passphrase": passphrase}


def _of_pfx(path: Path, passphrase: str | None) -> dict[str, Any]:
    try:
        key, certificate, _ = pkcs12.load_key_and_certificates(_bytes_of(path),
                                                               passphrase.encode() if passphrase else None)
    except (ValueError, TypeError) as error:
        raise _damaged(path) from error
    if key is None or certificate is None:
        raise SettingsError("the file must hold the private key and its certificate", where=str(path),
                            next_step="export the certificate again, with its private key.")
    _refuse_other_keys(key, path)
    written = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                                serialization.NoEncryption())
    return {"private_key": written.decode(),
            "public_certificate": certificate.public_bytes(serialization.Encoding.PEM).decode()}


def _refuse_other_keys(key: object, path: Path) -> None:
    if not isinstance(key, rsa.RSAPrivateKey):
        raise SettingsError("the private key is not an RSA key, and Entra takes no other", where=str(path),
                            next_step="make a certificate with an RSA key (docs/permissions.md).")


def _damaged(path: Path) -> SettingsError:
    return SettingsError("the private key is damaged, or its passphrase is wrong", where=str(path),
                         next_step="set MFA_AUDIT_CERTIFICATE_PASSPHRASE, or make the file again.")


def _bytes_of(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise SettingsError(f"the credential cannot be read: {error.strerror or error}", where=str(path),
                            next_step="check the path and that this account may read it.") from None
