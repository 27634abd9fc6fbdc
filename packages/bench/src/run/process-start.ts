import { readFile } from 'node:fs/promises';

/* Distinguishes a process from others with the same id, earlier or later. Works on Linux only. */

/** The 22nd field of /proc/PID/stat: the start time, in ticks since boot. The second field may contain spaces. */
const ticksOf = (stat: string): string => stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';

/** The boot in which a process started, and its start time in that boot; undefined where the system does not tell. */
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

/** Start time of a process, in milliseconds since 1970; undefined where the system does not tell (only Linux does). */
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
