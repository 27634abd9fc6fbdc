import { resolveEngine } from '@distilljs/core';
import type { RunConfig } from '../config/index.js';
import { checkMethods } from './check-methods.js';
import { planMethod } from './cohort.js';
import { loadRunData } from './datasets.js';
import { describeEnvironment } from './environment.js';
import { openRunFolder, runFolder } from './run-folder.js';
import type { Existing } from './run-folder.js';
import { provideStudent } from './train-student.js';
import { provideTeacher } from './train-teacher.js';
import type { RunLog } from './training-log.js';
import { writeJson } from './write-json.js';
import { writeReport } from './write-report.js';
import type { WrittenReport } from './write-report.js';

export interface BenchOptions {
  readonly config: RunConfig;
  /** The run folder. */
  readonly out: string;
  readonly existing: Existing;
  readonly log: RunLog;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Compares methods: the teacher, then every method with every seed, then the report. What a run folder already holds is
 * not done again.
 *
 * @returns the report, or undefined when the signal ended the run; everything done is kept then
 * @throws DistillError for anything wrong with configuration, data, engine or folder, before training begins
 */
export async function runBench({
  config,
  out,
  existing,
  log,
  signal,
}: BenchOptions): Promise<WrittenReport | undefined> {
  // Wrong names and options are found before data is read.
  for (const method of config.methods) planMethod(method, config.student.model);
  const engine = await resolveEngine(config.engine);
  const data = loadRunData(config);
  const isLoaded = config.teacher.path !== undefined;
  if (!isLoaded) await checkMethods(config, data);
  const folder = runFolder(out);
  await openRunFolder(folder, config, existing);
  await writeJson(folder.environment, describeEnvironment(engine));
  log.say(`Engine ${engine.name} (${engine.version})`);
  log.say(dataText(data));

  const teacher = await provideTeacher(config, data, folder.teacher, log, signal);
  if (teacher === undefined) return undefined;
  try {
    if (isLoaded) await checkMethods(config, data, teacher.network);
    // Seeds outside, so that a run that is stopped early has compared all methods on some seeds.
    for (const seed of config.seeds) {
      for (const method of config.methods) {
        const place = folder.student(method.as, seed);
        const result = await provideStudent(method, seed, config, data, teacher, place, log, signal);
        if (result === undefined) return undefined;
      }
    }
    return await writeReport(folder);
  } finally {
    teacher.dispose();
  }
}

function dataText({ train, validation, test }: ReturnType<typeof loadRunData>): string {
  const sizes = `${train.size} training, ${validation.size} validation and ${test.size} test images`;
  return `Dataset ${train.name}: ${sizes}, ${train.classes} classes`;
}
