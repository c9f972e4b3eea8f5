"""What an embedding is worth: retrieval, classification, spread. They know no network and no loss."""
