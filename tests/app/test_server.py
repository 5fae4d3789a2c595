"""The app's server: its own files, in their types, and nothing else."""

import contextlib
import http.client
import re
import socket
import struct
import threading
import time

import pytest

from mnist_helpers.app.server import HEADERS, HOST, TYPES, address_of, serve
from mnist_helpers.app.site import SOURCE, site_files, write_site

SECRET = "the secret that lies beside the app"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The app, with secrets around it and links that lead out of it."""
    around = tmp_path_factory.mktemp("around")
    (around / "secret.html").write_text(SECRET)
    folder = write_site(around / "site")
    (folder / "notes.txt").write_text(SECRET)  # of no kind that the app has
    with contextlib.suppress(OSError):  # on Windows not everybody may make links
        (folder / "link.html").symlink_to(around / "secret.html")
        (folder / "linked").symlink_to(around, target_is_directory=True)
    return folder


@pytest.fixture(scope="module")
def port(folder):
    server = serve(folder, port=0)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield server.server_port
    server.shutdown()
    server.server_close()


def ask(port: int, method: str, path: str, body: bytes | None = None):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request(method, path, body)
    response = connection.getresponse()
    content = response.read()
    connection.close()
    return response, content


def ask_raw(port: int, request: bytes) -> bytes:
    """What a client gets that does not tidy up its request."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(request)
        connection.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: connection.recv(65536), b""))


@pytest.mark.parametrize("name", [*site_files(SOURCE), ""])
def test_every_file_of_the_app_is_served_as_what_it_is(folder, port, name):
    response, content = ask(port, "GET", f"/{name}")
    file = folder / (name or "index.html")
    assert response.status == 200
    assert content == file.read_bytes()
    assert response.headers["Content-Type"] == TYPES[file.suffix]
    assert {key: response.headers[key] for key in HEADERS} == HEADERS


def test_the_types_are_those_that_browsers_insist_on():
    assert TYPES[".js"].startswith("text/javascript")
    assert TYPES[".css"].startswith("text/css")
    assert TYPES[".webmanifest"] == "application/manifest+json"


@pytest.mark.parametrize(
    "path",
    [
        "/../secret.html", "/models/../../secret.html", "/%2e%2e/secret.html", "/%2E%2E%2Fsecret.html",
        "/..%2fsecret.html", "/models/%2e%2e/%2e%2e/secret.html", "/..%5csecret.html",
        "/..;/secret.html", "/%252e%252e/secret.html", "//secret.html", "/./../secret.html",
        "/link.html", "/linked/secret.html", "/linked/site/index.html", "/notes.txt", "/models", "/models/",
        "/index.html/", "/index.html%00", "/in%00dex.html", "/.", "/..", "/C:/secret.html",
        "/missing.html", "/%ff%fe", "/.git/config",
        f"/{'a' * 300}.html", "http://[::1/index.html",
    ],
)  # fmt: skip
def test_nothing_else_is_served(port, path):
    answer = ask_raw(port, f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
    assert answer.split()[1] == b"404"
    assert SECRET.encode() not in answer


def test_absolute_paths_and_whole_addresses_lead_nowhere_else(folder, port):
    secret = folder.parent / "secret.html"
    for path in (f"/{secret}", str(secret), f"http://127.0.0.1{secret}", f"file://{secret}"):
        answer = ask_raw(port, f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
        assert SECRET.encode() not in answer


def test_a_question_mark_and_what_follows_do_not_matter(port):
    assert ask(port, "GET", "/index.html?version=2")[0].status == 200


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT", "BREW"])
def test_other_methods_are_refused(port, method):
    response, content = ask(port, method, "/index.html", b"x" * 100)
    assert response.status == 405
    assert response.headers["Allow"] == "GET, HEAD"
    assert content == b""


def test_head_is_answered_like_get_without_the_content(port):
    response, content = ask(port, "HEAD", "/models/mlp.bin")
    assert (response.status, response.headers["Content-Length"], content) == (200, "437544", b"")


def test_a_tab_that_is_closed_halfway_leaves_no_traceback_on_the_terminal(port, capfd):
    for request in (b"", b"GET /models/mlp.bin HTTP/1.1\r\nHost: x\r\n\r\n"):
        with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
            connection.sendall(request)
            reset = struct.pack("ii", 1, 0)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, reset)  # closing resets
    time.sleep(0.3)
    assert ask(port, "GET", "/")[0].status == 200
    assert capfd.readouterr().err == ""


def test_it_listens_on_this_machine_only_unless_asked(folder):
    assert HOST == "127.0.0.1"
    server = serve(folder, port=0)
    assert server.server_address[0] == "127.0.0.1"
    server.server_close()


def test_a_port_that_is_taken_is_one_clear_sentence(folder, port):
    with pytest.raises(
        OSError, match=f"cannot serve on 127.0.0.1:{port} .*; name another host or port, or port 0"
    ):
        serve(folder, port=port)


def test_the_page_carries_the_same_policy_as_the_server_sends():
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', (SOURCE / "index.html").read_text())
    assert policy[1] == HEADERS["Content-Security-Policy"]
    assert "unsafe" not in policy[1]


def test_a_host_that_cannot_be_is_told_with_what_to_change(tmp_path):
    with pytest.raises(OSError, match=r"cannot serve on 256\.1\.1\.1:0 .*; name another host or port"):
        serve(tmp_path, "256.1.1.1", 0)


@pytest.mark.parametrize(
    "host", ["http://127.0.0.1", "[::1]", "127.0.0.1:80", " ", "ü" * 80, "ü..b", "\udcff"]
)
def test_what_is_no_host_is_told_with_what_a_host_is(tmp_path, host):
    with pytest.raises(
        OSError, match=r"cannot serve on .*; a host is a name or address alone, such as 127\.0\.0\.1"
    ):
        serve(tmp_path, host, 0)


@pytest.mark.skipif(not socket.has_ipv6, reason="this Python knows no such addresses")
@pytest.mark.parametrize("host", ["::1", "::"])
def test_an_address_of_the_newer_kind_is_served_on(folder, host):
    with contextlib.ExitStack() as listening:
        try:
            listening.enter_context(socket.create_server((host, 0), family=socket.AF_INET6))
        except OSError as error:
            pytest.skip(f"this machine has no such address: {error}")
    server = serve(folder, host, 0)
    assert address_of(server, host) == f"http://[::1]:{server.server_port}/"
    with server, socket.create_connection(("::1", server.server_port), timeout=10):
        pass


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0"])
def test_the_address_is_one_that_a_browser_opens(folder, host):
    with serve(folder, host, 0) as server:
        assert address_of(server, host) == f"http://127.0.0.1:{server.server_port}/"
