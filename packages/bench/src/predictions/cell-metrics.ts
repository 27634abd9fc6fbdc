/** Images whose confidence lies in one fifteenth of 0…1. */
export interface CalibrationBin {
  readonly images: number;
  /** Mean probability of the predicted class; null without images. */
  readonly confidence: number | null;
  /** Share that was predicted correctly; null without images. */
  readonly accuracy: number | null;
}

/** Figures of one network on the test images, in one number each. `docs/statistics.md` defines them. */
export interface CellScores {
  /** Share of images whose most probable class is right; of equal ones the lower index counts. */
  readonly top1: number;
  /** Share of images whose class is among the five most probable; null with five classes or fewer. */
  readonly top5: number | null;
  /** Negative log-likelihood: mean of `−ln p(label)`, in nats. */
  readonly nll: number;
  /** Expected calibration error: `Σ_b (n_b / n) · |accuracy_b − confidence_b|` over 15 bins of equal width. */
  readonly ece: number;
  /** Brier score: mean of `Σ_k (p_k − [k = label])²`, from 0 to 2. */
  readonly brier: number;
  /** Share of images for which teacher and network predict the same class; null without the teacher's predictions. */
  readonly agreement: number | null;
  /** Mean of `KL(teacher ‖ network)` of the probabilities, in nats; null without the teacher's predictions. */
  readonly kl: number | null;
}

/** Everything that the kept predictions of one network say. */
export interface CellMetrics extends CellScores {
  readonly images: number;
  /** Accuracy by class; null for a class without test images. */
  readonly perClass: readonly (number | null)[];
  /** Images by `[label][predicted class]`. */
  readonly confusion: readonly (readonly number[])[];
  readonly calibration: readonly CalibrationBin[];
}
