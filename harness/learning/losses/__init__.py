"""Mining and losses over all slices at once. They know no network and no metric."""
