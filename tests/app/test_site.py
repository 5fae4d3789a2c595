"""The app as files: complete, stamped, in one piece; and the commands that make them."""

import json
import re
import shutil
import struct
from dataclasses import replace

import numpy as np
import pytest
from app_hand import draw_with_mouse, open_app, part, settle
from conftest import full_disk
from typer.testing import CliRunner

from mnist_helpers import save_checkpoint
from mnist_helpers.app import recipe
from mnist_helpers.app.bundle import IMPORT, bundle, single_file, write_single_file
from mnist_helpers.app.site import MODELS, SOURCE, site_files, stamp_service_worker, write_site
from mnist_helpers.course.cli import app
from mnist_helpers.digits import random_drawing


@pytest.fixture
def site(tmp_path):
    return write_site(tmp_path / "site")


def constants(site) -> dict:
    """What the service worker has been told."""
    text = (site / "service-worker.js").read_text()
    lines = re.findall(r"^const (VERSION|NEEDED|WELCOME) = (.*);$", text, re.MULTILINE)
    return {name: json.loads(value) for name, value in lines}


def test_the_whole_app_with_all_models_and_icons_is_below_700_kilobytes(site):
    assert sum((site / name).stat().st_size for name in site_files(site)) <= 700_000


def test_an_export_from_a_course_that_may_only_be_read_can_be_changed(tmp_path, monkeypatch):
    source = shutil.copytree(SOURCE, tmp_path / "source")
    for path in (source, *source.rglob("*")):
        path.chmod(path.stat().st_mode & ~0o222)
    monkeypatch.setattr("mnist_helpers.app.site.SOURCE", source)
    folder = write_site(tmp_path / "site")
    assert not [path for path in folder.rglob("*") if not path.stat().st_mode & 0o200]
    for path in (source, *source.rglob("*")):
        path.chmod(path.stat().st_mode | 0o200)  # or it could not be removed


def test_nothing_in_the_app_names_another_place():
    for name in site_files(SOURCE):
        if not name.endswith((".bin", ".png")):
            assert not re.search(r"https?:|//[a-z]+\.", (SOURCE / name).read_text(encoding="utf-8")), name


def test_the_page_has_no_script_style_or_handler_of_its_own():
    page = (SOURCE / "index.html").read_text()
    assert not re.search(r"<style|\sstyle=|\son\w+=|javascript:", page)
    assert re.findall(r"<script.*?>(.*?)</script>", page, re.S) == [""]


def test_the_service_worker_knows_every_file_once(site):
    told = constants(site)
    files = [name for name in site_files(site) if name not in ("service-worker.js", "index.html")]
    assert sorted(told["NEEDED"] + told["WELCOME"]) == sorted(["./", *files])
    assert {"./", "app.js", "network.js", "models/mlp.bin", "models/mlp.json"} <= set(told["NEEDED"])
    assert {"icons/icon-512.png", "models/small_cnn.bin"} <= set(told["WELCOME"])


@pytest.mark.parametrize("name", ["index.html", "view.js", "service-worker.js", "icons/icon-192.png"])
def test_the_version_changes_with_any_file_and_only_then(site, name):
    before = constants(site)["VERSION"]
    stamp_service_worker(site, "mlp")
    assert constants(site)["VERSION"] == before
    with (site / name).open("ab") as file:
        file.write(b"\n// another line\n")
    stamp_service_worker(site, "mlp")
    assert constants(site)["VERSION"] != before


def test_a_folder_with_other_things_is_not_written_into(tmp_path, site):
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(FileExistsError, match="holds other things than this app"):
        write_site(tmp_path)
    assert write_site(site) == site  # an earlier export may be replaced


@pytest.mark.parametrize("place", [".", "models/../new"])
def test_the_app_is_not_written_into_itself(tmp_path, monkeypatch, place):
    source = shutil.copytree(SOURCE, tmp_path / "source")
    monkeypatch.setattr("mnist_helpers.app.site.SOURCE", source)
    with pytest.raises(FileExistsError, match=r"the app itself lies; name a new folder elsewhere"):
        write_site(source / place)
    assert site_files(source) == site_files(SOURCE)


