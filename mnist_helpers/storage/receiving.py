"""Receive one file from a server that may misbehave in every way."""

import threading
import time

import requests
from tqdm import tqdm

from mnist_helpers.storage.official import DataError, OfficialFile, md5_of

TIMEOUT = (5, 30)  # seconds to connect, seconds without a byte
PART = 1024  # bytes received at once; a mirror that drips is left within one of them
REDIRECTS = 5


def received(address: str, official: OfficialFile, seconds: float, bar: tqdm) -> bytes:
    """The packed file from a mirror, verified: not one byte more than it has, and within `seconds`.

    A thread receives, so that nothing that hangs (looking up a name, headers, redirects, a body that drips)
    can hold up the one who waits.

    Raises
    ------
    DataError
        What came is not the official file.
    TimeoutError
        It did not come in time.
    Exception
        Whatever went wrong with the connection.
    """
    content, errors, given_up = bytearray(), [], threading.Event()

    def receive() -> None:
        try:
            with requests.Session() as session:
                session.max_redirects = REDIRECTS
                as_it_is = {"Accept-Encoding": "identity"}
                with session.get(
                    address + official.gz_name, headers=as_it_is, stream=True, timeout=TIMEOUT
                ) as answer:
                    answer.raise_for_status()
                    while not given_up.is_set() and (missing := official.gz_size - len(content)):
                        # Undecoded: some servers call a .gz file an encoding of what is in it.
                        part = answer.raw.read(min(PART, missing), decode_content=False)
                        if not part:
                            break
                        content.extend(part)
        except Exception as error:
            errors.append(error)

    deadline = time.monotonic() + seconds
    receiver = threading.Thread(target=receive, daemon=True)
    receiver.start()
    try:
        while receiver.is_alive() and time.monotonic() < deadline:
            receiver.join(0.1)
            bar.update(len(content) - bar.n)
    finally:
        given_up.set()
    if receiver.is_alive():
        raise TimeoutError(f"sent {len(content):,} of {official.gz_size:,} bytes in {seconds:.0f} seconds")
    if md5_of(content) == official.gz_md5:
        return bytes(content)
    if errors:
        raise errors[0]
    if content.lstrip()[:1] == b"<":
        raise DataError("it sends a web page; perhaps this network wants you to sign in")
    raise DataError(
        f"what it sends is not the official file ({len(content):,} of {official.gz_size:,} bytes)"
    )


def unreachable(error: Exception) -> str:
    """Why a mirror could not be reached, and what helps where this machine's own settings are the cause."""
    if "CERTIFICATE_VERIFY_FAILED" in str(error):
        return (
            "shows a certificate that is not trusted here, as happens behind a company's proxy; set "
            "REQUESTS_CA_BUNDLE to the file with the company's certificates"
        )
    if isinstance(error, requests.exceptions.ProxyError):
        return "cannot be reached through the proxy that HTTPS_PROXY or HTTP_PROXY names; correct or unset it"
    if isinstance(error, TimeoutError):
        return str(error)
    return f"cannot be reached ({type(error).__name__})"
