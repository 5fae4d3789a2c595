"""What the notebooks of the course share: from MNIST's files to a trained, evaluated classifier.

The data flow in one direction: `load_mnist` -> `preprocess` -> `train` -> `evaluate` -> `predict`, and
`mnist_helpers.plotting` draws what they return. All that can be imported from here is listed in
`__init__.pyi`, and is loaded when it is first asked for: so `mnist-helpers --help` need not wait for torch.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
