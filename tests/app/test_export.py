"""Models on their way into the app and into ONNX: the same answers, or one clear sentence."""

import copy
import hashlib
import json
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from conftest import full_disk, new_model
from torch import nn

from mnist_helpers import evaluate, flatten, normalise, predict_logits, preprocess, save_checkpoint
from mnist_helpers.app.exporting import About, ExportError, layers_of, read_model, write_model
from mnist_helpers.app.onnx_export import export_onnx
from mnist_helpers.app.own_model import about_own_model, load_own_model
from mnist_helpers.app.recipe import MODELS as RECIPES
from mnist_helpers.app.recipe import describe_recipe, redraw
from mnist_helpers.app.site import MODELS, default_models
from mnist_helpers.checkpoints import CheckpointError
from mnist_helpers.networks import lenet, linear, mlp, small_cnn, small_resnet

ABOUT = About("A test", "nothing", "none", "nothing", 10, 0.1)


class OwnNetwork(nn.Module):
    """As a learner might write it: layers in __init__, everything else as functions in forward."""

    def __init__(self):
        super().__init__()
        self.convolution = nn.Conv2d(1, 4, 5, stride=2, padding=2)
        self.dropout = nn.Dropout(0.5)
        self.output = nn.Linear(4 * 7 * 7, 10)

    def forward(self, images):
        x = images.view(len(images), 1, 28, 28)
        x = F.max_pool2d(F.relu(self.convolution(x)), 2)
        x = F.dropout(x, 0.2, training=self.training)
        return self.output(self.dropout(x.view(x.size(0), -1)))


def settled(model: nn.Module) -> nn.Module:
    """The model after some training mode: batch normalisation has seen images."""
    images = torch.rand(64, 784, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        for _ in range(3):
            model.train()(images)
    return model.eval()


NETWORKS = {
    "MLP": new_model,
    "linear": linear,
    "mlp": lambda: mlp((40, 30), dropout=0.2, batch_norm=True),
    "lenet": lenet,
    "small_cnn": lambda: small_cnn(4),
    "own": OwnNetwork,
}


@pytest.mark.parametrize("name", NETWORKS)
def test_what_is_written_and_read_again_gives_the_same_logits(tmp_path, name):
    torch.manual_seed(0)
    model = settled(NETWORKS[name]())
    restored, about = read_model(write_model(tmp_path, "net", model, ABOUT))
    images = torch.rand(50, 784, generator=torch.Generator().manual_seed(2))
    assert about == ABOUT
    assert (predict_logits(restored, images) - predict_logits(model, images)).abs().max() <= 1e-4


def test_exporting_leaves_the_model_as_it_was(tmp_path):
    model = small_cnn(4).train()
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    write_model(tmp_path, "net", model, ABOUT)
    assert model.training
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())


def test_batch_normalisation_is_folded_and_dropout_left_out():
    kinds = [layer["type"] for layer in layers_of(mlp((40,), dropout=0.2, batch_norm=True))]
    assert kinds == ["flatten", "linear", "relu", "linear", "softmax"]
    kinds = [layer["type"] for layer in layers_of(small_cnn(4))]
    assert kinds == [*["conv2d", "relu", "maxpool"] * 3, "flatten", "linear", "softmax"]


class Doubled(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(784, 10)

    def forward(self, images):
        return self.layer(images) * 2


class Telling(Doubled):
    def forward(self, images):
        return self.layer(images), images


class Branching(Doubled):
    def forward(self, images):
        return self.layer(images) if images.sum() > 0 else images


class Swinging(Doubled):
    """ONNX has no Bessel functions."""

    def forward(self, images):
        return self.layer(torch.special.bessel_j0(images))


class Skipping(Doubled):
    def forward(self, images):
        x = self.layer(images)
        return x + torch.relu(x)


class Moody(Doubled):
    """It answers one image otherwise than several."""

    def forward(self, images):
        return self.layer(images if len(images) == 1 else images * 2)


def doubled_by_a_hook() -> nn.Module:
    model = new_model()
    model.output.register_forward_hook(lambda layer, inputs, logits: logits * 2)
    return model


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (Moody, "the exported layers do not give what the model gives"),
        (doubled_by_a_hook, "cannot export mul; the app computes"),
        (lambda: mlp(activation=nn.GELU), "cannot export gelu; the app computes linear, relu, conv2d"),
        (small_resnet, "one after the other only"),
        (Skipping, "the branch at add: the app computes layers one after the other only"),
        (Doubled, "cannot export mul; the app computes"),
        (Telling, "the model gives a tuple, not the logits of ten digits"),
        (Branching, "cannot export sum; the app computes"),
        (lambda: nn.Sequential(nn.Linear(784, 5)), r"results of shape \(5,\), not the logits of ten"),
        (lambda: nn.Sequential(nn.Linear(700, 10)), r"neither images of shape \(n, 784\) nor"),
        (
            lambda: nn.Sequential(nn.Unflatten(1, (28, 28)), nn.Linear(28, 10)),
            r"change of shape from \(1, 28, 28\) to \(28,\)",
        ),
        (lambda: nn.Sequential(nn.BatchNorm1d(784), nn.Linear(784, 10)), "batch normalisation that does not"),
        (lambda: _with(nn.Conv2d(1, 2, (3, 5))), r"a layer with kernel_size=\(3, 5\); it must be one number"),
        (lambda: _with(nn.Conv2d(1, 2, 3, dilation=2)), "a convolution with groups or dilation"),
        (lambda: _with(nn.MaxPool2d(3, padding=1)), "max pooling with padding"),
        (lambda: _with(nn.AdaptiveMaxPool2d(4)), "adaptive max pooling to more than one value"),
    ],
)
def test_what_cannot_be_exported_is_one_clear_sentence(tmp_path, model, message):
    with pytest.raises(ExportError, match=message):
        write_model(tmp_path, "net", model(), ABOUT)
    assert list(tmp_path.iterdir()) == []


