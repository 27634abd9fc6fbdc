import { readFile } from 'node:fs/promises';

/* What tells a process from another one that has, or had, the same number. Only Linux says it. */

/** The 22nd field of a process's line: when it began, in ticks since the system did. The second one may hold spaces. */
const ticksOf = (stat: string): string => stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';

/** Which start of the system a process is of, and when it began there; undefined where the system does not tell. */
export async function startOf(pid: number): Promise<string | undefined> {
  try {
    const [stat, boot] = await Promise.all([
      readFile(`/proc/${pid}/stat`, 'utf8'),
      readFile('/proc/sys/kernel/random/boot_id', 'utf8'),
    ]);
    return `${boot.trim()} ${ticksOf(stat)}`;
  } catch {
    return undefined;
  }
}

/** When a process began, in milliseconds since 1970; undefined where the system does not tell (only Linux does). */
export async function beginningOf(pid: number): Promise<number | undefined> {
  try {
    const [stat, system] = await Promise.all([
      readFile(`/proc/${pid}/stat`, 'utf8'),
      readFile('/proc/stat', 'utf8'),
    ]);
    const ticks = Number(ticksOf(stat));
    const boot = Number(/^btime (\d+)$/m.exec(system)?.[1]);
    const TICKS_PER_SECOND = 100;
    return Number.isFinite(ticks + boot) ? 1000 * (boot + ticks / TICKS_PER_SECOND) : undefined;
  } catch {
    return undefined;
  }
}
