"""Several hosts on one machine, made of Linux namespaces, on which `ray up` works as it does on real ones.

enter     whether this machine can, and the step into a world of its own
lab       the hosts as their owner sees them: ssh, power, network cable
host      what happens on a host when it is switched on
cluster   the repository's on-prem file, filled in for these hosts
"""
