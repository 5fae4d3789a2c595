"""Exercises of scaling out: wrong answers earn the right hint, every form of a right one is accepted."""

import torch
import torch.distributed as dist
from verdicts import right, wrong

from mnist_helpers.extensions.scaling_out.exercises import (
    check_average_gradients,
    check_gradient_of_shares,
    check_ring_bytes,
)


def weighted(gradients, counts):
    return sum(count * gradient for gradient, count in zip(gradients, counts, strict=True)) / sum(counts)


def by_matrix(gradients, counts):
    return torch.tensor(counts).float() @ torch.stack(gradients) / sum(counts)


def in_place(gradients, counts):
    for gradient, count in zip(gradients, counts, strict=True):
        gradient *= count
    return sum(gradients) / sum(counts)


def one_by_one(model):
    for parameter in model.parameters():
        dist.all_reduce(parameter.grad)
        parameter.grad /= dist.get_world_size()


def all_at_once(model):
    parameters = list(model.parameters())
    flat = torch.cat([parameter.grad.flatten() for parameter in parameters])
    dist.all_reduce(flat)
    parts = (flat / 2).split([parameter.numel() for parameter in parameters])
    for parameter, part in zip(parameters, parts, strict=True):
        parameter.grad = part.view_as(parameter)


def with_average(model):
    for parameter in model.parameters():
        dist.all_reduce(parameter.grad, op=dist.ReduceOp.AVG)


def each(change):
    """A function that does so with every parameter of a model."""

    def average_gradients(model):
        for parameter in model.parameters():
            change(parameter)

    return average_gradients


def a_copy(parameter):
    gradient = parameter.grad.clone()
    dist.all_reduce(gradient)
    gradient /= 2


def twice(parameter):
    dist.all_reduce(parameter.grad / 2)
    dist.all_reduce(parameter.grad)
    parameter.grad /= 4


def of_weights(parameter):
    dist.all_reduce(parameter.data)


def without_biases(parameter):
    if parameter.ndim == 2:
        dist.all_reduce(parameter.grad)
        parameter.grad /= 2


def on_rank_0(parameter):
    if dist.get_rank() == 0:
        dist.all_reduce(parameter.grad)
        parameter.grad /= 2


def only_kept_by_rank_0(parameter):
    total = parameter.grad.clone()
    dist.all_reduce(total)
    if dist.get_rank() == 0:
        parameter.grad = total / 2


def divided(parameter):
    parameter.grad /= dist.get_world_size()


def by_images(parameter):
    dist.all_reduce(parameter.grad)
    parameter.grad /= 32


ANSWERS = {
    check_gradient_of_shares: [
        *map(right, (weighted, by_matrix, lambda g, n: weighted(g, n).numpy())),
        right(lambda g, n: weighted(g, n).tolist()),
        wrong(lambda g, n: sum(g) / len(g), gentle="every image count alike", concrete="small share"),
        wrong(lambda g, n: sum(g), gentle="A mean", concrete="add the gradients up"),
        wrong(lambda g, n: weighted(g, n) * sum(n), gentle="Almost", concrete="images of all shares"),
        wrong(lambda g, n: weighted(g, n) * sum(n) / len(n), gentle="By what", concrete="number of ranks"),
        wrong(lambda g, n: weighted(g, n) * sum(n) / 16, gentle="a mean of", concrete="Add those sums"),
        wrong(lambda g, n: g[0], gentle="a mean of", concrete="Add those sums"),
        wrong(lambda g, n: weighted(g, n[::-1]), gentle="a mean of"),
        wrong(in_place, gentle="changes what it was given", concrete="work on a copy"),
        wrong(lambda g, n: 5, gentle="shape ()", concrete="(4,) is wanted"),
        wrong(lambda g, n: torch.stack(g), gentle="shape (3, 4)", concrete="one gradient"),
        wrong(7, gentle="function itself", concrete="7"),
    ],
    check_ring_bytes: [
        *map(right, (765_702, 765_702.0, torch.tensor(765_702), 2 * 7 / 8 * 437_544)),
        wrong(7 * 54_693, gentle="one round", concrete="7 more"),
        wrong(54_693, gentle="one piece", concrete="both rounds"),
        wrong(875_088, gentle="Very close", concrete="7 messages"),
        wrong(437_544, gentle="Two ranks", concrete="8 ranks"),
        wrong(7 * 437_544, gentle="to everybody", concrete="an eighth"),
        wrong(14 * 437_544, gentle="all of them", concrete="14 messages"),
        wrong(765_703, gentle="Messages, times", concrete="8 pieces"),
        wrong(float("nan"), gentle="Messages, times", concrete="8 pieces"),
    ],
    check_average_gradients: [
        *map(right, (one_by_one, all_at_once, with_average)),
        wrong(each(lambda p: dist.all_reduce(p.grad)), gentle="a mean", concrete="get_world_size"),
        wrong(each(divided), gentle="told the other rank", concrete="half of its own"),
        wrong(each(a_copy), gentle="still have their own", concrete="write the result back"),
        wrong(each(twice), gentle="Is that the mean", concrete="divide twice"),
        wrong(each(of_weights), gentle="else has changed", concrete="parameter.grad"),
        wrong(each(without_biases), gentle="drift apart", concrete="none is left out"),
        wrong(each(only_kept_by_rank_0), gentle="drift apart", concrete="Every rank"),
        wrong(each(by_images), gentle="not on the mean", concrete="number of ranks"),
        wrong(each(on_rank_0), gentle="never joins", concrete="equally often"),
        wrong(each(lambda p: p.nothing), gentle="AttributeError"),
        wrong(7, gentle="function itself", concrete="without brackets"),
    ],
}


def test_a_function_that_does_nothing_is_no_attempt(capsys):
    check_average_gradients(each(lambda parameter: ...))
    assert capsys.readouterr().out.startswith("○ Not answered yet. The gradients of both ranks")
