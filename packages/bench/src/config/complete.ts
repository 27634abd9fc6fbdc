import type { ModelName } from '../model/index.js';
import type { WrittenConfig } from './schema.js';

/** A configured method. */
export interface MethodConfig {
  readonly name: string;
  /** Unique within the run. */
  readonly as: string;
  readonly options: Readonly<Record<string, unknown>>;
  /** Models of a method that trains several networks; left out: copies of the student. */
  readonly cohort?: readonly ModelName[] | undefined;
}

/** A run's configuration, complete: what `config.json` of a run folder holds. It is a configuration file itself. */
export interface RunConfig extends Omit<WrittenConfig, 'teacher' | 'methods' | 'optimizer' | 'schedule'> {
  readonly teacher: {
    readonly model: WrittenConfig['teacher']['model'];
    readonly epochs: number;
    readonly learningRate: number;
    readonly path?: string | undefined;
    /** Left out: live. */
    readonly kind?: 'live' | 'cached' | undefined;
    readonly views?: number | undefined;
    /** Left out: memory. */
    readonly cache?: 'memory' | 'disk' | undefined;
  };
  readonly methods: readonly MethodConfig[];
  readonly optimizer: {
    readonly name: 'sgd' | 'adam';
    readonly learningRate: number;
    /** 0 for adam, which has none. */
    readonly momentum: number;
    readonly weightDecay: number;
    readonly nesterov: boolean;
  };
  readonly schedule: {
    readonly name: 'cosine' | 'step' | 'constant';
    readonly warmupEpochs: number;
    /** Shares of the epochs; empty unless the schedule is `step`. */
    readonly milestones: readonly number[];
    /** 1 unless the schedule is `step`. */
    readonly factor: number;
  };
}

/** Fills in what depends on other fields. */
export function complete(written: WrittenConfig): RunConfig {
  const { teacher, methods, optimizer, schedule, epochs } = written;
  const sgd = optimizer.name === 'sgd';
  const learningRate = optimizer.learningRate ?? (sgd ? 0.05 : 0.001);
  return {
    ...written,
    teacher: {
      ...teacher,
      epochs: teacher.epochs ?? epochs,
      learningRate: teacher.learningRate ?? learningRate,
    },
    methods: methods.map(({ name, as = name, options, cohort }) => ({
      name,
      as,
      options,
      ...(cohort !== undefined && { cohort }),
    })),
    optimizer: {
      name: optimizer.name,
      learningRate,
      momentum: optimizer.momentum ?? (sgd ? 0.9 : 0),
      weightDecay: optimizer.weightDecay ?? (sgd ? 5e-4 : 0),
      nesterov: optimizer.nesterov ?? false,
    },
    schedule: {
      name: schedule.name,
      warmupEpochs: schedule.warmupEpochs,
      milestones: schedule.milestones ?? (schedule.name === 'step' ? [0.625, 0.75, 0.875] : []),
      factor: schedule.factor ?? (schedule.name === 'step' ? 0.1 : 1),
    },
  };
}
