"""The training loop beside a plain one, and what it keeps when something goes wrong."""

import queue
import time

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from conftest import new_model
from jupyter_client.manager import KernelManager
from sklearn.metrics import accuracy_score, log_loss
from torch import nn

from mnist_helpers import MLP, Split, Splits, TrainingDivergedError, epochs, evaluate, predict_proba, train
from mnist_helpers.devices import SMALL_STEP_FLOPS, cpu_threads, flushed_denormals, threads_for


def plain_loop(splits: Splits, num_epochs: int, batch_size: int, learning_rate: float, seed: int) -> MLP:
    """The textbook loop with torch's plain Adam."""
    model, generator = new_model(), torch.Generator().manual_seed(seed)
    optimizer = torch.optim.Adam(model.parameters(), lr=learning_rate, fused=False, foreach=False)
    for _ in range(num_epochs):
        order = torch.randperm(len(splits.train), generator=generator)
        for start in range(0, len(order), batch_size):
            batch = order[start : start + batch_size]
            optimizer.zero_grad()
            F.cross_entropy(model(splits.train.images[batch]), splits.train.labels[batch]).backward()
            optimizer.step()
    return model


def test_the_recipe_is_what_a_few_plain_lines_compute_bit_by_bit(tiny_splits):
    """On one thread and with tiny numbers flushed, as `train` computes: the same weights, the same losses."""
    images, labels = tiny_splits.train.images, tiny_splits.train.labels
    model, generator = new_model(), torch.Generator().manual_seed(0)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.001, fused=True)
    losses, measured = [], []
    for _ in range(5):
        with cpu_threads(1), flushed_denormals():
            for batch in torch.randperm(len(labels), generator=generator).split(32):
                loss = F.cross_entropy(model(images[batch]), labels[batch])
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                losses.append(loss.item())
        with torch.no_grad():
            measured.append(F.cross_entropy(model(images), labels).item())
    trained = new_model()
    history = train(trained, tiny_splits, num_epochs=5, device="cpu", progress=False)
    assert same_weights(trained, model)
    assert history.step_loss == tuple(losses)
    assert history.train_loss == tuple(measured)


def test_who_drives_the_loop_decides_when_to_stop(tiny_splits):
    model, generator = new_model(), torch.Generator().manual_seed(0)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.001, fused=True)
    seen = []
    for history in epochs(model, tiny_splits, optimizer, 100, 32, generator):
        seen.append(history)
        if history.num_epochs == 2:
            break
    trained = new_model()
    expected = train(trained, tiny_splits, num_epochs=2, device="cpu", progress=False)
    assert same_weights(model, trained)
    assert [history.num_epochs for history in seen] == [1, 2]
    assert seen[0].val_loss == seen[1].val_loss[:1]
    assert (seen[1].step_loss, seen[1].val_loss) == (expected.step_loss, expected.val_loss)
    assert not expected.interrupted


def on_training_step(model: nn.Module, step: int, act) -> nn.Module:
    """Let `act()` happen when the model is shown its batch number `step`, counted from 1."""
    steps = 0

    def count(module: nn.Module, inputs: object) -> None:
        nonlocal steps
        steps += module.training
        if module.training and steps == step:
            act()

    model.register_forward_pre_hook(count)
    return model


def interrupt() -> None:
    raise KeyboardInterrupt


def same_weights(one: nn.Module, other: nn.Module, **tolerance: float) -> bool:
    pairs = zip(one.state_dict().values(), other.state_dict().values(), strict=True)
    return all(torch.allclose(a, b, **(tolerance or {"rtol": 0, "atol": 0})) for a, b in pairs)


@pytest.mark.parametrize("batch_size", [32, 500])  # neither divides the 1,149 images
def test_it_learns_what_a_plain_loop_learns(tiny_splits, batch_size):
    model = new_model()
    train(model, tiny_splits, num_epochs=2, batch_size=batch_size, learning_rate=2e-3, seed=3, progress=False)
    expected = plain_loop(tiny_splits, num_epochs=2, batch_size=batch_size, learning_rate=2e-3, seed=3)
    assert same_weights(model, expected, rtol=1e-3, atol=1e-4)


