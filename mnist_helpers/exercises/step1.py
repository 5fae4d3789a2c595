"""Checkers of step 1: shapes, counting, a bar chart, brightness, bytes, and the nearest neighbour."""

import torch
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from torch import Tensor

from mnist_helpers.exercises.answers import Hint, array, same
from mnist_helpers.exercises.feedback import Unanswered, When, checker, expect, expect_each, expect_rule

TEST, TRAIN, PIXELS = 10_000, 60_000, 28 * 28  # images, images, numbers in one image


@checker("Name four shapes, each as a tuple such as (28, 28).")
def check_shapes(indexed: object, summed: object, broadcast: object, multiplied: object) -> str:
    """1.0: the shapes of stack[0], stack.sum(dim=1), stack + row and stack[0] @ matrix."""
    right = {
        "a": ((28, 28), "An index takes one place along axis 0, so axis 0 is gone."),
        "b": ((5, 28), "The axis that you sum over disappears; the other two stay, in their order."),
        "c": ((5, 28, 28), "The row is added to every row of every image; the larger shape stays."),
        "d": ((28, 3), "(28, 28) @ (28, 3): the two inner lengths agree and disappear, the outer ones stay."),
    }

    def shape(answer: object) -> tuple[int, ...]:
        lengths = array(tuple(answer) if isinstance(answer, torch.Size) else answer)
        if lengths.ndim != 1:
            raise Hint("A shape is wanted.", "Write the length of each axis in brackets, such as (28, 28).")
        return tuple(lengths.tolist())

    expect_each((indexed, summed, broadcast, multiplied), right, "shapes", shape)
    return "All four: an index or a sum removes its axis, broadcasting fits shapes, @ joins two tables."


@checker("How many numbers is one image? And how many images are there?")
def check_pixel_count(count: object) -> str:
    """1.1: how many numbers the images of MNIST's test set consist of."""
    expect(count, TEST * PIXELS, [
        (TRAIN * PIXELS, "That is another set of images.",
         "You counted the training set; the question is the test set."),
        ((TRAIN + TEST) * PIXELS, "That is more than was asked for.",
         "You counted both sets; the question is the test set alone."),
        (TEST, "That many images, but how many numbers?", "Each image is more than one number."),
        (TEST * 28, "An image has rows and columns.",
         "You counted one row per image; an image has 28 of them."),
        (PIXELS, "That is one image.", "That is one image; the test set holds many of them."),
        (TEST * (PIXELS + 1), "Very close: you counted something else, too.",
         "You counted the labels, too; leave them out."),
    ], ("Start with the shape of the test images.",
        "Multiply the three numbers in the shape of MNIST's test images."))  # fmt: skip
    return "Right: images × rows × columns. At one byte each that is the size of the test set in memory."


@checker("Draw one bar for each digit with `ax.bar(positions, heights)`.")
def check_bar_chart(ax: object, counts: Tensor) -> str:
    """1.2: a bar chart of the ten counts in `counts`, with labelled axes."""
    if not isinstance(ax, Axes):
        raise Hint("Hand over the axes that you drew into.", "Write `check_bar_chart(ax, train_counts)`.")
    bars = [patch for patch in ax.patches if isinstance(patch, Rectangle)]
    if not bars:
        raise Unanswered("There are no bars yet. `ax.bar(positions, heights)` draws them.")
    places = [bar.get_x() + bar.get_width() / 2 for bar in bars]
    widths = [bar.get_width() for bar in bars]
    heights = torch.tensor([bar.get_height() for bar in bars])
    wanted = counts.double()
    expect(heights, wanted, [
        (lambda heights: len(heights) != 10, "Ten digits, ten bars.", "Draw ten bars, one for each digit."),
        (lambda heights: same(widths, wanted), "Which way do the bars grow?",
         "Your bars lie on their side; `ax.bar` makes them stand."),
        (lambda heights: same(heights / heights.sum(), wanted / wanted.sum()), "Look at the scale.",
         "Those are shares; draw the counts themselves."),
        (lambda heights: same(heights, list(range(10))), "Which comes first in `ax.bar`?",
         "You handed over the counts as positions: `ax.bar` takes positions first, then heights."),
        (lambda heights: same(sorted(heights), sorted(wanted)), "Whose bar is whose?",
         "The heights are right but in another order: the first bar belongs to the digit 0."),
    ], ("The bars have other heights than the counts. Which numbers did you hand over?",
        "The heights are the ten numbers in `train_counts`."))  # fmt: skip
    expect(places, list(range(10)), [], (
        "Is each bar over its digit?",
        "The middles of the bars belong at 0 to 9, as in `range(10)`."))  # fmt: skip
    if not (ax.get_xlabel().strip() and ax.get_ylabel().strip()):
        raise Hint("What do the two axes show?", "Label both: `ax.set(xlabel=…, ylabel=…)`.")
    return "Ten bars, each over its digit, and axes that say what they show."


