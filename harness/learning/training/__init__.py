"""Batches, augmentation and the epoch. It knows no search."""
