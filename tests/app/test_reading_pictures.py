"""A folder of own pictures: which digit each is, how many are read right, and what is said of the rest."""

import os
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn
from typer.testing import CliRunner

from mnist_helpers.app.reading import VIEWS, app_models, read_digits, read_own
from mnist_helpers.course.cli import app
from mnist_helpers.digits import (
    Photo,
    draw_photo,
    draw_scrawls,
    prepare_drawing,
    random_drawing,
    read_folder,
    write_digits,
)

THREE = Photo(3, size=(160, 120), ink=(60, 60, 70))


@pytest.fixture
def folder(tmp_path):
    """Three pictures named by their digits, one called a 7 that is a 3, one that is blank, two unnamed."""
    for name in ("3.png", "3_anna.jpg", "7 no.png", "2024-05.png", "IMG_3.png", "notes.txt", "1.heic"):
        path = tmp_path / name
        if path.suffix in (".txt", ".heic"):
            path.write_text("not a picture")
        else:
            draw_photo(THREE).save(path)
    (tmp_path / "5").mkdir()
    draw_photo(replace(THREE, digit=5)).save(tmp_path / "5" / "IMG_1.png")
    draw_photo(replace(THREE, height=0.001, pen=0.001)).save(tmp_path / "5" / "blank.png")
    return tmp_path


class Says(nn.Module):
    """A model that gives every image the same logits."""

    def __init__(self, digit: int, logit: float):
        super().__init__()
        self.logits = nn.Parameter(torch.zeros(10).index_fill_(0, torch.tensor(digit), logit))

    def forward(self, images):
        return self.logits.expand(len(images), 10)


def names(paths) -> list[str]:
    return [path.name for path in paths]


def test_a_name_or_a_subfolder_tells_the_digit(folder):
    own = read_folder(folder)
    assert dict(zip(names(own.paths), own.labels.tolist(), strict=True)) == {
        "3.png": 3, "3_anna.jpg": 3, "7 no.png": 7, "IMG_1.png": 5,
    }  # fmt: skip
    assert own.images.shape == (4, 28, 28)
    assert names(own.unnamed) == ["2024-05.png", "IMG_3.png"]
    reasons = {path.name: reason for path, reason in own.refused.items()}
    assert "nothing stands out" in reasons.pop("blank.png")
    assert "is not a picture that can be read" in reasons.pop("1.heic")
    assert not reasons


@pytest.mark.parametrize("content", [None, (), ("IMG_1.png",)], ids=["no folder", "empty", "unnamed"])
def test_a_folder_without_named_pictures_is_refused_in_a_sentence(tmp_path, content):
    folder = tmp_path / "own"
    if content is not None:
        folder.mkdir()
        for name in content:
            draw_photo(THREE).save(folder / name)
    with pytest.raises(ValueError, match=r"there is no folder|no picture in .* tells its digit; put each"):
        read_folder(folder)


def test_what_a_mac_hides_beside_pictures_is_not_counted_as_a_picture(folder):
    before = read_folder(folder)
    for name in ("5/._IMG_1.png", "__MACOSX/5/._IMG_1.png", ".Trash/7.png", ".7.png"):
        (folder / name).parent.mkdir(exist_ok=True, parents=True)
        (folder / name).write_bytes(b"\0\5\x16\7")
    after = read_folder(folder)
    assert (after.paths, after.refused, after.unnamed) == (before.paths, before.refused, before.unnamed)


def test_a_picture_or_folder_that_cannot_be_opened_is_told_and_not_passed_over(folder, monkeypatch):
    (folder / "4_gone.png").symlink_to("nowhere.png")
    (folder / "round").symlink_to(folder)
    assert "there is no picture at" in read_folder(folder).refused[folder / "4_gone.png"]
    scan = os.scandir

    def refused(place):
        if str(place).endswith("5"):
            raise PermissionError(13, "Permission denied", str(place))
        return scan(place)

    monkeypatch.setattr("os.scandir", refused)
    with pytest.raises(ValueError, match=r"the folder .*5 cannot be read \(Permission denied\)"):
        read_folder(folder)


def test_a_result_counts_what_could_not_be_prepared_as_not_read(folder):
    result = read_own(folder, [Says(3, 9.0)])
    assert (result.right, result.count) == (2, 6)
    sentences = {path.name: sentence for path, sentence in result.failures().items()}
    assert sentences["7 no.png"].startswith("read as a 3, ")
    assert sentences.keys() == {"7 no.png", "IMG_1.png", "blank.png", "1.heic"}
    images, answers, labels = result.seen_wrong()
    assert len(images) == len(answers.digit) == len(labels) == 2