def _with(layer: nn.Module) -> nn.Module:
    """A network for (n, 1, 28, 28) that begins with the layer."""
    values = layer(torch.zeros(1, 1, 28, 28)).numel()
    return nn.Sequential(layer, nn.Flatten(), nn.Linear(values, 10))


def test_weights_that_were_altered_are_not_read(tmp_path):
    path = write_model(tmp_path, "net", linear(), ABOUT)
    weights = path.with_suffix(".bin")
    weights.write_bytes(weights.read_bytes()[:-4] + b"\0\0\0\0")
    with pytest.raises(ExportError, match=r"the weights beside net.json do not match its checksum"):
        read_model(path)


@pytest.mark.parametrize("name", default_models())
def test_the_committed_models_say_what_they_are(name):
    description = json.loads((MODELS / f"{name}.json").read_text())
    content = (MODELS / f"{name}.bin").read_bytes()
    assert len(content) == description["weights"]["length"] <= 450_000
    assert hashlib.sha256(content).hexdigest() == description["weights"]["sha256"]
    assert description["data"].startswith("MNIST")
    assert description["recipe"].startswith(f"{describe_recipe(name)}; trained on one ")
    assert description["made_by"].startswith("mnist-helpers ")
    assert description["accuracy"] >= 0.98


def test_the_committed_models_are_those_of_the_recipe_the_mlp_first():
    assert default_models() == list(RECIPES)
    assert default_models()[0] == "mlp"


def test_a_model_of_before_never_refuses(tmp_path):
    path = write_model(tmp_path, "net", new_model(), replace(ABOUT, least_digit_probability=0.4))
    assert read_model(path)[1].least_digit_probability == 0.4
    description = json.loads(path.read_text())
    del description["least_digit_probability"]
    path.write_text(json.dumps(description))
    assert read_model(path)[1] == ABOUT
    del description["title"]
    path.write_text(json.dumps(description))
    with pytest.raises(ExportError, match="does not describe a model"):
        read_model(path)


@pytest.mark.parametrize("name", default_models())
def test_the_committed_models_are_as_accurate_as_they_say(mnist, name):
    model, about = read_model(MODELS / f"{name}.json")
    assert evaluate(model, preprocess(mnist).test).accuracy == pytest.approx(about.accuracy, abs=2e-4)


def test_redrawing_changes_pens_and_places_and_keeps_images_images(tiny_splits):
    images = tiny_splits.train.images[:200]
    changed = redraw(images, torch.Generator().manual_seed(0))
    assert changed.shape == images.shape
    assert 0 <= changed.min() <= changed.max() <= 1
    assert torch.equal(changed, redraw(images, torch.Generator().manual_seed(0)))
    assert (changed != images).any(dim=1).all()


OWN_NETWORKS = {
    "MLP()": new_model,
    "linear()": linear,
    "mlp()": mlp,
    "lenet()": lenet,
    "small_cnn()": small_cnn,
}


@pytest.mark.parametrize("name", OWN_NETWORKS)
def test_a_learners_model_is_recognised(tmp_path, trained, name):
    model = OWN_NETWORKS[name]()
    path = save_checkpoint(tmp_path / "own.pt", model, trained[1])
    loaded, found, history = load_own_model(path)
    assert found == name
    assert history == trained[1]
    assert all(torch.equal(loaded.state_dict()[key], value) for key, value in model.state_dict().items())


def test_weights_alone_as_step_4_saves_them_are_recognised(tmp_path, tiny_data):
    torch.save(new_model().state_dict(), tmp_path / "own.pt")
    model, name, history = load_own_model(tmp_path / "own.pt")
    assert name == "MLP()"
    assert torch.equal(model.hidden1.weight, new_model().hidden1.weight)
    assert about_own_model(name, model, history, tiny_data).recipe == "not noted in the checkpoint"


def test_a_learners_model_is_measured_on_the_data_at_hand(trained, tiny_data, tiny_splits):
    about = about_own_model("MLP()", *trained, tiny_data)
    assert about.accuracy == evaluate(trained[0], tiny_splits.test).accuracy
    assert (about.test_images, about.recipe) == (360, "10 epochs")
    assert "not MNIST" in about.test_data


