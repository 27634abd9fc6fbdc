import { isDistillError } from '@distilljs/core';
import { cellName } from '../run/cells.js';
import { openStudy } from '../run/open-study.js';
import type { StudyOptions } from '../run/open-study.js';
import { removeReplaced } from '../run/replaced.js';
import { runConfig } from '../run/run-config.js';
import type { Divergence } from '../run/train-students.js';
import { writeStudyReport } from '../run/study-report.js';
import type { WrittenStudyReport } from '../run/study-report.js';
import { trainCell } from './train-cell.js';

/** A training, or a whole task, that the report leaves out. */
export interface LeftOut {
  /** `TASK`, or `TASK/METHOD/SEED`. */
  readonly name: string;
  readonly reason: string;
}

export interface StudyOutcome extends WrittenStudyReport {
  readonly leftOut: readonly LeftOut[];
}

/**
 * Compares methods on every task of a study, one after the other, each like `runConfig`. A shared teacher is trained once. A task whose
 * teacher diverges is left out, and the others continue.
 *
 * @returns the report, or undefined when the signal ended the study; finished work is kept
 * @throws DistillError as `openStudy` does, before the folder is changed
 */
export async function runStudy(options: StudyOptions): Promise<StudyOutcome | undefined> {
  const { out, log, signal } = options;
  const isStopped = (error: unknown): boolean => signal?.aborted === true && error === signal.reason;
  try {
    return await openStudy(options, async ({ runs }) => {
      const leftOut: LeftOut[] = [];
      const withoutTeacher = new Map<string, string>();
      for (const [at, { name, folder, run, teacherOf = '' }] of runs.entries()) {
        log.say(`Task ${at + 1} of ${runs.length}: ${name}`);
        const reason = withoutTeacher.get(teacherOf);
        if (reason !== undefined) {
          leftOut.push({ name, reason });
          continue;
        }
        let step = 'teacher';
        try {
          if (!(await trainCell(out, `${name}/teacher`, { log, signal }))) return undefined;
          if (at === 0) await removeReplaced(out);
          step = 'students';
          const { config } = run;
          if (config.methods.length === 0) continue;
          const outcome = await runConfig({ config, out: folder.root, existing: 'resume', log, signal });
          if (outcome === undefined) return undefined;
          leftOut.push(...outcome.diverged.map((each) => ofTask(name, each)));
        } catch (error) {
          if (!isDistillError(error) || error.code !== 'numeric') throw error;
          log.say(`Task ${name} is left out: ${error.message}`);
          leftOut.push({ name, reason: error.message });
          if (step === 'teacher') withoutTeacher.set(name, error.message);
        }
      }
      return { ...(await writeStudyReport(out)), leftOut };
    });
  } catch (error) {
    if (isStopped(error)) return undefined;
    throw error;
  }
}

const ofTask = (task: string, { method, seed, error }: Divergence): LeftOut => ({
  name: cellName({ kind: 'student', task, method, seed }),
  reason: error.message,
});
