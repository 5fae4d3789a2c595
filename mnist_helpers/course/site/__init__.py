"""The course as a web site of static pages, from the committed notebooks and their outputs."""
