/**
 * Steps after which heads have settled. They begin with scores that deviate by about 9; decay and reconstruction bring that below 1, where
 * tanh still tells scores apart, and the reconstruction loss to a third of what it is after 300 steps (resnet20 on CIFAR-10, batch 64).
 * The authors' 40 epochs are 15,600 steps.
 */
const SETTLED_STEPS = 1000;

/** Epochs of phase `heads` in a run of `epochs`, where the option is `auto`: 40 % of them, and at least 1,000 steps. */
export function headEpochs(option: number | 'auto', epochs: number, stepsPerEpoch: number): number {
  return option === 'auto'
    ? Math.max(Math.round(0.4 * epochs), Math.ceil(SETTLED_STEPS / stepsPerEpoch))
    : option;
}
