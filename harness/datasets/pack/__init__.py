"""A distribution's faces, decoded and aligned once, in one Arrow file that opens by memory map. It knows no dataset by name.

In the order of the data:

    settings     what is taken, and how it is prepared
    pixels       a picture, a frame of a video, or a row of a table, as an array
    align        from the picture to the face, upright and of one size
    detect       where the face is, when nobody says
    shards       a few hundred faces at a time, over processes; each shard is written whole
    arrow        shards to one file, and that file to faces
    prepare      all of it, resumable

Nothing is imported here: the processes that decode need not wait for what only the packing needs.
"""
