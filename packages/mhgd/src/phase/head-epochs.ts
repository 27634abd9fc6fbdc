/** Epochs of phase `heads` in a run of `epochs`: 40 % of them, at least 2, where the option is `auto`. */
export function headEpochs(option: number | 'auto', epochs: number): number {
  return option === 'auto' ? Math.max(2, Math.round(0.4 * epochs)) : option;
}
