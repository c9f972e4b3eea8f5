"""Backbones and the sliced embedding. They know no loss and no metric."""
