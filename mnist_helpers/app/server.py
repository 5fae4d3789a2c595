"""A web server for the app's folder: for this machine only unless asked, and nothing but its files."""

import socket
from contextlib import suppress
from functools import partial
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import BinaryIO

HOST, PORT = "127.0.0.1", 8010
TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".webmanifest": "application/manifest+json",
    ".png": "image/png",
    ".bin": "application/octet-stream",
}
HEADERS = {
    # The same as in index.html, for the files that are opened by themselves.
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "manifest-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
}


def serve(folder: Path, host: str = HOST, port: int = PORT) -> ThreadingHTTPServer:
    """A server for the files in `folder` that starts with its method `serve_forever`.

    Parameters
    ----------
    host : "127.0.0.1" is reached from this machine only; "0.0.0.0" from every machine in the network.
    port : 0 takes any free one.

    Raises
    ------
    OSError
        The port is taken, or `host` is no name or address of this machine.
    """
    handler = partial(_Handler, directory=folder.resolve(strict=True))
    try:
        return (_Server6 if ":" in host else ThreadingHTTPServer)((host, port), handler)
    except (OSError, TypeError, UnicodeError) as error:  # not every text can be a host's name
        reason = getattr(error, "strerror", None) or error
        raise OSError(
            f"cannot serve on {host}:{port} ({reason}); name another host or port, or port 0; "
            "a host is a name or address alone, such as 127.0.0.1"
        ) from None


def address_of(server: ThreadingHTTPServer, host: str) -> str:
    """Where a browser on this machine finds what is served on `host`."""
    here = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    return f"http://{f'[{here}]' if ':' in here else here}:{server.server_port}/"


class _Server6(ThreadingHTTPServer):
    address_family = socket.AF_INET6


class _Handler(SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version, sys_version = "mnist-helpers", ""
    timeout = 30  # seconds until a silent connection is closed
    extensions_map = TYPES

    def handle(self) -> None:
        with suppress(ConnectionError):  # a tab was closed in the middle of something
            super().handle()

    def send_head(self) -> BinaryIO | None:
        """Only files of the app's own kinds are found: no folder, and no link, which may lead anywhere."""
        if self.path.partition("?")[0] == "/":
            self.path = "/index.html"
        path = Path(self.translate_path(self.path))
        try:
            is_ours = path.suffix in TYPES and path.is_file() and path.resolve() == path
        except OSError:  # a name longer than names may be
            is_ours = False
        if not is_ours:
            self.send_error(HTTPStatus.NOT_FOUND)
            return None
        del self.headers["If-Modified-Since"]  # it knows whole seconds only, and a file may change in less
        return super().send_head()

    def end_headers(self) -> None:
        for name, value in HEADERS.items():
            self.send_header(name, value)
        super().end_headers()

    def __getattr__(self, name: str):
        """Every other method (`do_POST`, `do_PUT`, …) is refused."""
        if name.startswith("do_"):
            return self.refuse
        raise AttributeError(name)

    def refuse(self) -> None:
        self.close_connection = True  # what the request may still bring is not read
        self.send_response(HTTPStatus.METHOD_NOT_ALLOWED)
        for name, value in {"Allow": "GET, HEAD", "Content-Length": "0", "Connection": "close"}.items():
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, *arguments: object) -> None:
        """Say nothing: the terminal is for the address and for errors."""
