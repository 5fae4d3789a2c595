"""Files on the disk: the official ones, downloads, and writing a file whole or not at all."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
