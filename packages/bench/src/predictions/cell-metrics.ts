import { probabilitiesOf } from './predictions-file.js';
import type { Predictions } from './predictions-file.js';

/** Images whose confidence lies in one fifteenth of 0…1. */
export interface CalibrationBin {
  readonly images: number;
  /** Mean probability of the predicted class; null without images. */
  readonly confidence: number | null;
  /** Share that was predicted correctly; null without images. */
  readonly accuracy: number | null;
}

/** Scores of one network on the test images. `docs/statistics.md` defines them. */
export interface CellScores {
  /** Share of images whose most probable class is correct; ties go to the lower index. */
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

/** All metrics from the kept predictions of one network. */
export interface CellMetrics extends CellScores {
  readonly images: number;
  /** Accuracy by class; null for a class without test images. */
  readonly perClass: readonly (number | null)[];
  /** Images by `[label][predicted class]`. */
  readonly confusion: readonly (readonly number[])[];
  readonly calibration: readonly CalibrationBin[];
}

/** Bins of confidence, as in Guo et al. 2017, "On calibration of modern neural networks". */
const BINS = 15;

/**
 * The metrics of one network.
 *
 * @param teacher the teacher's predictions on the same images, for agreement and KL
 * @see docs/statistics.md
 */
export function cellMetrics(predictions: Predictions, teacher?: Predictions): CellMetrics {
  const { images, classes, labels } = predictions;
  const own = new Float64Array(classes);
  const taught = new Float64Array(teacher?.classes ?? 0);
  const confusion = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
  const bins = Array.from({ length: BINS }, () => ({ images: 0, confidence: 0, correct: 0 }));
  const perClass = Array.from({ length: classes }, () => ({ images: 0, correct: 0 }));
  const sum = { correct: 0, inTop5: 0, nll: 0, brier: 0, agreeing: 0, kl: 0 };
  for (let image = 0; image < images; image++) {
    const label = labels[image] ?? 0;
    const predicted = probabilitiesOf(predictions, image, own);
    const isCorrect = predicted === label ? 1 : 0;
    const right = own[label] ?? NaN;
    let [rank, squares] = [0, 0];
    for (let at = 0; at < classes; at++) {
      const value = own[at] ?? NaN;
      squares += value * value;
      if (value > right || (value === right && at < label)) rank += 1;
    }
    sum.correct += isCorrect;
    sum.inTop5 += predicted !== -1 && rank < 5 ? 1 : 0;
    sum.nll -= Math.log(Math.max(right, Number.MIN_VALUE));
    sum.brier += squares - 2 * right + 1;
    const confidence = own[Math.max(0, predicted)] ?? NaN;
    const bin = bins[Math.min(BINS - 1, Math.floor(confidence * BINS))];
    if (bin !== undefined) {
      bin.images += 1;
      bin.confidence += confidence;
      bin.correct += isCorrect;
    }
    const row = confusion[label];
    if (row !== undefined && predicted !== -1) row[predicted] = (row[predicted] ?? 0) + 1;
    const ofClass = perClass[label];
    if (ofClass !== undefined) {
      ofClass.images += 1;
      ofClass.correct += isCorrect;
    }
    if (teacher !== undefined) {
      sum.agreeing += probabilitiesOf(teacher, image, taught) === predicted ? 1 : 0;
      sum.kl += divergence(taught, own);
    }
  }
  return {
    images,
    top1: sum.correct / images,
    top5: classes > 5 ? sum.inTop5 / images : null,
    nll: sum.nll / images,
    brier: sum.brier / images,
    ece: bins.reduce((total, { confidence, correct }) => total + Math.abs(correct - confidence) / images, 0),
    agreement: teacher === undefined ? null : sum.agreeing / images,
    kl: teacher === undefined ? null : sum.kl / images,
    perClass: perClass.map((of) => (of.images === 0 ? null : of.correct / of.images)),
    confusion,
    calibration: bins.map(({ images: inBin, confidence, correct }) => ({
      images: inBin,
      confidence: inBin === 0 ? null : confidence / inBin,
      accuracy: inBin === 0 ? null : correct / inBin,
    })),
  };
}

/** `Σ p ln(p / q)`, with `0 ln 0 = 0`. */
function divergence(p: Float64Array, q: Float64Array): number {
  let total = 0;
  for (let at = 0; at < p.length; at++) {
    const share = p[at] ?? 0;
    if (share > 0) total += share * (Math.log(share) - Math.log(Math.max(q[at] ?? 0, Number.MIN_VALUE)));
  }
  return total;
}

/** 1 for each image that is predicted correctly, else 0. */
export function correctness(predictions: Predictions): Uint8Array {
  const own = new Float64Array(predictions.classes);
  return Uint8Array.from(predictions.labels, (label, image) =>
    probabilitiesOf(predictions, image, own) === label ? 1 : 0,
  );
}
