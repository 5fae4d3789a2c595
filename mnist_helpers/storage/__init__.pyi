from .download import fetch_missing
from .finding import find_files, sound_file, unpack_official
from .folders import cache_dir, may_be_made, mnist_folder, named_folder, with_home
from .official import OFFICIAL_FILES, DataError, OfficialFile, parse_idx, read_verified, to_idx
from .weights import CheckpointError, read_checkpoint, reason_of, write_checkpoint
from .writing import copy_files, named_file, refusal_told, whole_file

__all__ = [
    "OFFICIAL_FILES",
    "CheckpointError",
    "DataError",
    "OfficialFile",
    "cache_dir",
    "copy_files",
    "fetch_missing",
    "find_files",
    "may_be_made",
    "mnist_folder",
    "named_file",
    "named_folder",
    "parse_idx",
    "read_checkpoint",
    "read_verified",
    "reason_of",
    "refusal_told",
    "sound_file",
    "to_idx",
    "unpack_official",
    "whole_file",
    "with_home",
    "write_checkpoint",
]
