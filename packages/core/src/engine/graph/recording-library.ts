import { firstLine } from '../../error/first-line.js';
import { compileGraph, hasOwnConvolutions } from './compiled-graph.js';
import type { Binding } from './compiled-graph.js';
import { hasFittingConvolutions } from './convolutions.js';
import type { TensorInfo } from './recording.js';
import { asRecording, idOf, wantedValues } from './segment.js';
import type { Known, Segment } from './segment.js';
import { isClose } from './tensor-table.js';
import type { Tolerance } from './tensor-table.js';

/** How recordings have run so far. */
export interface RecordingUse {
  /** Number of graphs made, and of graph runs. */
  readonly graphs: number;
  readonly runs: number;
  /** Reasons why recordings ran op by op. */
  readonly eager: readonly string[];
}

/** The known recordings and their graphs. */
export interface RecordingLibrary {
  all(): readonly Known[];
  /**
   * Runs a segment that matched this recording to its end as one graph, and assigns tensors to the values in use.
   *
   * @returns false if the graph failed: then the segment must run op by op, now and in future
   */
  run(recording: Known, segment: Segment): boolean;
  /** Keeps a segment that ran op by op as a new recording. */
  learn(segment: Segment): void;
  readonly use: () => RecordingUse;
}

/** What a library needs from the binding that it belongs to. */
export interface TensorAccess {
  /** The binding's tensor behind an id. */
  readonly tensorOf: (id: number) => number;
  readonly infoOf: (id: number) => TensorInfo;
  readonly bytesOf: (id: number) => Uint8Array;
  readonly constantIds: () => ReadonlySet<number>;
}

/** Maximum number of recordings; the least recently used one is dropped first. */
const MOST_RECORDINGS = 64;

const ROUNDING: Tolerance = { share: 1e-3, least: 1e-6 };

/**
 * For a graph that was {@link ROUNDING | right} with TensorFlow's convolutions. Winograd's rounding differs by
 * about 1e-6. That can flip a ReLU whose input is nearly 0, and gradients that are sums of cancelling numbers
 * differ by more: 5e-3 was observed. A wrong convolution differs by the order of its values.
 */
const OWN_ROUNDING: Tolerance = { share: 5e-2, least: 1e-5 };

export function recordingLibrary(binding: Binding, tensors: TensorAccess): RecordingLibrary {
  const known: Known[] = [];
  const count = { graphs: 0, runs: 0 };
  let clock = 0;

  const runGraph = (recording: Known, segment: Segment): number[] => {
    const wanted = wantedValues(segment);
    recording.lastUse = ++clock;
    if (wanted.length === 0) return [];
    if (recording.graph === undefined) {
      recording.graph = compileGraph(binding, recording, tensors.bytesOf, recording.ownConvolutions);
      count.graphs += 1;
    }
    count.runs += 1;
    const made = recording.graph.run((ref) => tensors.tensorOf(idOf(segment, ref)), wanted);
    return made.map(({ id }) => id);
  };

  /** The tensors from the recording's graph; undefined if they do not match those computed op by op. */
  const runIfClose = (
    recording: Known,
    segment: Segment,
    opByOp: readonly number[],
    tolerance: Tolerance,
  ): readonly number[] | undefined => {
    const made = runGraph(recording, segment);
    if (made.every((tensor, index) => isClose(binding, opByOp[index] ?? -1, tensor, tolerance))) return made;
    free(made);
    return undefined;
  };

  const free = (made: readonly number[]): void => {
    for (const tensor of made) binding.deleteTensor(tensor);
  };

  /**
   * Replaces a correct graph by one with this package's convolutions, if that is correct too.
   *
   * @returns the tensors of the graph that is kept
   */
  const withOwnConvolutions = (
    recording: Known,
    segment: Segment,
    opByOp: readonly number[],
    made: readonly number[],
  ): readonly number[] => {
    const candidate: Known = { ...recording, graph: undefined, ownConvolutions: true };
    const counted = { ...count };
    const own = runIfClose(candidate, segment, opByOp, OWN_ROUNDING);
    // Count one graph and one run, whichever graph is kept.
    Object.assign(count, counted);
    const [left, kept] = own === undefined ? [candidate, recording] : [recording, candidate];
    left.graph?.dispose();
    recording.graph = kept.graph;
    recording.ownConvolutions = kept.ownConvolutions;
    if (own === undefined) return made;
    free(made);
    return own;
  };

  const makeRoom = (): void => {
    if (known.length < MOST_RECORDINGS) return;
    const oldest = known.reduce((a, b) => (a.lastUse <= b.lastUse ? a : b));
    oldest.graph?.dispose();
    known.splice(known.indexOf(oldest), 1);
  };

  return {
    all: () => [...known],

    run(recording, segment) {
      try {
        const wanted = wantedValues(segment);
        const made = runGraph(recording, segment);
        wanted.forEach((value, index) => (segment.tensors[value] = made[index] ?? -1));
        return true;
      } catch (error) {
        recording.eagerBecause = `a graph failed: ${firstLine(error)}`;
        return false;
      }
    },

    // Run the graph at once, although its values are known: the comparison needs no extra step, and the first
    // step of a new or resumed run gives bitwise the values of a later one.
    learn(segment) {
      const { infoOf, bytesOf, constantIds } = tensors;
      const recording: Known = {
        ...asRecording(segment, constantIds(), infoOf, bytesOf),
        graph: undefined,
        eagerBecause: undefined,
        lastUse: ++clock,
        ownConvolutions: false,
      };
      makeRoom();
      known.push(recording);
      try {
        const wanted = wantedValues(segment);
        const opByOp = wanted.map((value) => segment.tensors[value] ?? -1);
        const right = runIfClose(recording, segment, opByOp, ROUNDING);
        if (right === undefined) {
          recording.eagerBecause = 'a graph gave other values than its operations one by one';
          return;
        }
        const made =
          hasOwnConvolutions(binding) && hasFittingConvolutions(recording)
            ? withOwnConvolutions(recording, segment, opByOp, right)
            : right;
        free(opByOp);
        wanted.forEach((value, index) => (segment.tensors[value] = made[index] ?? -1));
      } catch (error) {
        recording.eagerBecause = `no graph could be made: ${firstLine(error)}`;
      }
    },

    use: () => ({ ...count, eager: [...new Set(known.flatMap(({ eagerBecause }) => eagerBecause ?? []))] }),
  };
}
