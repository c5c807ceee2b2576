"""A server's front door with TLS, and certificates for it."""

from __future__ import annotations

import ipaddress
import socket
import ssl
from contextlib import suppress
from datetime import datetime, timedelta, timezone
from pathlib import Path
from threading import Thread
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

ANSWERS_TLS, REFUSES_TLS = b"S", b"N"


class Front(Thread):
    """A server's front door: answers the request for TLS, and passes on what comes through it to ``behind``.

    ``received`` is what came before TLS. Without anything behind, it says nothing more.
    """

    def __init__(self, certificate: Path, answer: bytes, behind: int | None) -> None:
        super().__init__(daemon=True)
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(certificate)
        self._answer, self._behind = answer, behind
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = []
        self.port = int(self._listening.getsockname()[1])
        self.received = b""

    def run(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listening.accept()
                self._open.append(client)
                Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with suppress(OSError):
            self.received += client.recv(100)
            client.sendall(self._answer)
            if self._answer != ANSWERS_TLS:
                self.received += client.recv(100)
                return
            safe = self._context.wrap_socket(client, server_side=True)
            self._open.append(safe)
            if self._behind is not None:
                self._pass_on(safe, socket.create_connection(("127.0.0.1", self._behind)))

    def _pass_on(self, client: socket.socket, server: socket.socket) -> None:
        self._open.append(server)
        Thread(target=pump, args=(server, client), daemon=True).start()
        pump(client, server)

    def close(self) -> None:
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        for one in self._open:
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()
        self.join()


def pump(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(1 << 16):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)


def write_certificates(folder: Path) -> None:
    """Write authority.pem, and own.pem with the key and certificate of localhost that it signed."""
    authority, own = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    pem = serialization.Encoding.PEM
    (folder / "authority.pem").write_bytes(
        signed("authority", authority, "authority", authority, authority=True).public_bytes(pem)
    )
    (folder / "own.pem").write_bytes(
        own.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + signed("localhost", own, "authority", authority, authority=False).public_bytes(pem)
    )


def signed(name: str, key: Any, issuer: str, signing: Any, *, authority: bool) -> x509.Certificate:
    now = datetime.now(timezone.utc)
    names = [x509.DNSName(name)] if not authority else [x509.IPAddress(ipaddress.ip_address("192.0.2.1"))]
    return (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)]))
        .issuer_name(x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, issuer)]))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .sign(signing, hashes.SHA256())
    )
