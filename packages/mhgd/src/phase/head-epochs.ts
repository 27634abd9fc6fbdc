/**
 * Steps after which heads have settled, with the default rate and decay: these alone halve the scores about every 350 steps, whatever the
 * images. They begin with scores that deviate by 9 to 18, and end at 0.8 to 1.3, where tanh still tells scores apart. The authors' 40
 * epochs are 15,600 steps.
 */
const SETTLED_STEPS = 1000;

/** Epochs of phase `heads` in a run of `epochs`, where the option is `auto`: 40 % of them, and at least 1,000 steps. */
export function headEpochs(option: number | 'auto', epochs: number, stepsPerEpoch: number): number {
  return option === 'auto'
    ? Math.max(Math.round(0.4 * epochs), Math.ceil(SETTLED_STEPS / stepsPerEpoch))
    : option;
}
