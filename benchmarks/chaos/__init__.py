"""A search on a small Ray cluster, disturbed on purpose: what breaks, what is lost, and how long until it trains again.

stage        the cluster, the driver, and what the results hold
faults       what is broken, each with how it is mended
__main__     runs them and prints the table
"""
