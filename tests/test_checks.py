"""Bad input gets one clear sentence that says what is wrong, where, and what to do next."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader

from mnist_helpers import (
    MLP,
    Split,
    Splits,
    accuracy_interval,
    confused_pairs,
    evaluate,
    flatten,
    normalise,
    one_hot,
    predict,
    predict_logits,
    prepare_picture,
    preprocess,
    train,
    unflatten,
    worst_mistakes,
)
from mnist_helpers.checks import check_inputs, check_labels, check_number, check_pixels
from mnist_helpers.digits import prepare_drawing
from mnist_helpers.preprocessing import split_indices

IMAGES, LABELS = torch.rand(4, 784), torch.tensor([3, 1, 4, 1])
WITH_NAN = torch.rand(4, 784).index_put((torch.tensor(2), torch.tensor(5)), torch.tensor(torch.nan))
PIXELS = torch.zeros(4, 28, 28, dtype=torch.uint8)

BAD_PIXELS = {
    "floats": (PIXELS.float(), TypeError, "must be uint8 pixels in 0..255, not float32"),
    "other size": (PIXELS[:, 1:], ValueError, r"must have shape \(n, 28, 28\), not \(4, 27, 28\)"),
    "one image": (PIXELS[0], ValueError, r"must have shape \(n, 28, 28\), not \(28, 28\)"),
    "flattened": (PIXELS.flatten(1), ValueError, r"must have shape \(n, 28, 28\), not \(4, 784\)"),
    "empty": (PIXELS[:0], ValueError, "are empty"),
    "numpy": (PIXELS.numpy(), TypeError, r"must be a torch.Tensor, not ndarray; wrap it"),
}
BAD_INPUTS = {
    "pixels": (PIXELS.flatten(1), TypeError, r"float32, not uint8; call flatten\(normalise\(images\)\)"),
    "doubles": (IMAGES.double(), TypeError, "must be float32, not float64"),
    "one image": (IMAGES[0], ValueError, r"image.reshape\(1, 784\)"),
    "one square image": (IMAGES[0].view(28, 28), ValueError, r"image.reshape\(1, 784\)"),
    "squares": (IMAGES.view(4, 28, 28), ValueError, r"not \(4, 28, 28\); call flatten\(images\)"),
    "other width": (IMAGES[:, 1:], ValueError, r"must have shape \(n, 784\), not \(4, 783\)"),
    "too bright": (IMAGES * 255, ValueError, r"must lie in \[0, 1\], but reach from"),
    "negative": (IMAGES - 1, ValueError, r"must lie in \[0, 1\], but reach from -"),
    "infinite": (IMAGES / 0, ValueError, r"must lie in \[0, 1\].* to inf"),
    "NaN": (WITH_NAN, ValueError, "contain NaN, first in image 2"),
    "empty": (IMAGES[:0], ValueError, "are empty"),
    "list": (IMAGES.tolist(), TypeError, "must be a torch.Tensor, not list"),
}
BAD_LABELS = {
    "ten": (torch.tensor([3, 1, 10, 1]), ValueError, r"must be 0 to 9, but .*labels\[2\] is 10"),
    "negative": (torch.tensor([3, -1, 4, 1]), ValueError, r"labels\[1\] is -1"),
    "floats": (LABELS.float(), TypeError, "must be whole numbers 0 to 9, not float32"),
    "booleans": (LABELS > 2, TypeError, "not bool"),
    "too few": (LABELS[:3], ValueError, r"must have shape \(4,\), one digit per image, not \(3,\)"),
    "one-hot": (torch.eye(10)[LABELS].long(), ValueError, r"with labels.argmax\(1\)"),
    "empty": (LABELS[:0], ValueError, "are empty"),
    "list": (LABELS.tolist(), TypeError, "must be a torch.Tensor, not list"),
}


def cases(table: dict) -> pytest.MarkDecorator:
    return pytest.mark.parametrize(("bad", "error", "message"), table.values(), ids=table.keys())


def assert_one_sentence(caught: pytest.ExceptionInfo, most: int = 160) -> None:
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < most


@cases(BAD_PIXELS)
@pytest.mark.parametrize("function", [check_pixels, normalise])
def test_bad_pixels_are_told(function, bad, error, message):
    with pytest.raises(error, match=message) as caught:
        function(bad)
    assert_one_sentence(caught)


@cases(BAD_INPUTS)
def test_bad_images_are_told_wherever_they_enter(bad, error, message):
    model = MLP()
    for enter in (
        lambda: check_inputs(bad),
        lambda: predict(model, bad),
        lambda: evaluate(model, Split(bad, torch.zeros(len(bad), dtype=torch.long))),
    ):
        with pytest.raises(error, match=message) as caught:
            enter()
        assert_one_sentence(caught)


@cases(BAD_INPUTS)
def test_bad_images_are_told_before_training(bad, error, message):
    """Any shape may be trained on that the model takes, so the model is asked."""
    model, sound = MLP(), Split(IMAGES, LABELS)
    if error is ValueError and bad.shape[1:] != IMAGES.shape[1:]:
        message = r"shape \("
    for splits in (
        Splits(Split(bad, LABELS), sound, sound),
        Splits(sound, Split(bad, LABELS), sound),
        Splits(Split(bad, LABELS), Split(bad, LABELS), sound),
    ):
        with pytest.raises(error, match=message) as caught:
            train(model, splits, progress=False)
        assert_one_sentence(caught)


@cases(BAD_LABELS)
def test_bad_labels_are_told_wherever_they_enter(bad, error, message):
    model, sound = MLP(), Split(IMAGES, LABELS)
    for enter in (
        lambda: check_labels(bad, 4),
        lambda: evaluate(model, Split(IMAGES, bad)),
        lambda: train(model, Splits(Split(IMAGES, bad), sound, sound), progress=False),
        lambda: train(model, Splits(sound, Split(IMAGES, bad), sound), progress=False),
    ):
        with pytest.raises(error, match=message) as caught:
            enter()
        assert_one_sentence(caught)


def test_the_message_names_the_split_that_is_bad():
    sound = Split(IMAGES, LABELS)
    with pytest.raises(ValueError, match=r"^val images contain NaN"):
        train(MLP(), Splits(sound, Split(WITH_NAN, LABELS), sound), progress=False)


def test_raw_data_with_bad_labels_is_told_by_name(tiny_data):
    with pytest.raises(ValueError, match=r"^test_labels must have shape \(360,\)"):
        preprocess(replace(tiny_data, test_labels=tiny_data.test_labels[1:]))
    with pytest.raises(ValueError, match=r"^train_labels must be 0 to 9"):
        preprocess(replace(tiny_data, train_labels=tiny_data.train_labels + 1))


@pytest.mark.parametrize(
    "dtype", [torch.uint8, torch.int16, torch.int32, torch.int64, torch.uint16, torch.uint64]
)
def test_labels_of_every_integer_type_are_welcome(dtype):
    split = Split(IMAGES, LABELS.to(dtype))
    assert train(MLP(), Splits(split, split, split), num_epochs=1, progress=False).num_epochs == 1
    assert evaluate(MLP(), split).labels.tolist() == LABELS.tolist()
    with pytest.raises(ValueError, match=r"must be 0 to 2, but labels\[0\] is 3"):
        check_labels(split.labels, num_classes=3)


@pytest.mark.parametrize(
    ("function", "bad", "shape"),
    [
        (flatten, IMAGES, r"\(n, 28, 28\)"),
        (unflatten, PIXELS, r"\(n, 784\)"),
        (unflatten, IMAGES[:, 1:], ""),
    ],
)
def test_folding_the_wrong_way_is_told(function, bad, shape):
    with pytest.raises(ValueError, match=f"must have shape .*{shape}"):
        function(bad)


@pytest.mark.parametrize("bad", [0, -1, 2.5, float("nan"), "3", None, True])
def test_counts_must_be_whole_and_positive(bad):
    with pytest.raises(ValueError, match=r"^num_epochs must be a whole number above 0, not"):
        check_number(whole=True, num_epochs=bad)


@pytest.mark.parametrize("given", [np.float32(0.1), np.array(0.1), torch.tensor(0.1)])
def test_a_number_in_any_dress_is_a_number(given):
    check_number(learning_rate=given)
    check_number(whole=True, num_epochs=torch.tensor(3))


@pytest.mark.parametrize("bad", [0, -1e-3, float("nan"), float("inf"), "0.1", None, True, [0.1], 1j])
def test_rates_must_be_positive_and_finite(bad):
    with pytest.raises(ValueError, match=r"^learning_rate must be a number above 0, not"):
        check_number(learning_rate=bad)


def test_one_hot_tells_labels_that_do_not_fit_the_classes():
    assert one_hot(torch.tensor([25]), num_classes=26).argmax().item() == 25
    with pytest.raises(ValueError, match="must be 0 to 4, but"):
        one_hot(torch.tensor([7]), num_classes=5)


KINDS = {
    "a data loader": (
        lambda sound: train(MLP(), DataLoader([1])),
        "splits must be of the kind Splits, not DataLoader",
    ),
    "one part": (lambda sound: train(MLP(), sound), "splits must be of the kind Splits, not Split"),
    "the wrong way round": (lambda sound: train(sound, MLP()), "model must be of the kind Module, not Split"),
    "a class": (lambda sound: train(MLP, sound), "model must be of the kind Module, not the class MLP"),
    "all parts": (
        lambda sound: evaluate(MLP(), Splits(sound, sound, sound)),
        r"split must be of the kind Split, not Splits; splits\.test is one",
    ),
    "images alone": (lambda sound: evaluate(MLP(), IMAGES), "split must be of the kind Split, not Tensor"),
    "no model": (lambda sound: predict(IMAGES, MLP()), "model must be of the kind Module, not Tensor"),
    "no data": (lambda sound: preprocess(IMAGES), "data must be of the kind MnistData, not Tensor"),
    "digits of another library": (lambda sound: flatten(PIXELS.numpy()), "images must be of the kind Tensor"),
    "rows of another library": (lambda sound: unflatten(IMAGES.numpy()), "images must be of the kind Tensor"),
    "labels in a list": (lambda sound: split_indices([3, 1]), "labels must be of the kind Tensor, not list"),
    "no extras": (
        lambda sound: train(MLP(), Splits(sound, sound, sound), extras=3),
        r"extras must be of the kind Extras, not int; Extras\(patience=3\) is one",
    ),
    "a list": (lambda sound: prepare_drawing([[1]]), r"ink must be a NumPy array of shape \(h, w\), uint8"),
    "colours": (lambda sound: prepare_drawing(np.zeros((2, 2, 3), np.uint8)), "ink must be a NumPy array"),
    "a list of pixels": (lambda sound: prepare_picture([[1]] * 99), "is needed, not list"),
    "slopes": (lambda sound: prepare_picture(torch.rand(9, 9, requires_grad=True)), "is needed, not"),
}


@pytest.mark.parametrize(("enter", "message"), KINDS.values(), ids=KINDS.keys())
def test_a_thing_of_another_kind_is_told_with_what_is_needed(enter, message):
    with pytest.raises(TypeError, match=message) as caught:
        enter(Split(IMAGES, LABELS))
    assert_one_sentence(caught)


@pytest.mark.parametrize("bad", [-1, 2**32, 1.0, "0", None, True])
def test_a_seed_is_a_whole_number_that_every_library_takes(tiny_data, bad):
    sound = Split(IMAGES, LABELS)
    for enter in (
        lambda: preprocess(tiny_data, seed=bad),
        lambda: train(MLP(), Splits(sound, sound, sound), seed=bad),
    ):
        with pytest.raises(ValueError, match=r"^seed must be a whole number above -1 and below \d+, not"):
            enter()


def test_settings_may_be_numpys_and_a_device_torchs():
    split = Split(IMAGES, LABELS)
    numpys = {"num_epochs": np.int64(2), "batch_size": np.int64(3), "learning_rate": np.float32(0.5)}
    plain = {"num_epochs": 2, "batch_size": 3, "learning_rate": 0.5}
    weights = []
    for settings in (
        plain | {"seed": 1, "device": "cpu"},
        numpys | {"seed": np.int8(1), "device": torch.device("cpu")},
    ):
        model = MLP(torch.Generator().manual_seed(0))
        train(model, Splits(split, split, split), progress=False, **settings)
        weights.append(model.output.bias)
    assert torch.equal(*weights)


NARROW, ONE_ANSWER = nn.Linear(784, 2), nn.Sequential(nn.Linear(784, 1), nn.Flatten(0))
MODELS = {
    "pictures with a channel": (
        nn.Conv2d(1, 3, 3),
        r"take images of shape \(\d, 784\): .* conv2d.*; try images.view\(-1, 1, 28, 28",
    ),
    "double precision": (MLP().double(), r"same dtype, .* Double; try model.float\(\)$"),
    "layers that do not meet": (
        nn.Sequential(nn.Linear(784, 12), nn.Linear(10, 10)),
        r"mat1 and mat2 shapes cannot be multiplied \(4x12 and 10x10\)",
    ),
    "too few classes": (NARROW, r"^the model must give logits of shape \(4, \d or more\), .*, not \(4, 2\)"),
    "one answer": (ONE_ANSWER, r"^the model must give logits of shape \(4, \d or more\), .*, not \(4,\)"),
    "a row of logits for each row of pixels": (
        nn.Sequential(nn.Unflatten(1, (28, 28)), nn.Flatten(0, 1), nn.Linear(28, 10)),
        r"not \(112, 10\)",
    ),
}


@pytest.mark.parametrize(("model", "message"), MODELS.values(), ids=MODELS.keys())
def test_a_model_that_does_not_fit_is_told_wherever_it_enters(model, message):
    sound = Split(IMAGES, LABELS)
    for enter in (
        lambda: predict(model, IMAGES) if model is not NARROW else evaluate(model, sound),
        lambda: evaluate(model, sound),
        lambda: train(model, Splits(sound, sound, sound), progress=False),
    ):
        with pytest.raises(ValueError, match=message) as caught:
            enter()
        assert_one_sentence(caught, most=200)  # torch's own words are in it


def test_pictures_given_to_a_model_that_takes_rows_are_to_be_flattened():
    with pytest.raises(ValueError, match=r"take images of shape \(4, 1, 28, 28\): .*flatten\(1\)"):
        predict(MLP(), IMAGES.view(4, 1, 28, 28))


def test_a_model_that_gives_more_than_logits_is_told_wherever_it_enters():
    class Talkative(nn.Linear):
        def forward(self, images):
            return super().forward(images), images

    said = "what the model gives must be of the kind Tensor, not tuple; let its forward return the logits"
    sound = Split(IMAGES, LABELS)
    for enter in (
        lambda model: predict_logits(model, IMAGES),
        lambda model: train(model, Splits(sound, sound, sound)),
    ):
        with pytest.raises(TypeError, match=said):
            enter(Talkative(784, 10))


@pytest.mark.parametrize("num_classes", [2, 26])
def test_other_numbers_of_classes_are_learnt_and_measured(num_classes):
    labels = torch.tensor([0, 1, 1, 0])
    sound, model = Split(IMAGES, labels), nn.Linear(784, num_classes)
    train(model, Splits(sound, sound, sound), num_epochs=1, progress=False)
    assert evaluate(model, sound).labels.tolist() == labels.tolist()


def test_an_error_of_another_kind_in_a_models_own_code_is_its_own():
    with pytest.raises(NotImplementedError):
        predict(nn.Module(), IMAGES)


def test_a_rule_without_weights_is_a_model_too():
    class Rule(nn.Module):
        def forward(self, images):
            return torch.eye(10)[torch.full((len(images),), 4)]

    assert predict(Rule(), IMAGES).digit.tolist() == [4] * 4


@pytest.mark.parametrize("bad", [98, -0.1, float("nan")])
def test_an_accuracy_is_a_share_and_no_percentage(bad):
    with pytest.raises(ValueError, match=r"^accuracy must be a share, from 0 to 1, not"):
        accuracy_interval(bad, 100)


ODD = [
    None,
    [1, 2],
    np.zeros((4, 4)),
    "x",
    {},
    MLP(),
    IMAGES,
    (IMAGES, LABELS),
    1j,
    torch.zeros(0),
    torch.tensor(3),
]


@pytest.mark.parametrize("odd", ODD, ids=lambda odd: type(odd).__name__)
def test_what_is_of_another_kind_is_told_wherever_an_evaluation_wants_something(odd):
    sound = evaluate(MLP(), Split(IMAGES, LABELS))
    asked = [
        lambda: evaluate(odd, Split(IMAGES, LABELS)) if not isinstance(odd, MLP) else evaluate(MLP(), odd),
        lambda: evaluate(MLP(), Split(odd, LABELS)) if odd is not IMAGES else evaluate(MLP(), odd),
        lambda: evaluate(MLP(), Split(IMAGES, odd)),
        lambda: confused_pairs(odd),
        lambda: worst_mistakes(odd),
        lambda: accuracy_interval(odd, 100),
        lambda: accuracy_interval(0.5, 100, level=odd),
    ]
    if not (isinstance(odd, torch.Tensor) and odd.ndim == 0):  # which is a number
        asked += [
            lambda: confused_pairs(sound, odd),
            lambda: worst_mistakes(sound, odd),
            lambda: accuracy_interval(0.5, odd),
        ]
    for ask in asked:
        with pytest.raises((TypeError, ValueError), match=r"must (be|have) .+, not|are empty") as caught:
            ask()
        assert len(str(caught.value)) < 200


def test_an_interval_takes_numbers_of_torch_and_numpy():
    expected = accuracy_interval(0.5, 100, 0.9)
    assert accuracy_interval(torch.tensor(0.5), torch.tensor(100), torch.tensor(0.9)) == pytest.approx(
        expected
    )
    assert accuracy_interval(np.float32(0.5), np.int64(100), np.float32(0.9)) == pytest.approx(expected)


def test_sound_input_passes():
    check_pixels(PIXELS)
    check_inputs(IMAGES)
    check_inputs(IMAGES.view(4, 1, 28, 28))
    check_labels(LABELS, 4)
