"""Checkers of step 1: counting, brightness, bytes, and the nearest neighbour."""

import random

import torch
from torch import Tensor

from mnist_helpers.exercises.feedback import Hint, call, checker, number

TEST_IMAGES, TRAIN_IMAGES, PIXELS = 10_000, 60_000, 28 * 28


@checker("How many numbers is one image? And how many images are there?")
def check_pixel_count(count: object) -> str:
    """1.1: how many numbers the images of MNIST's test set consist of."""
    count = number(count)
    mistakes = {
        TRAIN_IMAGES * PIXELS: Hint(
            "That is another set of images.", "You counted the training set; the question is the test set."
        ),
        (TRAIN_IMAGES + TEST_IMAGES) * PIXELS: Hint(
            "That is more than was asked for.", "You counted both sets; the question is the test set alone."
        ),
        TEST_IMAGES: Hint("That many images, but how many numbers?", "Each image is more than one number."),
        TEST_IMAGES * 28: Hint(
            "An image has rows and columns.", "You counted one row per image; an image has 28 of them."
        ),
        PIXELS: Hint("That is one image.", "That is one image; the test set holds many of them."),
        TEST_IMAGES * (PIXELS + 1): Hint(
            "Very close: you counted something else, too.", "You counted the labels, too; leave them out."
        ),
    }
    if count in mistakes:
        raise mistakes[count]
    if count != TEST_IMAGES * PIXELS:
        raise Hint(
            "Start with the shape of the test images.",
            "Multiply the three numbers in the shape of MNIST's test images.",
        )
    return "Right: images × rows × columns. At one byte each that is the size of the test set in memory."


@checker("Take the mean over rows and columns, not over the images.")
def check_ink(ink: object) -> str:
    """1.2: the mean pixel value of each image, tried on fresh random images."""
    num_images = random.randint(3, 9)
    images = _random_images(num_images)
    try:
        result = call(ink, images.clone(), missing="It should return one number for each image.")
    except RuntimeError as error:
        if "dtype" not in str(error):
            raise
        raise Hint(
            "PyTorch takes no mean of bytes.",
            "The images are uint8. Convert them with `.float()` before you take the mean.",
        ) from None
    result = _floats(result)
    wanted = images.double().mean(dim=(1, 2))
    if result.numel() == 1:
        raise Hint(
            "One number for all images is not enough.",
            f"You averaged over the images, too: for {num_images} images {num_images} numbers are wanted.",
        )
    if result.shape != wanted.shape:
        axis = "the images (axis 0)" if result.shape == (28, 28) else "only some of the axes"
        raise Hint(
            f"Your result has the shape {tuple(result.shape)}; is that one number for each image?",
            f"You averaged over {axis}; average over the rows and the columns, axes 1 and 2.",
        )
    if torch.allclose(result, wanted * PIXELS):
        raise Hint("That is a sum.", "That is the sum of the pixels; divide by their number: take the mean.")
    if torch.allclose(result, wanted / 255):
        raise Hint(
            "Look at the scale.", "You divided by 255; the mean of pixel values from 0 to 255 is wanted."
        )
    if torch.allclose(result, wanted, atol=1) and not torch.allclose(result, wanted, atol=1e-2):
        raise Hint("Close, but rounded.", "The means have lost their decimals; keep them as float numbers.")
    if not torch.allclose(result, wanted, atol=1e-2):
        raise Hint(
            "The numbers are not the mean brightness.",
            "Try an image of your own, `torch.full((1, 28, 28), 7)`: its mean must be 7.",
        )
    return "One number per image. Try it on the digits: which of the ten needs the least ink?"


