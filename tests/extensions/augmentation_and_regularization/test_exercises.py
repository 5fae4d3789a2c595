"""Exercises of augmentation_and_regularization: wrong answers earn their hint, right ones pass."""

import statistics

import numpy as np
import torch
import torch.nn.functional as F
from scipy.stats import ttest_ind
from verdicts import right, wrong

from mnist_helpers.extensions.augmentation_and_regularization.exercises import (
    check_false_labels,
    check_l1_penalty,
    check_random_shift,
    check_t_value,
)
from mnist_helpers.recipes import L1


def by_padding(images, pixels, generator):
    padded = F.pad(images, (pixels,) * 4)
    corners = torch.randint(0, 2 * pixels + 1, (len(images), 2), generator=generator).tolist()
    return torch.stack([image[r : r + 28, c : c + 28] for image, (r, c) in zip(padded, corners, strict=True)])


def move(image, down, right):
    """One image, moved; black where nothing was."""
    size = abs(down) + abs(right)
    padded = F.pad(image, (size,) * 4)
    return padded[size - down :, size - right :][:28, :28]


def shifting(draw):
    """A shift function whose offsets are what `draw(count, pixels, generator)` gives, (n, 2)."""

    def shift(images, pixels, generator):
        offsets = draw(len(images), pixels, generator).tolist()
        return torch.stack([move(image, *pair) for image, pair in zip(images, offsets, strict=True)])

    return shift


def fair(count, pixels, generator):
    return torch.randint(-pixels, pixels + 1, (count, 2), generator=generator)


def in_numpy(images, pixels, generator):
    return by_padding(images, pixels, generator).numpy()


def wrapped(images, pixels, generator):
    offsets = fair(len(images), pixels, generator).tolist()
    return torch.stack(
        [image.roll(pair, (0, 1)) for image, pair in zip(images, map(tuple, offsets), strict=True)]
    )


def all_alike(images, pixels, generator):
    (pair,) = fair(1, pixels, generator).tolist()
    return torch.stack([move(image, *(pair if any(pair) else (1, 0))) for image in images])


def in_place(images, pixels, generator):
    images[:] = by_padding(images, pixels, generator)
    return images


def own_seed(images, pixels, generator):
    return by_padding(images, pixels, torch.Generator().manual_seed(0))


def blurred(images, pixels, generator):
    return by_padding(images, pixels, generator) * 0.9


def together(count, pixels, generator):
    pairs = fair(count, pixels, generator)
    return torch.where(torch.arange(count)[:, None] % 4 > 0, pairs[:, :1], pairs)


def mostly_still(count, pixels, generator):
    return fair(count, pixels, generator) * (torch.rand(count, 1, generator=generator) < 0.2)


def weights(model):
    return [parameter for parameter in model.parameters() if parameter.ndim == 2]


def by_loop(model, strength):
    total = 0
    for name, parameter in model.named_parameters():
        if name.endswith("weight"):
            total = total + torch.sum(torch.abs(parameter))
    return total * strength


def by_statistics(first, second):
    error = statistics.variance(first) / len(first) + statistics.variance(second) / len(second)
    return (statistics.mean(second) - statistics.mean(first)) / error**0.5


def in_torch(first, second):
    a, b = torch.tensor(first), torch.tensor(second)
    return (b.mean() - a.mean()) / (a.var() / len(a) + b.var() / len(b)).sqrt()


def of_scipy(first, second):
    return ttest_ind(second, first, equal_var=False).statistic


def variances(first, second, ddof=1):
    return np.var(first, ddof=ddof) / len(first), np.var(second, ddof=ddof) / len(second)


