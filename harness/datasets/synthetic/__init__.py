"""Two face sets drawn by code from a seed, so that a search needs no download. They know no disk, no cache.

In the order of the data:

    difficulty               how hard a set is, as numbers
    cast                     who shows what how often
    facs, expressions        which action units are active, and how strongly
    subjects                 what is a person's own
    muscles, anatomy         where that puts the landmarks of a face
    pose                     how the head is held: landmarks become pixels
    shapes, sitters          the brush, and what it is held up against
    head, features, portrait the drawing
    conditions               something in front, light, blur, noise
    draw                     all of it, in blocks, over threads
"""

from harness.datasets.synthetic.draw import Kind, draw_faces

__all__ = ["Kind", "draw_faces"]
