"""A web server for the app's folder: for this machine only unless asked, and nothing but its files."""

from contextlib import suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

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
        The port is taken.
    """
    root = folder.resolve(strict=True)

    class Handler(_Handler):
        def find(self, path: str) -> Path | None:
            return find_file(root, path)

    try:
        return ThreadingHTTPServer((host, port), Handler)
    except OSError as error:
        raise OSError(f"cannot serve on {host}:{port} ({error.strerror}); name another port, or 0") from None


def find_file(root: Path, request_path: str) -> Path | None:
    """The file that a request asks for; None if it is missing, of no known kind, or not inside `root`.

    Parameters
    ----------
    root : a folder, without symbolic links in its own path.
    request_path : as in the request's first line, such as "/models/mlp.json?again".
    """
    try:
        parts = unquote(urlsplit(request_path).path).removeprefix("/").split("/")
        if parts == [""]:
            parts = ["index.html"]
        if any(part in ("", ".", "..") or set(part) & set("\\:\0") for part in parts):
            return None
        path = root.joinpath(*parts)
        if path.suffix not in TYPES or not path.is_file():
            return None
        return path if path.resolve() == path else None  # a symbolic link may lead anywhere
    except (OSError, ValueError):  # a name longer than names may be, or no address at all
        return None


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version, sys_version = "mnist-helpers", ""
    timeout = 30  # seconds until a silent connection is closed

    def find(self, path: str) -> Path | None:
        raise NotImplementedError

    def handle(self) -> None:
        with suppress(ConnectionError):  # a tab was closed in the middle of something
            super().handle()

    def do_GET(self) -> None:
        self.answer(with_content=True)

    def do_HEAD(self) -> None:
        self.answer(with_content=False)

    def answer(self, with_content: bool) -> None:
        path = self.find(self.path)
        if path is None:
            self.send_error(HTTPStatus.NOT_FOUND)
            return
        content = path.read_bytes()
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", TYPES[path.suffix])
        self.send_header("Content-Length", str(len(content)))
        for name, value in HEADERS.items():
            self.send_header(name, value)
        self.end_headers()
        if with_content:
            self.wfile.write(content)

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
