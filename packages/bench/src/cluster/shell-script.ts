import { shellWord } from './waves.js';
import type { ClusterJobs } from './waves.js';

/** The commands of one wave, a line each, for `xargs`, GNU parallel or any other program that runs lines. */
export function waveLines({ waves, at, command }: ClusterJobs, wave: number): string {
  const lines = (waves[wave] ?? []).map((cell) => `${command} train ${shellWord(at)} ${cell}`);
  return lines.join('\n');
}

/** A script that trains wave after wave with `xargs`, `$JOBS` cells at a time, and writes the report. */
export function shellScript({ waves, at, command, name }: ClusterJobs): string {
  const wave = (cells: readonly string[]): string =>
    `xargs -P "$JOBS" -n 1 ${command} train "$RUN" <<'CELLS' || failed=1\n${cells.join('\n')}\nCELLS`;
  return `#!/usr/bin/env bash
# ${name}: JOBS=4 bash THIS_FILE. It may be started again at any time: what is done is not done again.
set -uo pipefail
RUN=${shellWord(at)}
JOBS=\${JOBS:-1}
# The cells at a time share the processors.
export DISTILLJS_THREADS=\${DISTILLJS_THREADS:-$(( ($(nproc) + JOBS - 1) / JOBS ))}
failed=0

${waves.map(wave).join('\n\n')}

${command} report "$RUN" > /dev/null || failed=1
exit "$failed"
`;
}
