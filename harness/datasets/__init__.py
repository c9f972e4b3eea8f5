"""Faces: what they are, where they come from, how they are divided. This wing knows no network and no search."""
