"""Many trainings, compared and remembered, and whether a difference is more than luck."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
