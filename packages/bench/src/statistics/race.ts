/** One of several methods that race. */
export interface Racer {
  readonly method: string;
  /** Accuracy on the validation images by seed. */
  readonly accuracies: ReadonlyMap<number, number>;
  /** Seeds with which its training diverged. */
  readonly diverged?: readonly number[] | undefined;
}

export interface RaceRule {
  /** Probability at most that any of the truly best methods is dropped. */
  readonly level: number;
  /** Step of accuracies: one over the number of validation images. Default: 0. */
  readonly resolution?: number | undefined;
}

/** A method that left the race. */
export interface Dropped {
  readonly method: string;
  /** The seed after which it was dropped, and the number of seeds until then. */
  readonly seed: number;
  readonly seeds: number;
  /** The method that is better; null for one that diverged. */
  readonly by: string | null;
  /** Mean of `by` minus its own over these seeds, in accuracy; null for one that diverged. */
  readonly difference: number | null;
  /** How strong the evidence is, and how strong it had to be: e-values; null for one that diverged. */
  readonly evidence: number | null;
  readonly needed: number;
}

export interface RaceState {
  /** Seeds that all who were in the race have. */
  readonly seeds: readonly number[];
  /** In the order given. */
  readonly left: readonly string[];
  /** In the order in which they were dropped. */
  readonly dropped: readonly Dropped[];
  /** What has to be trained next: undefined once one method is left, or every seed is used. */
  readonly next: { readonly seed: number; readonly methods: readonly string[] } | undefined;
}

/** Variance of the true standardized differences that the evidence is strongest for. */
const SPREAD = 4;

/**
 * Evidence that the mean of paired differences is not 0, whenever one looks: the scale-invariant e-process of the t-test with a normal
 * mixture, `E_n = (1 + nγ)^(−1/2) · [(1 + t²/ν) / (1 + t²/(ν(1 + nγ)))]^(n/2)`, with `t` the paired t statistic, `ν = n − 1`, `γ = 4` the
 * variance of the standardized difference under the alternative. For independent normal differences of mean 0 and any variance,
 * `P(E_n ≥ 1/α for any n) ≤ α` (Ville's inequality).
 *
 * @param resolution step of each accuracy; the variance of rounding to it, `resolution² / 6` for a difference, is added to that of the
 * differences, so that few values that happen to be equal are not taken for certainty
 * @returns 1 for fewer than two differences
 * @see Lai 1976, "On confidence sequences"; Wang and Ramdas 2025, "Anytime-valid t-tests and confidence sequences for Gaussian means
 * with unknown variance"; Pérez-Ortiz, Lardy, de Heide and Grünwald 2024, "E-statistics, group invariance and anytime-valid testing"
 */
export function pairEvidence(differences: readonly number[], resolution = 0): number {
  const n = differences.length;
  if (n < 2) return 1;
  const centre = meanOf(differences);
  let squares = 0;
  for (const difference of differences) squares += (difference - centre) ** 2;
  const variance = squares / (n - 1) + resolution ** 2 / 6;
  if (centre === 0) return 1;
  const ratio = variance === 0 ? Infinity : (n * centre ** 2) / variance / (n - 1);
  const spread = 1 + n * SPREAD;
  const grown = ratio === Infinity ? spread : (1 + ratio) / (1 + ratio / spread);
  return Math.exp((n / 2) * Math.log(grown) - Math.log(spread) / 2);
}

/**
 * Runs a race again from its results: successive elimination on paired differences. After each seed that all who are left have, a method is
 * dropped when {@link pairEvidence} for another one being better reaches `pairs / level`, with `pairs = K(K − 1) / 2` of all K methods, or
 * when its training diverged. By the union bound over pairs, the probability that any of the truly best methods is ever dropped for another
 * is at most `level`, however many seeds there are and whenever the race ends. So it is that a wrong winner comes out, and that one of several
 * equally good methods is called the winner.
 *
 * A pure function of the results: a race that was interrupted goes on as if it had not been.
 *
 * @param seeds in the order in which they are used
 * @see Even-Dar, Mannor and Mansour 2006, "Action elimination and stopping conditions for the multi-armed bandit and reinforcement learning
 * problems", for elimination; Maron and Moore 1994, "Hoeffding races"
 */
export function replayRace(racers: readonly Racer[], seeds: readonly number[], rule: RaceRule): RaceState {
  const needed = Math.max(1, (racers.length * (racers.length - 1)) / 2) / rule.level;
  let left = racers;
  const dropped: Dropped[] = [];
  const used: number[] = [];
  const state = (next?: RaceState['next']): RaceState => ({
    ...{ seeds: used, left: left.map(({ method }) => method), dropped, next },
  });
  for (const seed of seeds) {
    if (left.length <= 1) break;
    const missing = left.filter(
      ({ accuracies, diverged = [] }) => !accuracies.has(seed) && !diverged.includes(seed),
    );
    if (missing.length > 0) return state({ seed, methods: missing.map(({ method }) => method) });
    used.push(seed);
    const whole = left.filter(({ accuracies }) => accuracies.has(seed));
    const strongest = strongestRivals(whole, used, rule.resolution);
    const out = left.flatMap((racer): Dropped[] => {
      const at = { method: racer.method, seed, seeds: used.length, needed };
      if (!whole.includes(racer)) return [{ ...at, by: null, difference: null, evidence: null }];
      const rival = strongest.get(racer.method);
      return rival === undefined || rival.evidence < needed ? [] : [{ ...at, ...rival }];
    });
    dropped.push(...out);
    left = left.filter(({ method }) => out.every((each) => each.method !== method));
  }
  return state();
}

interface Rival {
  readonly by: string;
  readonly difference: number;
  readonly evidence: number;
}

/** By method, the other one for whose being better there is the most evidence. */
function strongestRivals(
  racers: readonly Racer[],
  seeds: readonly number[],
  resolution: number | undefined,
): ReadonlyMap<string, Rival> {
  const found = new Map<string, Rival>();
  const all = racers.map(({ method, accuracies }) => ({
    method,
    values: seeds.map((seed) => accuracies.get(seed) ?? 0),
  }));
  for (const [at, one] of all.entries())
    for (const other of all.slice(at + 1)) {
      const differences = one.values.map((value, place) => value - (other.values[place] ?? 0));
      const difference = meanOf(differences);
      const evidence = pairEvidence(differences, resolution);
      const [better, worse] = difference > 0 ? [one, other] : [other, one];
      if (evidence > (found.get(worse.method)?.evidence ?? 1))
        found.set(worse.method, { by: better.method, difference: Math.abs(difference), evidence });
    }
  return found;
}

const meanOf = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;
