"""What was tried to train the small residual network faster on the CPU: the table of architectures.ipynb.

The ways take turns, so that a machine that slows down slows all of them; still, let nothing else run.
"""

import argparse
import platform

import torch

from mnist_helpers import load_mnist, preprocess
from mnist_helpers.networks import small_resnet, try_for_speed


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=5)
    repeats = parser.parse_args().repeats
    data = load_mnist()
    print(f"Data: {data.source}")
    print(f"{platform.machine()}, {torch.get_num_threads()} threads, torch {torch.__version__}")
    table = try_for_speed(small_resnet, preprocess(data).train, repeats)
    print(f"\nOne epoch, medians of {repeats} repeats that took turns")
    print(table.to_string(index=False, float_format="%.2f", na_rep="not available"))


if __name__ == "__main__":
    main()
