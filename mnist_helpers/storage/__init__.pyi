from .download import fetch_missing
from .official import (
    OFFICIAL_FILES,
    DataError,
    OfficialFile,
    find_file,
    official_bytes,
    parse_idx,
    read_verified,
    to_idx,
    unpack_official,
)
from .writing import whole_file

__all__ = [
    "OFFICIAL_FILES",
    "DataError",
    "OfficialFile",
    "fetch_missing",
    "find_file",
    "official_bytes",
    "parse_idx",
    "read_verified",
    "to_idx",
    "unpack_official",
    "whole_file",
]
