"""Every architecture: its size and its work as counted by hand, its shapes, its formula, its training."""

import subprocess
import sys
from functools import partial

import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from mnist_helpers import (
    Split,
    Splits,
    count_parameters,
    evaluate,
    multiply_adds,
    predict,
    size_in_bytes,
    train,
)
from mnist_helpers.networks import (
    ResidualBlock,
    conv,
    lenet,
    linear,
    mlp,
    separable,
    slim_cnn,
    small_cnn,
    small_resnet,
)
from mnist_helpers.training import batch_sizes


def dense(inputs, outputs):
    """(parameters, multiply-adds) of a linear layer, counted by hand."""
    return (inputs + 1) * outputs, inputs * outputs


def convolution(inputs, outputs, kernel, side, bias=False):
    """(parameters, multiply-adds) of a convolution whose result has side × side places."""
    weights = inputs * outputs * kernel**2
    return weights + bias * outputs, weights * side**2


def normalised(inputs, outputs, side):
    """A 3×3 convolution and batch normalisation: a scale and a shift per channel, no multiply-adds."""
    weights, work = convolution(inputs, outputs, 3, side)
    return weights + 2 * outputs, work


def block(inputs, outputs, side):
    """A residual block; where the channels change, the skip is a 1×1 convolution."""
    parts = [normalised(inputs, outputs, side), normalised(outputs, outputs, side)]
    if inputs != outputs:
        parts.append(convolution(inputs, outputs, 1, side))
    return total(*parts)


def total(*layers):
    return tuple(map(sum, zip(*layers, strict=True)))


def cnn_by_hand(w):
    return total(
        normalised(1, w, 28), normalised(w, 2 * w, 14), normalised(2 * w, 4 * w, 7), dense(4 * w, 10)
    )


def separated(inputs, outputs, side):
    """One 3×3 kernel per channel, a 1×1 convolution, and batch normalisation."""
    weights = inputs * 9 + inputs * outputs
    return weights + 2 * outputs, weights * side**2


def resnet_by_hand(w):
    return total(
        normalised(1, w, 28), block(w, w, 14), block(w, 2 * w, 7), block(2 * w, 4 * w, 4), dense(4 * w, 10)
    )


FAMILIES = (small_cnn, cnn_by_hand), (small_resnet, resnet_by_hand)
MODELS = [
    pytest.param(linear, (7_850, 7_840), id="linear"),
    pytest.param(mlp, (109_386, 109_184), id="mlp"),
    pytest.param(
        partial(mlp, (512, 256)), total(dense(784, 512), dense(512, 256), dense(256, 10)), id="wide"
    ),
    pytest.param(
        partial(mlp, (64,) * 10), total(dense(784, 64), *[dense(64, 64)] * 9, dense(64, 10)), id="deep"
    ),
    pytest.param(
        lenet,
        total(
            convolution(1, 6, 5, 28, bias=True), convolution(6, 16, 5, 10, bias=True),
            dense(400, 120), dense(120, 84), dense(84, 10),
        ),
        id="lenet",
    ),
    pytest.param(
        partial(slim_cnn, ((6, 8), (12,))),
        total(normalised(1, 6, 28), normalised(6, 8, 28), normalised(8, 12, 14), dense(12, 10)),
        id="slim",
    ),
    pytest.param(
        partial(slim_cnn, ((8,), (10, 12)), separable, nn.AdaptiveMaxPool2d),
        total(normalised(1, 8, 28), separated(8, 10, 14), separated(10, 12, 14), dense(12, 10)),
        id="slim-separable",
    ),
    *(
        pytest.param(partial(make, width=width), by_hand(width), id=f"{make.__name__}-{width}")
        for make, by_hand in FAMILIES
        for width in (8, 16)
    ),
]  # fmt: skip
every_model = pytest.mark.parametrize(("make", "by_hand"), MODELS)


@every_model
def test_parameters_and_multiply_adds_agree_with_a_count_by_hand(make, by_hand):
    model = make()
    assert (count_parameters(model), multiply_adds(model)) == by_hand


@every_model
def test_multiply_adds_agree_with_torchs_flop_counter_on_a_batch(make, by_hand):
    model = make()
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        model(torch.rand(7, 784))
    assert counter.get_total_flops() == 2 * 7 * multiply_adds(model)
    assert multiply_adds(model, torch.rand(7, 784)) == 7 * multiply_adds(model)


@every_model
def test_images_as_rows_and_as_squares_give_the_same_ten_logits(make, by_hand):
    model, images = make().eval(), torch.rand(3, 784)
    with torch.no_grad():
        logits = model(images)
        assert logits.shape == (3, 10)
        torch.testing.assert_close(model(images.view(3, 1, 28, 28)), logits)


@every_model
def test_counting_leaves_the_model_as_it_was(make, by_hand):
    model = make().train()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    multiply_adds(model)
    assert model.training
    assert all(torch.equal(before[name], value) for name, value in model.state_dict().items())
    assert not any(layer._forward_hooks for layer in model.modules())


def test_the_published_numbers():
    """LeNet-5's 61,706 weights and biases; the course's MLP; what the docstrings say."""
    assert count_parameters(lenet()) == 61_706
    assert count_parameters(linear()) == 7_850
    assert count_parameters(small_resnet()) == 77_562 == count_parameters(small_resnet(16))
    assert size_in_bytes(small_resnet(16)) < 500_000