@pytest.mark.parametrize("model", [mlp((5,)), mlp(activation=nn.GELU)], ids=["shapes", "activation"])
def test_other_checkpoints_are_refused_in_a_sentence(tmp_path, trained, model):
    other = save_checkpoint(tmp_path / "other.pt", model, trained[1])
    with pytest.raises(CheckpointError, match=r"other.pt fit none of MLP\(\), linear\(\)"):
        load_own_model(other)
    with pytest.raises(CheckpointError, match=r"there is no checkpoint missing\.pt"):
        load_own_model(tmp_path / "missing.pt")


@pytest.fixture(scope="module")
def test_images(tiny_data):
    """The 10,000 test images of MNIST, or the embedded ones."""
    from conftest import REAL_MNIST

    from mnist_helpers import load_mnist

    return load_mnist(REAL_MNIST).test_images if REAL_MNIST else tiny_data.test_images


@pytest.mark.parametrize("name", default_models())
def test_onnx_gives_what_torch_gives_from_raw_pixels(tmp_path, capfd, test_images, name):
    onnxruntime = pytest.importorskip("onnxruntime")
    pytest.importorskip("onnxscript")
    model = read_model(MODELS / f"{name}.json")[0]
    path = export_onnx(model, tmp_path / "folder" / "digits.onnx")
    assert [file.name for file in path.parent.iterdir()] == ["digits.onnx"]  # no weights beside it
    assert capfd.readouterr().err == ""
    session = onnxruntime.InferenceSession(path)
    (logits,) = session.run(None, {"pixels": test_images.numpy()})
    expected = predict_logits(model, flatten(normalise(test_images))).numpy()
    assert np.abs(logits - expected).max() <= 1e-4
    assert np.array_equal(logits.argmax(1), expected.argmax(1))
    assert session.run(None, {"pixels": test_images[:1].numpy()})[0].shape == (1, 10)


@pytest.mark.parametrize("name", ["MLP", "mlp", "lenet", "small_cnn", "own"])
def test_onnx_gives_what_a_learners_network_gives(tmp_path, name):
    onnxruntime = pytest.importorskip("onnxruntime")
    pytest.importorskip("onnxscript")
    model = settled(NETWORKS[name]())
    pixels = torch.randint(0, 256, (7, 28, 28), generator=torch.Generator().manual_seed(2)).to(torch.uint8)
    session = onnxruntime.InferenceSession(export_onnx(model, tmp_path / "digits.onnx"))
    (logits,) = session.run(None, {"pixels": pixels.numpy()})
    assert np.abs(logits - predict_logits(model, flatten(normalise(pixels))).numpy()).max() <= 1e-4


def test_a_model_that_torch_has_no_onnx_for_is_one_clear_sentence(tmp_path):
    pytest.importorskip("onnxscript")
    with pytest.raises(ExportError, match=r"^torch \S+ cannot write this Swinging as ONNX; .+ --upgrade \S+"):
        export_onnx(Swinging(), tmp_path / "digits.onnx")
    assert list(tmp_path.iterdir()) == []


class SkippingOnPictures(nn.Module):
    def __init__(self):
        super().__init__()
        self.bend = nn.Conv2d(1, 1, 3, padding=1)
        self.layer = nn.Linear(784, 10)

    def forward(self, images):
        return self.layer((images + self.bend(images)).flatten(1))


@pytest.mark.parametrize("model", [SkippingOnPictures(), nn.Linear(100, 10)], ids=["pictures", "100 pixels"])
def test_a_model_that_takes_other_images_is_told_so_and_torch_not_blamed(tmp_path, model):
    pytest.importorskip("onnxscript")
    with pytest.raises(ValueError, match=r"^the model does not take images of shape \(1, 784\): "):
        export_onnx(model, tmp_path / "folder" / "digits.onnx")
    assert list(tmp_path.iterdir()) == []


def test_exporting_onnx_leaves_the_model_as_it_was(tmp_path):
    pytest.importorskip("onnxscript")
    model = small_cnn(2).train()
    model[2].eval()  # one frozen layer
    modes, before = [m.training for m in model.modules()], copy.deepcopy(model.state_dict())
    export_onnx(model, tmp_path / "digits.onnx")
    assert [m.training for m in model.modules()] == modes
    assert all(torch.equal(before[name], tensor) for name, tensor in model.state_dict().items())


def test_a_full_disk_leaves_no_part_of_an_onnx_file(tmp_path):
    pytest.importorskip("onnxscript")
    with full_disk(), pytest.raises(OSError, match="File too large"):
        export_onnx(new_model(), tmp_path / "folder" / "digits.onnx")
    assert list((tmp_path / "folder").iterdir()) == []


def test_onnx_without_its_packages_is_one_clear_sentence(tmp_path):
    script = (
        "import sys; sys.modules['onnxscript'] = None; from mnist_helpers.course.cli import app; "
        f"app(['export', '--onnx', {str(tmp_path / 'x.onnx')!r}])"
    )
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert result.returncode == 1
    assert (
        result.stderr.strip() == "ONNX needs the package onnxscript; install it: pip install onnx onnxscript"
    )
