"""Other networks than the course's MLP, their costs and times, and the MLP's training without autograd."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
