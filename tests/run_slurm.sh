#!/bin/bash
# Makes the runs of a sweep as an array of Slurm, on this machine alone: starts the daemons of Debian's slurmctld, slurmd and munge in
# a folder of their own, submits, waits, and ends them. Needs root. Exit code 3 where one of them is missing.
#
# usage: run_slurm.sh commands.txt JOBS [kill], where `linetwin sweep plan FILE --commands` printed the commands. With `kill` a run is
# killed in the middle and the rest of the array is cancelled: print the commands anew, and start this anew.
set -euo pipefail

commands=$(realpath "$1") jobs=$2 kill=${3:-}
export PATH="$PATH:/usr/sbin"
for program in munged slurmctld slurmd sbatch; do
    command -v "$program" >/dev/null || { echo "no $program here"; exit 3; }
done
[ "$(id -u)" = 0 ] || { echo "not root"; exit 3; }

folder=$(mktemp -d)
host=$(hostname -s)
export SLURM_CONF="$folder/slurm.conf"
port=$((20000 + RANDOM % 20000))
daemons=()
finish() {
    for pid in "${daemons[@]}"; do kill "$pid" 2>/dev/null || true; done
    wait 2>/dev/null || true
    rm -rf "$folder"
}
trap finish EXIT

# munge takes no folder that others may write to.
mkdir -m 755 "$folder/munge" "$folder/state" "$folder/spool"
head -c 128 /dev/urandom >"$folder/munge/key"
chmod 400 "$folder/munge/key"
chmod 755 "$folder"
munged --foreground --force --key-file "$folder/munge/key" --socket "$folder/munge/socket" --pid-file "$folder/munge/pid" \
    --log-file "$folder/munge/log" --seed-file "$folder/munge/seed" >/dev/null 2>&1 &
daemons+=($!)
cat >"$SLURM_CONF" <<END
ClusterName=linetwin
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=$port
SlurmdPort=$((port + 1))
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket=$folder/munge/socket
CredType=cred/munge
StateSaveLocation=$folder/state
SlurmdSpoolDir=$folder/spool
SlurmctldPidFile=$folder/slurmctld.pid
SlurmdPidFile=$folder/slurmd.pid
SlurmctldLogFile=$folder/slurmctld.log
SlurmdLogFile=$folder/slurmd.log
ProctrackType=proctrack/pgid
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
JobAcctGatherType=jobacct_gather/none
ReturnToService=2
MpiDefault=none
MaxArraySize=100001
NodeName=$host NodeAddr=127.0.0.1 CPUs=$jobs State=UNKNOWN
PartitionName=all Nodes=$host Default=YES MaxTime=INFINITE State=UP
END
slurmctld -D -f "$SLURM_CONF" >/dev/null 2>&1 &
daemons+=($!)
slurmd -D -f "$SLURM_CONF" -N "$host" >/dev/null 2>&1 &
daemons+=($!)
for _ in $(seq 100); do
    state=$(sinfo -h -o %T 2>/dev/null || true)
    [ "$state" = idle ] && break
    sleep 0.2
done
[ "$state" = idle ] || { echo "the node does not come up: $(tail -n 3 "$folder/slurmctld.log" "$folder/slurmd.log" 2>&1)"; exit 3; }

count=$(wc -l <"$commands")
cat >"$folder/array.sh" <<END
#!/bin/sh
eval "\$(sed -n "\${SLURM_ARRAY_TASK_ID}p" '$commands')"
END
job=$(sbatch --parsable --array="1-$count" --chdir="$PWD" --output=/dev/null "$folder/array.sh")
if [ -n "$kill" ]; then
    # As soon as one run is through, the one that is being made is killed, and what waits never comes.
    while [ "$(squeue -h -r -j "$job" | wc -l)" -ge "$count" ]; do sleep 0.05; done
    scancel --signal=KILL --full --state=RUNNING "$job" || true
    scancel "$job"
fi
while [ -n "$(squeue -h -j "$job" 2>/dev/null)" ]; do sleep 0.1; done
