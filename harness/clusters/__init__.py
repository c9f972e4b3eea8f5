"""Files that describe a cluster: the token that opens it, and what is wrong with them. It starts no cluster."""