def test_equal_seeds_give_equal_results_and_other_seeds_do_not(tiny_splits):
    models = [new_model() for _ in range(3)]
    histories = [
        train(model, tiny_splits, num_epochs=2, seed=seed, progress=False)
        for model, seed in zip(models, (0, 0, 1), strict=True)
    ]
    assert same_weights(models[0], models[1])
    assert histories[0].train_loss == histories[1].train_loss
    assert not same_weights(models[0], models[2])


def test_the_history_holds_what_scikit_learn_measures_on_the_whole_split(trained, tiny_splits):
    model, history = trained
    assert history.num_epochs == len(history.val_loss) == len(history.val_accuracy) == 10
    assert history.seconds > 0
    for split, loss, accuracy in (
        (tiny_splits.train, history.train_loss[-1], history.train_accuracy[-1]),
        (tiny_splits.val, history.val_loss[-1], history.val_accuracy[-1]),
    ):
        probabilities = predict_proba(model, split.images).double()
        expected = log_loss(split.labels, probabilities / probabilities.sum(dim=1, keepdim=True))
        assert loss == pytest.approx(expected, rel=1e-4)
        assert accuracy == pytest.approx(accuracy_score(split.labels, probabilities.argmax(dim=1)))


def test_it_learns_to_read_the_embedded_digits(trained, tiny_splits):
    model, history = trained
    assert history.train_loss[-1] < history.train_loss[0] / 3
    assert evaluate(model, tiny_splits.test).accuracy > 0.90


def test_a_function_for_progress_gets_every_history_and_changes_nothing(tiny_splits, capsys):
    seen = []
    model = new_model()
    history = train(model, tiny_splits, num_epochs=2, progress=seen.append)
    assert [part.num_epochs for part in seen] == [1, 2]
    assert seen[-1] == history
    assert "epoch" not in capsys.readouterr().out
    silent = new_model()
    assert train(silent, tiny_splits, num_epochs=2, progress=False).val_loss == history.val_loss
    assert same_weights(silent, model)


def test_it_never_looks_at_the_test_set(tiny_splits):
    blind = Splits(tiny_splits.train, tiny_splits.val, test=None)
    assert train(MLP(), blind, num_epochs=1, progress=False).num_epochs == 1


def test_it_leaves_the_data_and_the_global_random_numbers_alone(tiny_splits):
    model, images = new_model(), tiny_splits.train.images.clone()
    torch_state, numpy_state = torch.get_rng_state(), np.random.get_state()[1]  # noqa: NPY002
    train(model, tiny_splits, num_epochs=1, progress=False)
    assert torch.equal(tiny_splits.train.images, images)
    assert torch.equal(torch.get_rng_state(), torch_state)
    assert np.array_equal(np.random.get_state()[1], numpy_state)  # noqa: NPY002


def test_choosing_the_threads_does_not_count_as_a_step(tiny_splits):
    normed = nn.Sequential(nn.BatchNorm1d(784), nn.Linear(784, 10))
    train(normed, tiny_splits, num_epochs=1, batch_size=100, progress=False)
    assert normed[0].num_batches_tracked == 12


def test_small_steps_take_one_thread_and_large_ones_all():
    model, flops_per_image = MLP(), 3 * 2 * (784 * 128 + 128 * 64 + 64 * 10)
    below, above = (round(SMALL_STEP_FLOPS / flops_per_image * factor) for factor in (0.9, 1.1))
    with cpu_threads(2):
        assert threads_for(model, torch.zeros(below, 784)) == 1
        assert threads_for(model, torch.zeros(above, 784)) == 2


