"""Mining and losses over all slices at once. They know no network and no metric.

Reading order: `names` (what a search file may say; imports no torch), `mining`, `distances`, `triplet`,
`margins`, `class_weights`, then `cross_entropy` and `adapter`. Nothing is imported here, so that `names` can be read in a
process without torch.
"""
