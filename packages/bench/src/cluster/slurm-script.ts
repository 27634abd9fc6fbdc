import { shellWord } from './waves.js';
import type { ClusterJobs } from './waves.js';

/**
 * A single script for Slurm. Run with bash, it submits itself: an array per wave, each after the previous one, and the report at the end.
 * Within Slurm a task trains its cells one after the other. At its time limit it saves a checkpoint and is requeued; when cancelled, it
 * saves a checkpoint and ends.
 */
export function slurmScript({ waves, at, command, name, tasks, needsGpu }: ClusterJobs): string {
  const cells = (wave: readonly string[], index: number): string =>
    `cells_${index + 1}() { cat <<'CELLS'\n${wave.join('\n')}\nCELLS\n}`;
  const submit = (wave: readonly string[], index: number): string => {
    const after = index === 0 ? '' : ` --dependency="afterany:$job"`;
    const size = Math.min(wave.length, tasks);
    return `  job=$(sbatch --parsable --array="0-${size - 1}\${LIMIT:+%$LIMIT}"${after} "$0" ${index + 1} ${size})`;
  };
  const first = waves.length === 0 ? '' : ' --dependency="afterany:$job"';
  return `#!/usr/bin/env bash
#SBATCH --job-name=${name}
#SBATCH --output=%x-%A_%a.log
#SBATCH --cpus-per-task=4
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --signal=B:USR1@120
${needsGpu ? '#SBATCH --gpus=1\n' : ''}# Submit: bash THIS_FILE. Partition, time and account come from the environment (SBATCH_PARTITION, SBATCH_TIMELIMIT,
# SBATCH_ACCOUNT, …); LIMIT=8 lets at most eight tasks run at a time. It may be submitted again once no task of it is left: what
# is done is not done again.
set -uo pipefail
RUN=${shellWord(at)}

${waves.map(cells).join('\n')}

if [ -z "\${SLURM_JOB_ID:-}" ]; then
  set -e
${waves.map(submit).join('\n')}
  sbatch --parsable${first} "$0" report
  exit
fi

export DISTILLJS_THREADS=\${SLURM_CPUS_PER_TASK:-1}
if [ "$1" = report ]; then exec ${command} report "$RUN"; fi

# Slurm tells this shell by USR1 that the time is nearly over, and by TERM that the job was cancelled. Either way the training ends
# after the step under way; only the first is queued again.
child=
over=
stop() { if [ -n "$child" ]; then kill -TERM "$child"; fi; }
trap 'over=1; stop' USR1
trap stop TERM
train() {
  # Slurm gives a cell to one task: what another machine left is taken over.
  ${command} train "$RUN" "$1" --take-over &
  child=$!
  local status=0
  wait "$child" || status=$?
  # The trap ends the first wait before the training has ended.
  if kill -0 "$child" 2> /dev/null; then status=0; wait "$child" || status=$?; fi
  child=
  return "$status"
}

failed=0
while read -r cell; do
  status=0
  train "$cell" < /dev/null || status=$?
  if [ -n "$over" ]; then
    scontrol requeue "\${SLURM_ARRAY_JOB_ID}_\${SLURM_ARRAY_TASK_ID}"
    exit 0
  fi
  if [ "$status" = 130 ] || [ "$status" = 143 ]; then exit "$status"; fi
  if [ "$status" != 0 ]; then failed=1; fi
done < <("cells_$1" | awk -v task="$SLURM_ARRAY_TASK_ID" -v tasks="$2" '(NR - 1) % tasks == task')
exit "$failed"
`;
}
