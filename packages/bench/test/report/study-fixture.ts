import { STUDY_REPORT_SCHEMA } from '../../src/report/index.js';
import type { StudyReport } from '../../src/report/index.js';
import { summarize } from '../../src/statistics/index.js';
import type { TaskStatistics } from '../../src/statistics/index.js';

/** A study of so many tasks and methods, five seeds each; the numbers are made up, the first method is the best of most tasks. */
export function studyFixture(tasks: number, methods: number): StudyReport {
  const names = Array.from({ length: methods }, (_, at) => `method-${at + 1}`);
  return {
    schema: STUDY_REPORT_SCHEMA,
    methods: names,
    tasks: Array.from({ length: tasks }, (_, task) => ({
      name: `cifar${task + 1}+resnet56-resnet20`,
      dataset: task % 2 === 0 ? 'cifar10' : 'cifar100',
      student: 'resnet20',
      teacher: { model: 'resnet56', testAccuracy: 0.9 - 0.01 * task },
      clear: [],
      page: `../tasks/cifar${task + 1}+resnet56-resnet20/report/index.html`,
      cells: names.map((method, at) => {
        const mean = 0.85 - 0.01 * task - 0.002 * at + 0.0015 * Math.sin(3 * task + at);
        return {
          method,
          testAccuracyLast: summarize([0, 1, 2, 3, 4].map((seed) => mean + 0.001 * (seed - 2))),
          seeds: [0, 1, 2, 3, 4],
          missing: [],
        };
      }),
    })),
    statistics: statisticsFixture(tasks, names),
  };
}

function statisticsFixture(tasks: number, names: readonly string[]): TaskStatistics {
  return {
    tasks: Array.from({ length: tasks }, (_, task) => `cifar${task + 1}+resnet56-resnet20`),
    methods: names.map((method, at) => ({
      method,
      mean: 0.8 - 0.002 * at,
      meanRank: { value: 1.25 + at, ci95: [1 + at, 1.75 + at] },
      elo: { value: 1200 - 40 * at, ci95: [1150 - 40 * at, 1260 - 40 * at] },
      wins: tasks * (names.length - 1 - at),
      ties: 1,
      losses: tasks * at,
    })),
    pairs: names.flatMap((first, at) =>
      names.slice(at + 1).map((second, further) => ({
        first,
        second,
        difference: { value: 0.002 * (further + 1), ci95: null },
        wins: tasks - 1,
        ties: 1,
        losses: 0,
        improvement: { value: 0.5 + 0.04 * (further + 1), ci95: null },
        p: further === 0 ? 0.02 : 0.0004,
        correctedP: further === 0 ? 0.2 : 0.004,
      })),
    ),
    omitted: [],
  };
}