@pytest.mark.parametrize("ending", ["well", "error", "interrupt"])
def test_the_thread_count_comes_back(tiny_splits, ending):
    def stop() -> None:
        assert torch.get_num_threads() == 1
        if ending == "error":
            raise RuntimeError("shapes that do not fit, say")
        if ending == "interrupt":
            raise KeyboardInterrupt

    model = on_training_step(MLP(), 3, stop)
    with cpu_threads(2):
        try:
            train(model, tiny_splits, num_epochs=1, progress=False)
        except RuntimeError:
            assert ending == "error"
        assert torch.get_num_threads() == 2


@pytest.mark.parametrize(("step", "finished"), [(1, 0), (36, 0), (37, 1), (90, 2)])  # 36 steps per epoch
def test_an_interrupt_keeps_the_finished_epochs_and_the_model(tiny_splits, capsys, step, finished):
    model = on_training_step(new_model(), step, interrupt)
    history = train(model, tiny_splits, num_epochs=5, progress=True)
    assert history.num_epochs == finished
    assert history.interrupted
    assert f"the history of {finished} finished epochs are kept" in capsys.readouterr().out
    assert same_weights(model, new_model()) == (step == 1)
    if finished:
        uninterrupted = train(new_model(), tiny_splits, num_epochs=finished, progress=False)
        assert history.val_loss == uninterrupted.val_loss


def few(split: Split) -> Split:
    return Split(split.images[:96], split.labels[:96])  # three batches


@pytest.mark.parametrize("step", range(1, 7))
def test_an_interrupt_at_any_batch_leaves_a_model_that_can_go_on(tiny_splits, step):
    splits = Splits(few(tiny_splits.train), few(tiny_splits.val), tiny_splits.test)
    model = on_training_step(new_model(), step, interrupt)
    history = train(model, splits, num_epochs=2, progress=False)
    assert history.interrupted
    assert history.num_epochs == (step - 1) // 3
    assert all(torch.isfinite(parameter).all() for parameter in model.parameters())
    assert train(model, splits, num_epochs=1, progress=False).num_epochs == 1


@pytest.mark.parametrize(
    "error",
    [
        torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20 GiB"),
        RuntimeError("[enforce fail at alloc_cpu.cpp] DefaultCPUAllocator: can't allocate memory: 12 bytes"),
        RuntimeError("MPS backend out of memory"),
        MemoryError(),
    ],
)
@pytest.mark.parametrize("training", [True, False])
def test_full_memory_is_told_with_what_to_lower(tiny_splits, error, training):
    """In a step, or already in the first look at the model, which chooses the threads."""

    def fail(module: nn.Module, inputs: object) -> None:
        if module.training == training:
            raise error

    model = new_model()
    model.register_forward_pre_hook(fail)
    said = r"^the memory is full; try batch_size=16 or a smaller model"
    with pytest.raises(MemoryError, match=said) as caught:
        train(model, tiny_splits, progress=False)
    assert caught.value.__suppress_context__


def test_other_errors_of_a_model_stay_as_they_are(tiny_splits):
    def fail() -> None:
        raise RuntimeError("shapes cannot be multiplied")

    with pytest.raises(RuntimeError, match=r"^shapes cannot"):
        train(on_training_step(new_model(), 2, fail), tiny_splits, progress=False)


def test_an_interrupt_while_measuring_keeps_the_epochs_before(tiny_splits):
    model, evaluations = new_model(), 0

    def count(module: nn.Module, inputs: object) -> None:
        nonlocal evaluations
        evaluations += not module.training
        if evaluations == 5:  # the first chooses the threads, then two per epoch
            raise KeyboardInterrupt

    model.register_forward_pre_hook(count)
    assert train(model, tiny_splits, num_epochs=5, progress=False).num_epochs == 1


IN_KERNEL = """
from mnist_helpers import MLP, load_embedded_digits, preprocess, train
model, splits = MLP(), preprocess(load_embedded_digits())
history = train(model, splits, num_epochs=100_000)
"""