@checker("Guess first, then let PyTorch calculate with two tensors of dtype uint8.")
def check_byte_arithmetic(total: object, difference: object) -> str:
    """1.3: what uint8 makes of 200 + 100 and of 10 - 20."""
    a, b, c, d = (torch.tensor(value, dtype=torch.uint8) for value in (200, 100, 10, 20))
    answers = {"200 + 100": (number(total), (a + b).item()), "10 - 20": (number(difference), (c - d).item())}
    plain = {"200 + 100": 300, "10 - 20": -10}
    clipped = {"200 + 100": 255, "10 - 20": 0}
    for sum_, (answer, wanted) in answers.items():
        if answer == wanted:
            continue
        if answer == plain[sum_]:
            raise Hint(
                f"{sum_}: true on paper, but not in a byte.",
                f"{sum_}: a uint8 holds 0 to 255 and nothing else, so {plain[sum_]} does not fit.",
            )
        if answer == clipped[sum_]:
            raise Hint(
                f"{sum_}: it does not stop at the end of the range.",
                f"{sum_}: it goes on at the other end, as a mileage counter does. Try it out.",
            )
        if answer in (wanted - 1, wanted + 1):
            raise Hint(
                f"{sum_}: very close.",
                f"{sum_}: one off. From 0 to 255 there are 256 values, not 255.",
            )
        raise Hint(
            f"{sum_}: not what PyTorch says.",
            f"{sum_}: write both numbers as `torch.tensor(…, dtype=torch.uint8)` and calculate.",
        )
    return "Right: a byte wraps round after 256 values. That is why we convert to float first."


@checker("Which training image is nearest? Its label is the answer.")
def check_nearest_neighbour(nearest_neighbour: object) -> str:
    """1.4: the label of the nearest training image, tried on fresh random images."""
    num_train, num_new = 150, random.randint(20, 30)
    train_images = _random_images(num_train)
    train_labels = torch.arange(num_train) % 10  # so many images to a class that its mean helps nobody
    twins = torch.tensor(random.sample(range(num_train), num_new))
    noise = torch.randint(-20, 21, (num_new, 28, 28), generator=_fresh())
    new_images = (train_images[twins].int() + noise).clamp(0, 255).to(torch.uint8)
    wanted = train_labels[twins]
    try:
        result = call(
            nearest_neighbour, train_images.clone(), train_labels.to(torch.uint8), new_images.clone(),
            missing="It should return one label for each new image.",
        )  # fmt: skip
    except (RuntimeError, NotImplementedError) as error:
        if not any(word in str(error) for word in ("dtype", "Byte", "floating")):
            raise
        raise Hint(
            "PyTorch measures no distance between bytes.",
            "The images are uint8. Convert both with `.float()` before you measure distances.",
        ) from None
    result = _floats(result)
    if result.shape != wanted.shape:
        raise Hint(
            f"Your result has the shape {tuple(result.shape)}; one label for each new image is wanted.",
            f"For {num_new} new images {num_new} labels are wanted: "
            "choose along the axis of the training images.",
        )
    distances = torch.cdist(new_images.double().flatten(1), train_images.double().flatten(1))
    if torch.equal(result, twins.double()):
        raise Hint(
            "You found the right images. What was asked for?",
            "You return the positions of the nearest images; look up their labels: `train_labels[…]`.",
        )
    if torch.equal(result, train_labels[distances.argmax(dim=1)].double()):
        raise Hint(
            "Near or far?", "You take the label of the farthest image; the smallest distance is wanted."
        )
    if not torch.equal(result, wanted.double()):
        right = int((result == wanted).sum())
        raise Hint(
            f"{right} of {num_new} labels are right.",
            f"{right} of {num_new} labels are right. Were the images converted to float before the distance? "
            "Is the smallest distance taken over all single training images, not over means?",
        )
    return "Every image found its neighbour. Measure its accuracy: how far above the mean images does it get?"


def _random_images(count: int) -> Tensor:
    """Images of shape (count, 28, 28), uint8, noise of a different brightness each."""
    tops = torch.tensor(random.sample(range(56, 256), count))
    return (torch.rand(count, 28, 28, generator=_fresh()) * tops[:, None, None]).to(torch.uint8)


def _fresh() -> torch.Generator:
    """A generator of its own, so that a checker leaves torch's global random numbers as they were."""
    return torch.Generator().manual_seed(random.getrandbits(32))


def _floats(result: object) -> Tensor:
    """A learner's tensor, array or list as float64."""
    return torch.as_tensor(result).detach().double()
