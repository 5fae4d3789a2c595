"""What can be handed to the training loop: optimizer, schedule, augmentation, penalty, patience."""

from functools import partial

import pytest
import torch
import torch.nn.functional as F
from conftest import new_model
from test_training import plain_loop, same_weights
from torch import nn
from torch.optim.lr_scheduler import ExponentialLR, OneCycleLR

from mnist_helpers import Extras, Split, Splits, train
from mnist_helpers.history import History
from mnist_helpers.training import shuffled_batches, train_one_epoch

QUICK = {"num_epochs": 2, "batch_size": 100, "progress": False, "device": "cpu"}
STEPS = 2 * 12  # 1,149 images


def reference(splits, make_optimizer, after_step=lambda optimizer: None, penalty=lambda model: 0):
    """The textbook loop with everything written out."""
    model, generator = new_model(), torch.Generator().manual_seed(0)
    optimizer = make_optimizer(model.parameters())
    losses = []
    for _ in range(2):
        for batch in torch.randperm(len(splits.train), generator=generator).split(100):
            loss = F.cross_entropy(model(splits.train.images[batch]), splits.train.labels[batch])
            losses.append(loss.item())
            optimizer.zero_grad()
            (loss + penalty(model)).backward()
            optimizer.step()
            after_step(optimizer)
    return model, losses


def test_any_optimizer_of_torch_is_taken(tiny_splits):
    model = new_model()
    train(
        model, tiny_splits, learning_rate=0.1, extras=Extras(partial(torch.optim.SGD, momentum=0.9)), **QUICK
    )
    expected, _ = reference(tiny_splits, lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9))
    assert same_weights(model, expected, atol=1e-5, rtol=1e-4)


def test_a_schedule_is_stepped_after_every_batch(tiny_splits):
    model, rates = new_model(), []

    def schedule(optimizer, total_steps):
        rates.append(total_steps)
        return ExponentialLR(optimizer, gamma=0.9)

    train(model, tiny_splits, learning_rate=0.1, extras=Extras(torch.optim.SGD, schedule), **QUICK)

    def decay(optimizer):
        optimizer.param_groups[0]["lr"] *= 0.9

    expected, _ = reference(tiny_splits, lambda p: torch.optim.SGD(p, lr=0.1), after_step=decay)
    assert rates == [STEPS]
    assert same_weights(model, expected, atol=1e-5, rtol=1e-4)


def test_one_cycle_ends_with_the_training(tiny_splits):
    seen = []

    class Watched(OneCycleLR):
        def step(self, *arguments):
            super().step(*arguments)
            seen.append(self.optimizer.param_groups[0]["lr"])

    train(new_model(), tiny_splits, extras=Extras(schedule=partial(Watched, max_lr=0.01)), **QUICK)
    assert max(seen) == pytest.approx(0.01, rel=0.01)
    assert seen[STEPS - 1] < 1e-6  # the rate of the last batch; seen[0] is that of the first
    assert len(seen) == STEPS + 1


def test_the_penalty_joins_the_loss_but_not_the_history(tiny_splits):
    def penalty(model):
        return 0.01 * model.hidden1.weight.square().sum()

    model = new_model()
    sgd = torch.optim.SGD
    history = train(model, tiny_splits, learning_rate=0.1, extras=Extras(sgd, penalty=penalty), **QUICK)
    expected, losses = reference(tiny_splits, lambda p: sgd(p, lr=0.1), penalty=penalty)
    assert same_weights(model, expected, atol=1e-5, rtol=1e-4)
    assert history.step_loss == pytest.approx(losses, rel=1e-4)


def test_the_losses_of_all_steps_are_kept_in_order(tiny_splits):
    history = train(new_model(), tiny_splits, **QUICK)
    _, losses = reference(tiny_splits, lambda p: torch.optim.Adam(p, lr=1e-3))
    assert len(history.step_loss) == STEPS
    assert history.step_loss == pytest.approx(losses, rel=1e-4)


def test_augmentation_sees_every_training_batch_and_nothing_else(tiny_splits):
    shapes = []

    def to_black(images, generator):
        shapes.append(images.shape)
        assert isinstance(generator, torch.Generator)
        return torch.zeros_like(images)

    before = tiny_splits.train.images.clone()
    model = new_model()
    train(model, tiny_splits, extras=Extras(augment=to_black), **QUICK)
    assert shapes == 2 * [*11 * [(100, 784)], (49, 784)]
    assert torch.equal(tiny_splits.train.images, before)
    assert torch.equal(model.hidden1.weight, new_model().hidden1.weight)  # black teaches it nothing


