#!/usr/bin/env bash
# clusters/down.sh clusters/on-prem.yaml: stops Ray on every machine of a file for one's own machines.
# `ray down` reaches the head alone; the others would notice that it is gone, and stop half a minute later.
set -euo pipefail
file=${1:?"usage: clusters/down.sh FILE.yaml"}
python=$(dirname "$0")/../.venv/bin/python
[ -x "$python" ] || python=python3
ray=$(dirname "$python")/ray
[ -x "$ray" ] || ray=ray
read_file='import sys, yaml, os; c = yaml.safe_load(open(sys.argv[1])); a = c["auth"]
print(a["ssh_user"], os.path.expanduser(a["ssh_private_key"]), *c["provider"]["worker_ips"])'
read -r user key workers < <("$python" -c "$read_file" "$file")

"$ray" down -y "$file" # first: it would start the others again
silent=()
for worker in $workers; do
    # -n: ssh must not read what this loop reads
    ssh -n -i "$key" -o BatchMode=yes -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR \
        -o ConnectTimeout=10 "$user@$worker" '. ~/.harness-env; ray stop' || silent+=("$worker")
done
if [ ${#silent[@]} -gt 0 ]; then
    echo "no answer from ${silent[*]}: if they are on, run \`ray stop\` there" >&2
    exit 1
fi
