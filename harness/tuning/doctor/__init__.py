"""What is wrong with a search folder, and mending it. It deletes nothing: what is in the way is moved aside."""
