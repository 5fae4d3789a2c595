"""The machinery around the notebooks: commands, copies, execution, and whether the pages tell the truth."""