def test_augmentation_and_dropout_repeat_with_the_seed_and_leave_the_global_numbers_alone(tiny_splits):
    def noisy(images, generator):
        return (images + 0.1 * torch.rand(images.shape, generator=generator)).clamp(0, 1)

    state = torch.get_rng_state()
    losses = []
    for seed in (0, 0, 1):
        torch.manual_seed(5)
        model = nn.Sequential(nn.Linear(784, 20), nn.Dropout(0.5), nn.Linear(20, 10))
        state = torch.get_rng_state()
        losses.append(train(model, tiny_splits, seed=seed, extras=Extras(augment=noisy), **QUICK).step_loss)
        assert torch.equal(torch.get_rng_state(), state)
    assert losses[0] == losses[1] != losses[2]


class Scripted(nn.Module):
    """A model whose validation loss follows a script, one value per epoch."""

    def __init__(self, val_images, script):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(10))
        self.epoch = nn.Buffer(torch.tensor(0))
        self.val_images, self.script = val_images, script

    def forward(self, images):
        if not self.training and images.shape == self.val_images.shape:
            self.epoch += 1
            value = self.script[self.epoch - 1]
            return torch.tensor([value, *9 * [0.0]]).expand(len(images), 10)
        return 0 * images[:, :10] + self.weight


@pytest.mark.parametrize(
    ("script", "patience", "stopped", "best"),
    [
        ([1, 2, 3, 2, 2, 2, 2, 2], 2, 5, 3),
        ([1, 2, 3, 2, 4, 2, 2, 2], 2, 7, 5),
        ([1, 2, 3, 4, 5, 6, 7, 8], 1, 8, 8),
        ([5, 5, 5, 5, 5, 5, 5, 5], 3, 4, 1),  # no change is no progress
        ([5, 1, 1, 1, 1, 1, 1, 1], None, 8, 8),  # without patience the last weights stay
    ],
)
def test_patience_stops_and_gives_back_the_best_epoch(tiny_splits, script, patience, stopped, best):
    val = Split(torch.zeros(3, 784), torch.zeros(3, dtype=torch.int64))  # the higher logit 0, the better
    model = Scripted(val.images, script)
    splits = Splits(tiny_splits.train, val, test=None)
    history = train(
        model, splits, num_epochs=8, batch_size=2000, extras=Extras(patience=patience), progress=False
    )
    assert history.num_epochs == stopped
    assert model.epoch == best
    if patience:
        assert history.best_epoch == best


def test_interrupting_with_patience_gives_back_the_best_epoch_too(tiny_splits):
    val = Split(torch.zeros(3, 784), torch.zeros(3, dtype=torch.int64))
    model = Scripted(val.images, [3, 2, 1])

    def stop(images, generator):
        if model.epoch == 3:
            raise KeyboardInterrupt
        return images

    splits = Splits(tiny_splits.train, val, test=None)
    extras = Extras(patience=5, augment=stop)
    history = train(model, splits, batch_size=2000, extras=extras, progress=False)
    assert history.num_epochs == 3
    assert model.epoch == 1


@pytest.mark.parametrize(
    ("shape", "layers"),
    [
        ((1, 28, 28), [nn.Conv2d(1, 2, 5, stride=3), nn.Flatten(), nn.Linear(2 * 8 * 8, 10)]),
        ((28, 28), [nn.Flatten(), nn.Linear(784, 10)]),
        ((196,), [nn.Linear(196, 10)]),
    ],
)
def test_any_model_trains_on_images_of_the_shape_it_takes(tiny_splits, shape, layers):
    def reshaped(split):
        images = split.images if len(shape) > 1 else split.images[:, ::4]
        return Split(images.reshape(-1, *shape), split.labels)

    splits = Splits(reshaped(tiny_splits.train), reshaped(tiny_splits.val), test=None)
    history = train(nn.Sequential(*layers), splits, num_epochs=3, progress=False)
    assert history.val_accuracy[-1] > 0.5


def test_val_images_of_another_shape_are_told(tiny_splits):
    other = Split(tiny_splits.val.images[:, :5], tiny_splits.val.labels)
    with pytest.raises(ValueError, match=r"val images of shape \(288, 5\) do not go with train images"):
        train(new_model(), Splits(tiny_splits.train, other, test=None), progress=False)


@pytest.mark.parametrize("patience", [0, -1, 1.5])
def test_patience_must_be_a_whole_number(tiny_splits, patience):
    with pytest.raises(ValueError, match="patience must be a whole number above 0"):
        train(new_model(), tiny_splits, extras=Extras(patience=patience), progress=False)


def test_one_epoch_alone_needs_no_options(tiny_splits):
    model = new_model()
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3, fused=True)
    batches = shuffled_batches(tiny_splits.train, 32, torch.Generator().manual_seed(0))
    losses = train_one_epoch(model, batches, optimizer)
    assert len(losses) == 36
    assert same_weights(model, plain_loop(tiny_splits, 1, 32, 1e-3, seed=0), rtol=1e-3, atol=1e-4)


def test_the_best_epoch_is_the_first_with_the_lowest_validation_loss():
    history = History((1, 1, 1, 1), (0, 0, 0, 0), (3, 2, 4, 2), (0, 0, 0, 0))
    assert history.best_epoch == 2