def test_the_stop_button_of_jupyter_keeps_the_epochs_and_the_kernel():
    kernel = KernelManager(kernel_name="python3")
    kernel.start_kernel()
    client = kernel.blocking_client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=60)
        client.execute(IN_KERNEL)
        printed = read_until(client, lambda text: "epoch  2/" in text)
        kernel.interrupt_kernel()
        printed += read_until(client, lambda text: "finished epochs are kept" in text)
        assert "Traceback" not in printed
        client.execute("print('still', history.num_epochs == len(history.val_loss) >= 2, model is not None)")
        assert "still True True" in read_until(client, lambda text: "still" in text)
    finally:
        client.stop_channels()
        kernel.shutdown_kernel(now=True)


def read_until(client, found, timeout: float = 60) -> str:
    """Everything the kernel prints until `found(text)`."""
    text, deadline = "", time.monotonic() + timeout
    while not found(text) and time.monotonic() < deadline:
        try:
            message = client.get_iopub_msg(timeout=1)
        except queue.Empty:
            continue
        text += message["content"].get("text", "") + "\n".join(message["content"].get("traceback", []))
    assert found(text), text
    return text


def test_a_loss_that_is_no_number_gives_back_the_last_good_model(tiny_splits):
    def spoil() -> None:
        model.output.bias.data.fill_(torch.nan)

    model = on_training_step(new_model(), 40, spoil)  # in the second epoch
    with pytest.raises(TrainingDivergedError, match=r"try a learning_rate below 0\.001") as caught:
        train(model, tiny_splits, num_epochs=3, progress=False)
    assert "\n" not in str(caught.value)
    one_epoch = new_model()
    expected = train(one_epoch, tiny_splits, num_epochs=1, progress=False)
    assert caught.value.history.val_loss == expected.val_loss
    assert same_weights(model, one_epoch)


def test_a_learning_rate_far_too_high_is_told(tiny_splits):
    with pytest.raises(TrainingDivergedError, match="in epoch 1; try a learning_rate below") as caught:
        train(MLP(), tiny_splits, learning_rate=1e30, progress=False)
    assert caught.value.history.num_epochs == 0


def test_progress_goes_to_standard_output_alone(tiny_splits, capfd):
    train(MLP(), tiny_splits, num_epochs=2, progress=True)
    printed, errors = capfd.readouterr()
    assert errors == ""
    for epoch in (1, 2):
        assert f"epoch  {epoch}/2   training: loss " in printed
    assert printed.count("validation: loss") == 2


def test_without_progress_it_is_silent(tiny_splits, capfd):
    train(MLP(), tiny_splits, num_epochs=1, progress=False)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    "bad", [{"num_epochs": 0}, {"batch_size": -1}, {"learning_rate": 0}, {"device": "tpu"}]
)
def test_settings_out_of_range_are_told_before_anything_happens(tiny_splits, bad):
    model = new_model()
    with pytest.raises(ValueError, match=f"^{next(iter(bad))} must be"):
        train(model, tiny_splits, progress=False, **bad)
    assert same_weights(model, new_model())


@pytest.mark.parametrize("device", ["cuda", "mps"])
def test_another_device_learns_what_the_cpu_learns(tiny_splits, device):
    if not getattr(torch, device).is_available():
        pytest.skip(f"this machine has no {device} device")
    here, there = new_model(), new_model()
    expected = train(here, tiny_splits, num_epochs=2, device="cpu", progress=False)
    history = train(there, tiny_splits, num_epochs=2, device=device, progress=False)
    assert next(there.parameters()).device.type == "cpu"  # back where it came from
    assert history.val_loss == pytest.approx(expected.val_loss, rel=1e-2)
    assert history.val_accuracy == pytest.approx(expected.val_accuracy, abs=0.02)
    assert evaluate(there, tiny_splits.test).accuracy == pytest.approx(
        evaluate(here, tiny_splits.test).accuracy, abs=0.02
    )
