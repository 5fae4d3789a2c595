"""The frameworks that are compared: their recipes, and what must be installed for them."""

import importlib.util
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path

INSTALL = 'python -m pip install --editable ".[frameworks]"'  # in the folder of the course


@dataclass(frozen=True)
class Framework:
    """One row of the comparison.

    Attributes
    ----------
    recipe : module of `mnist_helpers.extensions.framework_comparison` that holds the recipe.
    needs : distributions that must be installed for it, the framework itself first.
    compiles : whether the framework turns the recipe into a program of its own before running it.
    settings : environment variables that its process is started with.
    takes_weights : whether a training can start from given weights.
    """

    recipe: str
    needs: tuple[str, ...]
    compiles: bool = False
    settings: Mapping[str, str] = field(default_factory=dict)
    takes_weights: bool = True

    @property
    def missing(self) -> list[str]:
        """Which of the needed distributions are not installed here."""
        modules = {name: {"scikit-learn": "sklearn"}.get(name, name) for name in self.needs}
        return [name for name, module in modules.items() if importlib.util.find_spec(module) is None]

    @property
    def versions(self) -> str:
        """The needed distributions with their versions, of those that are installed."""
        present = [name for name in self.needs if name not in self.missing]
        return ", ".join(f"{name} {metadata.version(name)}" for name in present)

    @property
    def source(self) -> str:
        """The text of the recipe."""
        return Path(__file__).with_name(f"{self.recipe}.py").read_text(encoding="utf-8")


OURS, DATALOADER, BY_HAND, TENSORFLOW, KERAS_JAX, JAX, SKLEARN = (
    "PyTorch, this course", "PyTorch, DataLoader", "PyTorch, by hand", "Keras on TensorFlow", "Keras on JAX",
    "JAX", "scikit-learn",
)  # fmt: skip
FRAMEWORKS = {
    OURS: Framework("torch_train", ("torch",)),
    DATALOADER: Framework("torch_dataloader", ("torch", "torchvision")),
    BY_HAND: Framework("torch_by_hand", ("torch",)),
    TENSORFLOW: Framework("keras_recipe", ("keras", "tensorflow"), True, {"KERAS_BACKEND": "tensorflow"}),
    KERAS_JAX: Framework("keras_recipe", ("keras", "jax"), True, {"KERAS_BACKEND": "jax"}),
    JAX: Framework("jax_recipe", ("jax", "optax"), True),
    SKLEARN: Framework("sklearn_recipe", ("scikit-learn",), takes_weights=False),
}

LOOPS = ("eager step", "compiled step", "compiled epoch")
LADDER = {
    "PyTorch": Framework("torch_loops", ("torch",), settings={"TORCHINDUCTOR_FORCE_DISABLE_CACHES": "1"}),
    "TensorFlow": Framework(
        "tensorflow_loops", ("tensorflow", "keras"), settings={"KERAS_BACKEND": "tensorflow"}
    ),
    "JAX": Framework("jax_loops", ("jax", "optax")),
}


def missing_frameworks() -> list[str]:
    """All distributions that some framework needs and that are not installed here, each once."""
    return sorted({name for framework in FRAMEWORKS.values() for name in framework.missing})
