"""The course's recipe in six frameworks, each run in a process of its own and measured.

`task` holds what all of them are given, one module each holds a recipe, `worker` runs one, `compare` all.
"""
