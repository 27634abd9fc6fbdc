import { UNFINISHED } from '@distilljs/core';
import { LOCK } from './lock.js';

/* Which files runs and trainings make. All others belong to the user. */

const OF_TRAINING =
  /^(?:(?:metrics|inspections)\.jsonl|(?:result|sources|corruptions)\.json|predictions(?:-\d+)?\.safetensors|(?:model|student)(?:-\d+)?\/(?:model\.json|weights(?:-next)?\.bin)|checkpoint\/phase-\d+-epoch-\d+-step-\d+\.safetensors|outputs\/[^/]+\.(?:f32|json))$/;
const OF_REPORT =
  /^report\/(?:(?:index|explain)\.html|(?:report|metrics|explain)\.json|report\.(?:md|csv|tex)|seeds\.csv|plots\/[^/]+\.(?:svg|png)|tensorboard\/.+)$/;
const OF_RUN = /^(?:config|environment|data|race|run)\.json$/;
const TRAINING = /^(?:teacher|tune\/[^/]+\/\d+\/\d+|[^/]+\/\d+)\//;
/** A file that a crash left, or a lock. */
const LEFTOVER = new RegExp(`${UNFINISHED.replace('.', '\\.')}$|(?:^|/)${LOCK.replace('.', '\\.')}[^/]*$`);

/** Whether a run or a study made the file of this path. */
export function isMadeByRun(path: string): boolean {
  const within = path.replace(/^tasks\/[^/]+\//, '');
  if (isRunFile(within) || isLeftover(within)) return true;
  return TRAINING.test(within) && isMadeByTraining(within.replace(TRAINING, ''));
}

/** Whether a run keeps a file of this path outside of its trainings. */
export const isRunFile = (path: string): boolean => OF_RUN.test(path) || OF_REPORT.test(path);

/** Whether this is the path of a training's folder within a run. */
export const isTrainingFolder = (path: string): boolean => TRAINING.exec(`${path}/`)?.[0] === `${path}/`;

/** Whether a training keeps a file of this path in its folder. */
export const isTrainingFile = (path: string): boolean => OF_TRAINING.test(path);

/** Whether a file is one that a crash left, or a lock. */
export const isLeftover = (path: string): boolean => LEFTOVER.test(path);

/** Whether a training made the file of this path in its folder. */
export const isMadeByTraining = (path: string): boolean => isTrainingFile(path) || isLeftover(path);