def test_a_full_disk_leaves_no_part_of_the_single_file(site, tmp_path):
    with full_disk(), pytest.raises(OSError, match="File too large"):
        write_single_file(tmp_path / "one" / "app.html", site)
    assert list((tmp_path / "one").iterdir()) == []


def test_an_export_that_a_full_disk_has_stopped_can_be_made_again(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    folder = tmp_path / "folder" / "site"
    with monkeypatch.context() as patch:
        patch.setattr("mnist_helpers.app.site.copy_files", full)
        with pytest.raises(OSError, match="No space"):
            write_site(folder)
    assert write_site(folder) == folder


def test_the_models_of_another_app_with_a_service_worker_are_not_removed(tmp_path):
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "theirs.bin").touch()
    (tmp_path / "service-worker.js").touch()
    with pytest.raises(FileExistsError, match="holds other things than this app"):
        write_site(tmp_path)
    assert (tmp_path / "models" / "theirs.bin").exists()


def test_the_model_of_an_earlier_export_is_gone(tmp_path, site):
    for ending in ("json", "bin"):
        shutil.copy(MODELS / f"mlp.{ending}", tmp_path / f"own.{ending}")
    write_site(site, tmp_path / "own.json")
    assert any("own" in name for name in constants(site)["NEEDED"])
    write_site(site)
    assert not list((site / "models").glob("own.*"))
    assert not [name for names in constants(site).values() for name in names if "own" in name]


def test_the_manifest_names_icons_of_the_sizes_it_says():
    manifest = json.loads((SOURCE / "manifest.webmanifest").read_text())
    assert manifest["display"] == "standalone"
    assert {"192x192", "512x512"} <= {icon["sizes"] for icon in manifest["icons"]}
    assert "maskable" in {icon.get("purpose") for icon in manifest["icons"]}
    for icon in manifest["icons"]:
        size = struct.unpack(">II", (SOURCE / icon["src"]).read_bytes()[16:24])
        assert "x".join(map(str, size)) == icon["sizes"]


def test_a_bundle_holds_every_module_once_and_imports_nothing():
    text = bundle(SOURCE / "app.js")
    threads = ("service-worker.js", "photo-worker.js")  # of their own; the page has all it needs without them
    modules = [name for name in site_files(SOURCE) if name.endswith(".js") and name not in threads]
    assert not IMPORT.search(text)
    assert not re.search(r"^import\b", text, re.M)
    wrapped = re.findall(r"^const (module_\w+) = ", text, re.MULTILINE)
    assert len(wrapped) == len(set(wrapped)) == len(modules) - 1  # all but the last
    assert text.index("const module_resampling") < text.index("const module_preparation")


def test_every_module_keeps_to_what_the_bundler_understands():
    for name in site_files(SOURCE):
        if name.endswith(".js"):
            text = (SOURCE / name).read_text()
            imports = re.findall(r"^import\b.*$", text, re.M)
            assert len(imports) == len(IMPORT.findall(text)), name
            exports = re.findall(r"^export\b(?! (?:async )?(?:function|class|const) \w)", text, re.M)
            assert exports == [], name


def test_the_single_file_has_everything_inside_and_allows_nothing_else(site):
    page = single_file(site)
    assert "<link" not in page
    assert not re.search(r'\s(?:src|href)="', page)
    assert re.search(r"default-src 'none'; script-src 'sha256-\S+'; style-src 'sha256-\S+'\"", page)
    for name in ("models/models.json", "models/mlp.bin", "models/small_cnn.json"):
        assert f'data-file="{name}"' in page


@pytest.fixture
def call():
    return lambda *arguments: CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_the_app_can_be_exported_with_the_learners_own_model_first(call, tmp_path, trained, monkeypatch):
    monkeypatch.setattr("mnist_helpers.storage.fetch_missing", _no_network)
    checkpoint = save_checkpoint(tmp_path / "own.pt", *trained)
    result = call("app", "--checkpoint", checkpoint, "--export", tmp_path / "site")
    assert result.exit_code == 0, result.output
    models = json.loads((tmp_path / "site" / "models" / "models.json").read_text())
    assert models[0] == {"file": "models/own.json", "title": "Your MLP(), 109,386 parameters"}
    assert {"models/own.json", "models/own.bin"} <= set(constants(tmp_path / "site")["NEEDED"])


