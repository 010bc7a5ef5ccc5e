"""The stock Kuksa client against a broker that asks for TLS and a token."""

from __future__ import annotations

import asyncio
import base64
import json
import shutil
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from conftest import LOCAL, TARGET, grpc_of, split
from kuksa_client.grpc import Datapoint, VSSClient, VSSClientError
from kuksa_client.grpc.aio import VSSClient as AsyncClient

SPEED = "Vehicle.Speed"
TRUNK = "Vehicle.Body.Trunk.Rear.IsLocked"
#: Who a token must be for.
AUDIENCE = "kuksa.val"

pytestmark = pytest.mark.skipif(
    shutil.which("openssl") is None, reason="certificates are made with openssl, which is not here"
)


def openssl(*words: str | Path, text: bytes = b"") -> bytes:
    return subprocess.run(["openssl", *words], input=text, capture_output=True, check=True).stdout


@dataclass
class Guarded:
    """A running broker, its certificate and the key that its tokens are signed with."""

    host: str
    port: int
    certificate: Path
    key: Path

    def token(self, scope: str, seconds: float = 600.0) -> str:
        """One by RS256."""

        def part(content: bytes) -> str:
            return base64.urlsafe_b64encode(content).rstrip(b"=").decode()

        claims = {"sub": "bob", "iss": "tests", "aud": [AUDIENCE], "scope": scope}
        claims |= {"iat": int(time.time()), "exp": int(time.time() + seconds)}
        header = part(json.dumps({"alg": "RS256", "typ": "JWT"}).encode())
        signed = f"{header}.{part(json.dumps(claims).encode())}"
        return (
            f"{signed}.{part(openssl('dgst', '-sha256', '-sign', self.key, text=signed.encode()))}"
        )

    def client(self, token: str | None, certificate: Path | None = None) -> VSSClient:
        return VSSClient(
            self.host,
            self.port,
            token=token,
            root_certificates=certificate or self.certificate,
            tls_server_name="localhost",
        )


def certificate(folder: Path, name: str) -> tuple[Path, Path]:
    """A new one for localhost, and its key."""
    made, key = folder / f"{name}.pem", folder / f"{name}.key"
    curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"]
    openssl(
        *("req", "-x509", "-nodes", "-days", "1", "-subj", "/CN=localhost", *curve),
        *("-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-out", made, "-keyout", key),
    )
    return made, key


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    folder = tmp_path_factory.mktemp("guarded")
    made, key = certificate(folder, "broker")
    private, public = folder / "jwt.key", folder / "jwt.pem"
    openssl("genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", private)
    openssl("pkey", "-in", private, "-pubout", "-out", public)
    command = [TARGET / "debug" / "vehicle-edge", "serve", "--state", folder / "state"]
    command += ["--tls-cert", made, "--tls-key", key, "--jwt-key", public]
    for listener in ("--grpc-listen", "--http-listen", "--health-listen"):
        command += [listener, LOCAL]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        host, port = split(grpc_of(process))
        yield Guarded(host, port, made, private)
    finally:
        process.terminate()
        process.wait(timeout=10)


def test_a_token_opens_what_it_names(guarded: Guarded) -> None:
    with guarded.client(guarded.token("read provide:Vehicle.Speed")) as client:
        client.set_current_values({SPEED: Datapoint(21.5)})
        assert client.get_current_values([SPEED])[SPEED].value == 21.5
        seen = next(iter(client.subscribe_current_values([SPEED])))
        assert seen[SPEED].value == 21.5
        with pytest.raises(VSSClientError) as refused:
            client.set_target_values({TRUNK: Datapoint(value=True)})
        assert refused.value.errors[0]["error"]["code"] == 403


def test_a_token_can_come_later(guarded: Guarded) -> None:
    """Without one nothing is told; ``authorize`` brings it."""
    with guarded.client(None) as client:
        with pytest.raises(VSSClientError) as refused:
            client.get_current_values([SPEED])
        assert refused.value.error["code"] in (16, 401)
        client.authorize(guarded.token("read:Vehicle.Speed"))
        assert SPEED in client.get_current_values([SPEED])
        with pytest.raises(VSSClientError):
            client.get_current_values([TRUNK])


def test_a_token_that_has_ended_is_refused(guarded: Guarded) -> None:
    with guarded.client(guarded.token("read", seconds=-3600)) as client:
        with pytest.raises(VSSClientError) as refused:
            client.get_current_values([SPEED])
        assert refused.value.error["code"] in (16, 401)


def test_another_certificate_is_not_trusted(guarded: Guarded, tmp_path: Path) -> None:
    other, _ = certificate(tmp_path, "other")
    with pytest.raises(VSSClientError), guarded.client(guarded.token("read"), other) as client:
        client.get_current_values([SPEED])


def test_the_async_client_reads_sets_and_follows(guarded: Guarded) -> None:
    async def run() -> None:
        async with AsyncClient(
            guarded.host,
            guarded.port,
            token=guarded.token("read provide:Vehicle.Speed actuate"),
            root_certificates=guarded.certificate,
            tls_server_name="localhost",
        ) as client:
            await client.set_current_values({SPEED: Datapoint(33.0)})
            async for seen in client.subscribe_current_values([SPEED]):
                assert seen[SPEED].value == 33.0
                break
            await client.set_target_values({TRUNK: Datapoint(value=True)})

    asyncio.run(asyncio.wait_for(run(), 20))
