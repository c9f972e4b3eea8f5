"""What an embedding is worth: retrieval, classification, spread. They know no network and no loss.

Nothing is imported here, so that `names` can be read in a process without torch.
"""
