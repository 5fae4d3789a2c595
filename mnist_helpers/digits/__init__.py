"""Pictures of digits, made or prepared the way MNIST's were: photos, drawings, distortions."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