@checker("Take the mean over rows and columns, not over the images.")
def check_ink(ink: object) -> str:
    """1.3: the mean pixel value of each image."""

    def mean(images: Tensor) -> Tensor:
        return images.double().mean(dim=(1, 2))

    expect_rule(ink, [(_images(3),), (_images(28),)], mean, [
        (lambda images: images.double().mean(), "One number for all images is not enough.",
         "You averaged over the images, too: for {0.shape[0]} images {0.shape[0]} numbers are wanted."),
        (lambda images: mean(images) * PIXELS, "That is a sum.",
         "That is the sum of the pixels; divide by their number: take the mean."),
        (lambda images: mean(images) / 255, "Look at the scale.",
         "You divided by 255; the mean of pixel values from 0 to 255 is wanted."),
        (When(lambda answer, wanted, images: answer.shape == wanted.shape and abs(answer - wanted).max() < 1),
         "Close, but rounded. Where do the decimals get lost?",
         "The means have lost their decimals; keep them as float numbers."),
    ], ("The numbers are not the mean brightness. Try an image whose mean you know.",
        "Try an image of your own, `torch.full((1, 28, 28), 7)`: its mean must be 7."),
        errors=[("dtype", "PyTorch takes no mean of bytes (uint8). Which dtype does it need?",
                 "The images are uint8. Convert them with `.float()` before you take the mean.")],
        shape="Average over the rows and the columns, axes 1 and 2.",
        missing="It should return one number for each image.", atol=1e-2)  # fmt: skip
    return "One number per image. Try it on the digits: which of the ten needs the least ink?"


@checker("Guess first, then let PyTorch calculate with two tensors of dtype uint8.")
def check_byte_arithmetic(total: object, difference: object) -> str:
    """1.4: what uint8 makes of 200 + 100 and of 10 - 20."""
    for answer, sum_, plain, stopped in (total, "200 + 100", 300, 255), (difference, "10 - 20", -10, 0):
        byte = plain % 256
        expect(answer, byte, [
            (plain, f"{sum_}: true on paper. Which numbers can a byte hold?",
             f"{sum_}: a uint8 holds 0 to 255 and nothing else, so {plain} does not fit."),
            (stopped, f"{sum_}: it does not stop at the end of the range. Where does it go on?",
             f"{sum_}: it goes on at the other end, as a mileage counter does. Try it out."),
            (lambda answer, byte=byte: abs(answer - byte) == 1, f"{sum_}: very close.",
             f"{sum_}: one off. From 0 to 255 there are 256 values, not 255."),
        ], (f"{sum_}: not what PyTorch says. Try it in a cell.",
            f"{sum_}: calculate with two numbers like `torch.tensor(…, dtype=torch.uint8)`."))  # fmt: skip
    return "Right: a byte wraps round after 256 values. That is why we convert to float first."


@checker("Which training image is nearest? Its label is the answer.")
def check_nearest_neighbour(nearest_neighbour: object) -> str:
    """1.5: the label of the nearest training image, among decoys with other labels."""

    def distances(train: Tensor, new: Tensor) -> Tensor:
        return torch.cdist(new.double().flatten(1), train.double().flatten(1))

    def in_bytes(train: Tensor, labels: Tensor, new: Tensor) -> Tensor:
        return labels[((new[:, None] - train) ** 2).sum(dim=(2, 3)).argmin(dim=1)]

    def class_mean(train: Tensor, labels: Tensor, new: Tensor) -> Tensor:
        means = torch.stack([train[labels == digit].double().mean(dim=0) for digit in range(10)])
        return distances(means, new).argmin(dim=1)

    expect_rule(nearest_neighbour, [_neighbours(12), _neighbours(9)], lambda train, labels, new:
                labels[distances(train, new).argmin(dim=1)], [
        (lambda train, labels, new: distances(train, new).argmin(dim=1),
         "You found the right images. What was asked for?",
         "You return the positions of the nearest images; look up their labels: `train_labels[…]`."),
        (lambda train, labels, new: labels[distances(train, new).argmax(dim=1)], "Near or far?",
         "You take the label of the farthest image; the smallest distance is wanted."),
        (in_bytes, "Some labels are wrong. Which dtype did you calculate with?",
         "In uint8 the square of 16 is 0. Convert both to float before you subtract."),
        (class_mean, "Some labels are wrong. Did you average?",
         "The smallest distance is to be taken over all single training images, not over means."),
    ], ("Not all labels are those of the nearest image.",
        "Were the images converted to float before the distance? Does every pixel count in it? "
        "Is the smallest distance taken over all single training images?"),
        errors=[("dtype|Byte|floating",
         "PyTorch measures no distance between bytes (uint8). Which dtype do both need?",
                 "The images are uint8. Convert both with `.float()` before you measure distances.")],
        shape="Choose along the axis of the training images.",
        missing="It should return one label for each new image.")  # fmt: skip
    return "Every image found its neighbour. Measure its accuracy: how far above the mean images does it get?"


def _images(count: int) -> Tensor:
    """Images of shape (count, 28, 28), uint8: noise of a different brightness each, on much black."""
    tops = torch.randint(56, 256, (count, 1, 1))
    return (torch.rand(count, 28, 28) * tops * (torch.rand(count, 28, 28) < 0.4)).to(torch.uint8)


def _neighbours(count: int) -> tuple[Tensor, Tensor, Tensor]:
    """Training images, their labels, and `count` new images, each with one neighbour and three decoys.

    The decoys have other labels. Two differ from the new image by 16 everywhere, whose square is 0 in uint8;
    the third is the new image itself with its pixels in another order, so it is exactly as bright.
    """
    neighbours = torch.randint(40, 200, (count, 28, 28))
    new = neighbours + torch.randint(-2, 7, (count, 28, 28))
    train = torch.cat([neighbours, new + 16, new - 16, new.flip(1)])
    digits = torch.randint(10, (count,))
    labels = torch.cat([(digits + shift) % 10 for shift in (0, 3, 5, 8)])
    mixed = torch.randperm(len(train))
    return train[mixed].to(torch.uint8), labels[mixed].to(torch.uint8), new.to(torch.uint8)