def test_the_app_can_be_written_to_one_file(call, tmp_path):
    result = call("app", "--single-file", tmp_path / "deep" / "digits.html")
    assert result.exit_code == 0, result.output
    assert (tmp_path / "deep" / "digits.html").read_text().startswith("<!doctype html>")


def test_the_app_is_served_and_the_browser_opened_on_it(call, monkeypatch):
    opened, served = [], []

    def interrupted(server):
        served.append(server.server_address)
        raise KeyboardInterrupt

    monkeypatch.setattr("webbrowser.open", opened.append)
    monkeypatch.setattr("socketserver.BaseServer.serve_forever", interrupted)
    result = call("app", "--port", 0)
    assert result.exit_code == 0, result.output
    assert (
        re.search(r"Draw at (http://127\.0\.0\.1:\d+/) \(stop with Ctrl-C\)\.", result.output)[1] == opened[0]
    )
    assert [host for host, port in served] == ["127.0.0.1"]


@pytest.mark.parametrize("command", [("app", "--single-file", "x.html"), ("export", "--onnx", "x.onnx")])
def test_a_checkpoint_that_is_missing_is_one_sentence(call, command, tmp_path, monkeypatch):
    monkeypatch.setattr("mnist_helpers.storage.fetch_missing", _no_network)
    monkeypatch.chdir(tmp_path)
    result = call(*command, "--checkpoint", tmp_path / "none.pt")
    assert result.exit_code == 1
    assert result.output.splitlines()[-1].startswith(f"there is no checkpoint none.pt in {tmp_path}")


def test_onnx_is_exported_from_the_command_line(call, tmp_path):
    pytest.importorskip("onnxscript")
    result = call("export", "--onnx", tmp_path / "digits.onnx")
    assert result.exit_code == 0, result.output
    assert result.output.startswith("Multilayer perceptron, 109,386 parameters: ")
    assert (tmp_path / "digits.onnx").stat().st_size > 437_544


def test_the_apps_models_are_never_trained_on_the_embedded_default(call, monkeypatch):
    monkeypatch.setattr("mnist_helpers.storage.fetch_missing", _no_network)
    result = call("app-model")
    assert result.exit_code == 1
    assert "set MNIST_DATA_DIR to a folder with its four files" in result.output


def test_what_the_command_trains_is_an_app_that_reads(
    call, browser, serve_folder, tiny_data, tmp_path, monkeypatch
):
    source = shutil.copytree(SOURCE, tmp_path / "source")
    before = {path.name: path.read_bytes() for path in (source / "models").glob("*.bin")}
    monkeypatch.setattr("mnist_helpers.app.site.SOURCE", source)
    monkeypatch.setattr("mnist_helpers.app.site.MODELS", source / "models")
    monkeypatch.setattr("mnist_helpers.course.app_commands.require_mnist", lambda why: tiny_data)
    once = recipe.Recipe(1, 5e-3, recipe.Sources(26, 14))  # in place of half an hour
    quick = {
        name: (title, network, replace(once, then=how.then and once, share=how.share))
        for name, (title, network, how) in recipe.MODELS.items()
    }
    monkeypatch.setattr(recipe, "MODELS", quick)
    result = call("app-model")
    assert result.exit_code == 0, result.output
    assert result.output.splitlines()[-2:] == ["mlp.json", "small_cnn.json"]
    left = {path.name: path.read_bytes() for path in (source / "models").iterdir()}
    assert left.keys() == {path.name for path in MODELS.iterdir()}
    changed = {name for name in before if before[name] != left[name]}
    assert changed == {"mlp.bin", "small_cnn.bin"}
    page = browser.new_page()
    open_app(page, serve_folder(write_site(tmp_path / "site")))
    for name, title in (("mlp", "Multilayer"), ("small_cnn", "Small convolutional")):
        part(page, "models").select_option(f"models/{name}.json")
        page.get_by_text(title).and_(part(page, "model")).wait_for()
        draw_with_mouse(page, random_drawing(1, np.random.default_rng(0)))
        settle(page)
        assert "360 test images of MNIST" in part(page, "model").inner_text()
        assert "%" in part(page, "bars").inner_text()
        page.keyboard.press("Escape")
    page.close()


def _no_network(*_):
    raise OSError("no network in this test")
