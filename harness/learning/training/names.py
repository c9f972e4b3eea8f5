"""Names of the augmentations, for search files. It imports no torch, so that checking a search file takes no second."""

AUGMENTATIONS = ("none", "flip", "affine")
