/** One of the methods in a race. */
export interface Racer {
  readonly method: string;
  /** Accuracy on the validation images by seed. */
  readonly accuracies: ReadonlyMap<number, number>;
  /** Seeds with which its training diverged. */
  readonly diverged?: readonly number[] | undefined;
}

export interface RaceRule {
  /** Upper bound of the probability that any of the truly best methods is dropped. */
  readonly level: number;
  /** Smallest step between accuracies: one over the number of validation images. Default: 0. */
  readonly resolution?: number | undefined;
}

/** A method that left the race. */
export interface Dropped {
  readonly method: string;
  /** The seed after which it was dropped, and the number of seeds used by then. */
  readonly seed: number;
  readonly seeds: number;
  /** The method that beat it; null for one that diverged. */
  readonly by: string | null;
  /** Mean of `by` minus its own over these seeds, in accuracy; null for one that diverged. */
  readonly difference: number | null;
  /** The e-value reached (null for one that diverged), and the e-value needed. */
  readonly evidence: number | null;
  readonly needed: number;
}

export interface RaceState {
  /** Seeds that every method then in the race has finished. */
  readonly seeds: readonly number[];
  /** Methods still in the race, in the given order. */
  readonly left: readonly string[];
  /** Dropped methods, in the order in which they left. */
  readonly dropped: readonly Dropped[];
  /** The trainings to run next; undefined once one method is left, or every seed is used. */
  readonly next: { readonly seed: number; readonly methods: readonly string[] } | undefined;
}

/** Variance γ of the standardized difference under the alternative. */
const SPREAD = 4;

/**
 * Evidence that the mean of paired differences is not 0, valid at any stopping time: the scale-invariant e-process of the t-test with a normal
 * mixture, `E_n = (1 + nγ)^(−1/2) · [(1 + t²/ν) / (1 + t²/(ν(1 + nγ)))]^(n/2)`, with `t` the paired t statistic, `ν = n − 1`, `γ = 4` the
 * variance of the standardized difference under the alternative. For independent normal differences of mean 0 and any variance,
 * `P(E_n ≥ 1/α for any n) ≤ α` (Ville's inequality).
 *
 * @param resolution step of each accuracy. The variance of rounding a difference to it, `resolution² / 6`, is added to that of the
 * differences, so that a few values that happen to be equal do not count as certainty
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
 * Replays a race from its results: successive elimination on paired differences. After each seed that all remaining methods have finished,
 * a method is dropped if its training diverged, or if {@link pairEvidence} that another method is better reaches `pairs / level`. Here
 * `pairs = K(K − 1) / 2` for all K methods. By the union bound over pairs, the probability that any of the truly best methods is ever
 * dropped for another is at most `level`, however many seeds there are and whenever the race ends. The same bound holds for a wrong winner,
 * and for declaring one of several equally good methods the winner.
 *
 * A pure function of the results: an interrupted race continues as if it had not been interrupted.
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

/** For each method, the rival with the most evidence of being better. */
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