ANSWERS = {
    check_random_shift: [
        *map(right, (by_padding, shifting(fair), in_numpy)),
        wrong(wrapped, gentle="comes in again", concrete="torch.roll"),
        wrong(all_alike, gentle="alike", concrete="one pair of numbers for each"),
        wrong(in_place, gentle="changes the images", concrete="clone"),
        wrong(own_seed, gentle="Another seed", concrete="seed of your own"),
        wrong(lambda i, p, g: by_padding(i, p, None), gentle="same seed", concrete="generator=generator"),
        wrong(lambda i, p, g: by_padding(i, 2, g), gentle="largest", concrete="pixels=3"),
        wrong(shifting(lambda n, p, g: fair(n, p, g).abs()), gentle="one of the sides", concrete="down"),
        wrong(shifting(lambda n, p, g: torch.randint(-p, p, (n, 2), generator=g)), concrete="upper limit"),
        wrong(shifting(lambda n, p, g: fair(n, 2 * p, g)), gentle="too far", concrete="should lie"),
        wrong(shifting(lambda n, p, g: fair(n, p, g)[:, :1].expand(n, 2)), gentle="move together"),
        wrong(shifting(lambda n, p, g: fair(n, p, g) * torch.tensor([0, 1])), gentle="direction"),
        wrong(shifting(together), gentle="move together", concrete="independently"),
        wrong(shifting(mostly_still), gentle="too seldom", concrete="as often as any other"),
        wrong(lambda i, p, g: i.clone(), gentle="Nothing has moved", concrete="as it went in"),
        wrong(lambda i, p, g: i[0], gentle="look like what went in", concrete="(28, 28)"),
        wrong(lambda i, p, g: "shifted", gentle="Numbers are wanted", concrete="str"),
        wrong(blurred, gentle="not made of shifted", concrete="moved by whole pixels"),
        wrong("shift", gentle="itself", concrete="without brackets"),
    ],
    check_false_labels: [
        right({2, 3, 4, 6}, {2, 3, 6}, {6}),
        right([2, 3, 4, 6], (6, 3, 2), [6]),
        right(np.array([2, 3, 4, 6]), torch.tensor([2, 3, 6]), {6.0}),
        wrong({2, 3, 6}, {2, 3, 6}, {6}, gentle="digits lacks", concrete="water"),
        wrong({3, 4, 6}, {2, 3, 6}, {6}, gentle="digits lacks", concrete="turn a 6"),
        wrong({1, 2, 3, 4, 6}, {2, 3, 6}, {6}, gentle="digits has", concrete="leans by 10°"),
        wrong({2, 3, 4, 6}, {2, 3, 4, 6}, {6}, gentle="arrows has", concrete="still water"),
        wrong({2, 3, 4, 6}, {2, 6}, {6}, gentle="arrows lacks", concrete="mirror"),
        wrong({2, 3, 4, 6}, {2, 3, 6}, {2, 6}, gentle="cells has", concrete="which way up"),
        wrong({2, 3, 4, 6}, {2, 3, 6}, set(), gentle="cells lacks", concrete="20"),
        wrong({2, 3, 4, 6, 9}, {2, 3, 6}, {6}, gentle="1 to 8", concrete="another"),
        wrong({2, 3, 4, 6.5}, {2, 3, 6}, {6}, gentle="1 to 8", concrete="digits"),
        wrong({2, 3, 4, 6}, {2, 3, 6}, 6, gentle="Three sets", concrete="cells give a set"),
        wrong({2, 3, 4, 6}, {2, 3, 6}, np.array(6), gentle=""),
        wrong("2346", {2, 3, 6}, {6}, gentle="Three sets", concrete="digits give a set"),
    ],
    check_l1_penalty: [
        right(lambda m, s: s * sum(w.abs().sum() for w in weights(m))),
        right(lambda m, s: L1(s)(m)),
        right(lambda m, s: s * torch.cat([w.flatten() for w in weights(m)]).norm(p=1)),
        right(lambda m, s: (s * sum(w.abs().sum() for w in weights(m))).reshape(1)),
        right(by_loop),
        wrong(lambda m, s: s * sum(p.abs().sum() for p in m.parameters()), concrete="biases"),
        wrong(lambda m, s: s * sum(w.sum() for w in weights(m)), gentle="cancel", concrete=".abs()"),
        wrong(lambda m, s: s * sum((w**2).sum() for w in weights(m)), concrete="L2"),
        wrong(lambda m, s: s / 2 * sum((w**2).sum() for w in weights(m)), concrete="L2"),
        wrong(lambda m, s: L1(s / 2)(m), gentle="half", concrete="belongs to L2"),
        wrong(lambda m, s: sum(w.abs().sum() for w in weights(m)), gentle="strength for"),
        wrong(lambda m, s: s * torch.cat([w.flatten() for w in weights(m)]).abs().mean(), gentle="mean"),
        wrong(lambda m, s: s * sum(w.abs().mean() for w in weights(m)), concrete="number of weights"),
        wrong(lambda m, s: s * weights(m)[0].abs().sum(), gentle="Some layers", concrete="one layer"),
        wrong(lambda m, s: s * weights(m)[-1].abs().sum(), gentle="Some layers", concrete="one layer"),
        wrong(lambda m, s: s * sum(w.abs().sum() for w in weights(m)[:2]), gentle="not the penalty"),
        wrong(lambda m, s: s * sum(w.abs().sum() for w in weights(m)).item(), concrete=".item()"),
        wrong(lambda m, s: s * sum(w.detach().abs().sum() for w in weights(m)), gentle="no gradient"),
        wrong(lambda m, s: s * sum(w.abs().sum() if w is weights(m)[0] else w.detach().abs().sum()
                                   for w in weights(m)), gentle="gradient is not right"),
        wrong(lambda m, s: "small", gentle="plain number", concrete="str"),
        wrong(lambda m, s: L1(s)(m) + 1, gentle="not the penalty", concrete="fresh network"),
    ],
    check_t_value: [
        *map(right, (by_statistics, in_torch, of_scipy)),
        wrong(lambda a, b: of_scipy(b, a), gentle="Which of the two", concrete="second recipe"),
        wrong(lambda a, b: abs(of_scipy(a, b)), gentle="Which of the two", concrete="below 0"),
        wrong(lambda a, b: (np.mean(b) - np.mean(a)) / sum(v**0.5 for v in variances(a, b)),
              gentle="do not simply add up", concrete="then take"),
        wrong(lambda a, b: np.mean(b) - np.mean(a), gentle="compared with luck"),
        wrong(lambda a, b: (np.mean(b) - np.mean(a)) / sum(variances(a, b, 0)) ** 0.5, concrete="n - 1"),
        wrong(lambda a, b: (np.mean(b) - np.mean(a)) / (np.var(a, ddof=1) + np.var(b, ddof=1)) ** 0.5,
              gentle="number of seeds", concrete="divided by its n"),
        wrong(lambda a, b: (np.mean(b) - np.mean(a)) / sum(variances(a, b)), concrete="square root"),
        wrong(lambda a, b: ttest_ind(b, a).statistic, gentle="Which standard deviation"),
        wrong(lambda a, b: float("nan"), gentle="no number"),
        wrong(lambda a, b: 4.3, gentle="not t yet", concrete="t should be"),
        wrong(lambda a, b: [1, 2], gentle="plain number", concrete="list"),
    ],
}  # fmt: skip
