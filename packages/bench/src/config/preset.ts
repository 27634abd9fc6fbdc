import type { ConfigInput } from './schema.js';

/**
 * A ready-made configuration, without what only the user knows, such as the data folder. With `pairs` it configures a study.
 */
export type Preset = Partial<Omit<ConfigInput, 'dataset' | 'teacher' | 'student'>> & {
  readonly dataset?: object;
  readonly teacher?: object;
  readonly student?: object;
  readonly pairs?: readonly object[];
};

const FIVE_SEEDS = [0, 1, 2, 3, 4];

/** A step schedule with milestones at these epochs; the default factor is 0.1. */
export const steps = (epochs: number, ...at: readonly number[]): { name: 'step'; milestones: number[] } => ({
  name: 'step',
  milestones: at.map((epoch) => epoch / epochs),
});

export const sgd = (learningRate: number, weightDecay: number, nesterov = false) =>
  ({ name: 'sgd', learningRate, momentum: 0.9, weightDecay, nesterov }) as const;

/** Settings common to these presets. */
export const common = { engine: 'auto', validationFraction: 0.02, seeds: FIVE_SEEDS } as const;
export const images = { padCrop: 4, flip: true };
export const photos: NonNullable<ConfigInput['augmentation']> = {
  randomResizedCrop: { scale: [0.08, 1], ratio: [3 / 4, 4 / 3] },
  flip: true,
};
