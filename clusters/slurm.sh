#!/usr/bin/env bash
# Ray inside a Slurm allocation:   sbatch clusters/slurm.sh searches/x.yaml [more options of harness.search]
# Started again, the same command goes on where the last allocation ended. Change the two places marked EDIT.
#SBATCH --job-name=expressions
#SBATCH --nodes=4                       # EDIT 1: how many machines, with what, for how long
#SBATCH --ntasks-per-node=1
#SBATCH --cpus-per-task=8
#SBATCH --gpus-per-node=1
#SBATCH --time=12:00:00
#SBATCH --signal=B:TERM@120             # two minutes before the end: the search stops cleanly
#SBATCH --output=expressions-%j.log
set -euo pipefail
: "${1:?usage: sbatch clusters/slurm.sh SEARCH.yaml [OPTIONS]}"

cd "${SLURM_SUBMIT_DIR:-.}"             # EDIT 2: the project, installed with make .venv/installed on a shared file system
export PATH="$PWD/.venv/bin:$PATH"
export RESULTS="${RESULTS:-$PWD/results}"

python -c 'import ray, sys; sys.exit(f"expected Ray 2.60.0, got {ray.__version__}" if ray.__version__ != "2.60.0" else 0)' # ray==2.60.0
export RAY_AUTH_MODE=token RAY_USAGE_STATS_ENABLED=0
export RAY_AUTH_TOKEN_PATH="$PWD/ray-token"
[ -e "$RAY_AUTH_TOKEN_PATH" ] || harness cluster token "$RAY_AUTH_TOKEN_PATH"

mapfile -t hosts < <(scontrol show hostnames "$SLURM_JOB_NODELIST")
head=${hosts[0]}
port=$((20000 + SLURM_JOB_ID % 10000))  # two allocations on one machine do not meet
address=$(srun --nodes=1 --ntasks=1 --nodelist="$head" hostname --ip-address | awk '{print $1}'):$port
cpus=${SLURM_CPUS_PER_TASK:-1}
common=(--num-cpus="$cpus" --object-store-memory=4000000000 --min-worker-port=10100 --max-worker-port=10999 --block)

srun --nodes=1 --ntasks=1 --nodelist="$head" \
    ray start --head --port="$port" --dashboard-host=127.0.0.1 "${common[@]}" &
started=$!
for host in "${hosts[@]:1}"; do
    # shellcheck disable=SC2016  # the inner shell fills them in
    srun --nodes=1 --ntasks=1 --nodelist="$host" \
        bash -c 'until ray start --address="$0" "$@"; do sleep 2; done' "$address" "${common[@]}" &
done
trap 'kill $(jobs -p) 2>/dev/null; wait' EXIT

until ray status --address="$address" >/dev/null 2>&1; do
    kill -0 "$started" 2>/dev/null || { echo "Ray did not start on $head; what it said stands above" >&2; exit 1; }
    sleep 1
done
python -m harness.search "$@" --address "$address" --results "$RESULTS" &
search=$!
trap 'kill -TERM $search; wait $search; exit' TERM
wait "$search"