def test_an_unsure_answer_is_none(folder):
    result = read_own(folder, [Says(3, 1.0)])
    assert result.right == 0
    assert "this does not look like one digit" in result.failures().values()


def test_the_apps_models_know_digits_of_every_kind_from_what_is_no_digit():
    rng = np.random.default_rng(11)
    digits, labels, _ = write_digits(100, rng)
    drawings = [prepare_drawing(random_drawing(digit, rng).render()) for digit in range(10)]
    both = read_digits(torch.from_numpy(np.concatenate([digits, drawings])))
    assert both.is_digit.float().mean() >= 0.97
    right = both.prediction.digit == torch.cat([torch.from_numpy(labels), torch.arange(10)])
    assert right.float().mean() >= 0.97
    scrawls, _ = draw_scrawls(105, rng)
    assert read_digits(torch.from_numpy(scrawls)).is_digit.float().mean() <= 0.2


def test_a_folder_of_pictures_that_cannot_be_read_has_none_right(tmp_path):
    (tmp_path / "1.png").write_text("not a picture")
    result = read_own(tmp_path)
    assert (result.right, result.count, len(result.failures())) == (0, 1, 1)


def test_views_and_models_are_averaged():
    images = torch.zeros((2, 28, 28), dtype=torch.uint8)
    answer = read_digits(images, [Says(3, 30.0), Says(4, 30.0)]).prediction
    assert answer.probabilities[0].tolist() == pytest.approx([0, 0, 0, 0.5, 0.5, 0, 0, 0, 0, 0], abs=1e-6)
    assert len(set(VIEWS)) == 13
    seen = []
    watcher = Says(0, 1.0)
    watcher.register_forward_pre_hook(lambda module, given: seen.append(given[0]))
    read_digits(torch.randint(0, 256, (1, 28, 28), dtype=torch.uint8), [watcher])
    assert len({tuple(view.flatten().tolist()) for view in seen}) == 13


def test_no_model_to_read_with_is_told():
    with pytest.raises(ValueError, match="there is no model to read with"):
        read_digits(torch.zeros((1, 28, 28), dtype=torch.uint8), [])


def test_the_command_says_how_many_are_right_and_draws_the_rest(folder, tmp_path_factory):
    drawn = tmp_path_factory.mktemp("out") / "new" / "failures"
    result = CliRunner().invoke(app, ["read", str(folder), "--failures", str(drawn)])
    assert result.exit_code == 0, result.output
    assert "7 no.png: read as a 3" in result.output
    assert "2024-05.png: left out, because nothing tells its digit" in result.output
    assert "3 of 6 right: 50.0% (95% interval: 18.8% to 81.2%)" in result.output
    assert drawn.stat().st_size > 1000


@pytest.mark.parametrize(
    ("place", "said"),
    [
        ("", "cannot be used (Is a directory)"),
        ("a.doc", "Format 'doc' is not supported (supported"),
    ],
)
def test_the_command_says_where_the_rest_cannot_be_drawn(folder, tmp_path, monkeypatch, place, said):
    wrong = read_own(folder)
    monkeypatch.setattr("mnist_helpers.app.reading.read_own", lambda *_: wrong)
    result = CliRunner().invoke(app, ["read", str(folder), "--failures", str(tmp_path / place)])
    assert result.exit_code == 1
    assert said in result.output
    assert "3 of 6 right" in result.output  # is known anyway
    assert isinstance(result.exception, SystemExit)


def test_a_learners_own_picture_is_never_written_over(folder, monkeypatch):
    wrong = read_own(folder)
    monkeypatch.setattr("mnist_helpers.app.reading.read_own", lambda *_: wrong)
    picture = wrong.own.paths[0]
    before = picture.read_bytes()
    result = CliRunner().invoke(app, ["read", str(folder), "--failures", str(picture)])
    assert result.exit_code == 1
    assert f"{picture} is one of the pictures; name another file with --failures.\n" in result.output
    assert picture.read_bytes() == before


def test_the_command_refuses_an_empty_folder_in_a_sentence(tmp_path):
    result = CliRunner().invoke(app, ["read", str(tmp_path)])
    assert result.exit_code == 1
    assert "tells its digit; put each picture into a subfolder named 0 to 9" in result.output


def test_the_apps_models_come_with_the_default_one_first():
    assert len(app_models()) == 2