def test_mlp_has_what_was_asked_for_in_the_order_asked_for():
    layers = [type(layer) for layer in mlp((5, 4), nn.Tanh, dropout=0.5, batch_norm=True)]
    hidden = [nn.Linear, nn.BatchNorm1d, nn.Tanh, nn.Dropout]
    assert layers == [nn.Flatten, *hidden, *hidden, nn.Linear]
    assert [type(layer) for layer in mlp((5,))] == [nn.Flatten, nn.Linear, nn.ReLU, nn.Linear]


@pytest.mark.parametrize(("inputs", "outputs", "stride"), [(4, 4, 1), (4, 8, 2), (4, 8, 1), (4, 4, 2)])
def test_a_residual_block_is_its_formula(inputs, outputs, stride):
    """relu(skip(x) + bn(conv(relu(bn(conv(x)))))), written with torch's functions and the block's weights."""
    torch.manual_seed(0)
    block = ResidualBlock(inputs, outputs, stride)
    x = torch.randn(6, inputs, 8, 8)
    for _ in range(3):  # so that the running means are not those of a new layer
        block(x)
    block.eval()

    def normalised(x, layers, stride):
        x = F.conv2d(x, layers[0].weight, stride=stride, padding=1)
        mean, var = (v[:, None, None] for v in (layers[1].running_mean, layers[1].running_var))
        scale, shift = (v[:, None, None] for v in (layers[1].weight, layers[1].bias))
        return (x - mean) / (var + layers[1].eps).sqrt() * scale + shift

    with torch.no_grad():
        change = normalised(normalised(x, block.first, stride).clamp(min=0), block.second, 1)
        same = inputs == outputs and stride == 1
        skipped = x if same else F.conv2d(x, block.skip.weight, stride=stride)
        torch.testing.assert_close(block(x), (skipped + change).clamp(min=0), atol=1e-5, rtol=1e-4)
    assert block(x).shape == (6, outputs, 8 // stride, 8 // stride)


def test_a_block_that_learns_no_change_lets_everything_pass():
    block = ResidualBlock(4, 4).eval()
    nn.init.zeros_(block.second[1].weight)
    x = torch.rand(2, 4, 5, 5)
    assert torch.equal(block(x), x)


def test_conv_keeps_the_size_and_normalises():
    torch.manual_seed(0)
    outputs = conv(3, 5)(5 + 9 * torch.randn(64, 3, 7, 7))
    assert outputs.shape == (64, 5, 7, 7)
    torch.testing.assert_close(outputs.mean(dim=(0, 2, 3)), torch.zeros(5), atol=1e-4, rtol=0)
    torch.testing.assert_close(outputs.std(dim=(0, 2, 3)), torch.ones(5), atol=1e-2, rtol=0)


def test_a_separable_convolution_is_each_channel_alone_and_then_all_in_one_place():
    torch.manual_seed(0)
    layer, x = separable(3, 5).eval(), torch.randn(2, 3, 6, 6)
    alone = torch.cat([F.conv2d(x[:, [c]], layer[0].weight[[c]], padding=1) for c in range(3)], dim=1)
    mixed = torch.einsum("nchw,oc->nohw", alone, layer[1].weight[:, :, 0, 0])
    with torch.no_grad():
        torch.testing.assert_close(layer(x), mixed / (1 + layer[2].eps) ** 0.5, atol=1e-5, rtol=1e-4)


SMALL = (
    linear,
    lenet,
    *(partial(make, width=4) for make in (small_cnn, small_resnet)),
    partial(slim_cnn, ((8,), (16,)), pool=nn.AdaptiveMaxPool2d),
)


@pytest.mark.parametrize("make", SMALL)
@pytest.mark.parametrize("shape", [(784,), (1, 28, 28)], ids=["rows", "squares"])
def test_train_evaluate_and_predict_take_it(tiny_splits, make, shape):
    few = Split(tiny_splits.train.images[:320].view(-1, *shape), tiny_splits.train.labels[:320])
    torch.manual_seed(0)
    model = make()
    history = train(model, Splits(few, few, few), num_epochs=2, learning_rate=5e-3, progress=False)
    assert history.step_loss[-1] < 0.9 * history.step_loss[0]
    if len(shape) == 1:
        assert evaluate(model, few).accuracy == pytest.approx(history.val_accuracy[-1], abs=1e-6)
        assert predict(model, few.images[:4]).digit.shape == (4,)


ODD_BATCHES = """
import torch
from mnist_helpers.networks import small_resnet
torch.set_num_threads(2)
model = small_resnet(8)
for _ in range(60):
    model(torch.rand(125, 784)).square().mean().backward()
"""


def test_an_odd_number_of_images_is_learnt_on_two_threads():
    """In a process of its own, because what goes wrong here ends the process (see `ResidualBlock`)."""
    assert subprocess.run([sys.executable, "-c", ODD_BATCHES], check=False).returncode == 0


@pytest.mark.parametrize("num_images", [65, 1])
def test_a_single_image_left_over_does_not_stop_batch_normalisation(tiny_splits, num_images):
    few = Split(tiny_splits.train.images[:num_images], tiny_splits.train.labels[:num_images])
    splits = Splits(few, tiny_splits.val, test=None)
    model = mlp(batch_norm=num_images > 1)
    history = train(model, splits, num_epochs=2, batch_size=32, progress=False)
    assert len(history.step_loss) == 2 * (2 if num_images > 1 else 1)


@pytest.mark.parametrize(("num_images", "batch_size"), [(64, 32), (65, 32), (66, 32), (5, 1), (1, 9), (9, 4)])
def test_every_image_is_in_one_batch_and_none_is_alone(num_images, batch_size):
    sizes = batch_sizes(num_images, batch_size)
    assert sum(sizes) == num_images
    assert max(sizes) <= batch_size + 1
    assert batch_size == 1 or num_images == 1 or min(sizes) > 1
