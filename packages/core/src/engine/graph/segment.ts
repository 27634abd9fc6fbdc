import type { CompiledGraph } from './compiled-graph.js';
import { structuralInputs } from './recording.js';
import type { Entry, External, Recording, Ref, TensorInfo } from './recording.js';

/** A known recording, and how it runs. */
export interface Known extends Recording {
  graph: CompiledGraph | undefined;
  /** Why it runs op by op; undefined if it runs as a graph. */
  eagerBecause: string | undefined;
  lastUse: number;
  /** Whether its graph has this package's convolutions. */
  ownConvolutions: boolean;
}

/**
 * The uploads and operations since the last read of a value. Either they match known recordings and have not
 * run yet, or they run op by op and are recorded.
 */
export interface Segment {
  /** Id of value 0; value n has id `base + n`. */
  readonly base: number;
  readonly entries: Entry[];
  /** For each value, its tensor in the binding; -1 while there is none. */
  readonly tensors: number[];
  readonly isUpload: boolean[];
  readonly isDeleted: boolean[];
  /** Ids of the outside tensors that it reads; `externalRefs` gives the reference of each. */
  readonly externals: number[];
  readonly externalRefs: Map<number, Ref>;
  /**
   * Outside tensors deleted in the meantime: they are freed after the segment has run, since the graph reads
   * them.
   */
  readonly deletedExternals: number[];
  /** Known recordings that begin like this segment; undefined if it runs op by op. */
  candidates: readonly Known[] | undefined;
}

export const newSegment = (base: number, candidates: readonly Known[]): Segment => ({
  base,
  entries: [],
  tensors: [],
  isUpload: [],
  isDeleted: [],
  externals: [],
  externalRefs: new Map(),
  deletedExternals: [],
  candidates,
});

/** Adds a value. @returns its id */
export function addValue(segment: Segment, tensor: number, isUpload: boolean): number {
  segment.tensors.push(tensor);
  segment.isUpload.push(isUpload);
  segment.isDeleted.push(false);
  return segment.base + segment.tensors.length - 1;
}

export const idOf = (segment: Segment, ref: Ref): number =>
  ref < 0 ? (segment.externals[~ref] ?? -1) : segment.base + ref;

/** Outputs of ops that have not been deleted. */
export const wantedValues = ({ tensors, isDeleted, isUpload }: Segment): Ref[] =>
  [...tensors.keys()].filter((value) => isDeleted[value] === false && isUpload[value] === false);

/**
 * Keeps the candidates whose next entry passes.
 * @returns that entry; undefined if no candidate is left that would run as a graph
 */
export function nextEntry(
  segment: Segment,
  passes: (entry: Entry, recording: Recording) => boolean,
): Entry | undefined {
  const at = segment.entries.length;
  // The usual case: the first few operations distinguish recordings.
  if (segment.candidates?.length === 1) {
    const [only] = segment.candidates as [Known];
    const entry = only.entries[at];
    return entry !== undefined && only.eagerBecause === undefined && passes(entry, only) ? entry : undefined;
  }
  const left = (segment.candidates ?? []).filter((recording) => {
    const entry = recording.entries[at];
    return entry !== undefined && passes(entry, recording);
  });
  if (left.every(({ eagerBecause }) => eagerBecause !== undefined)) return undefined;
  segment.candidates = left;
  return left[0]?.entries[at];
}

/**
 * Turns a segment into a recording.
 * @param constants ids of tensors that may be constants of the graph
 */
export function asRecording(
  { entries, externals }: Segment,
  constants: ReadonlySet<number>,
  infoOf: (id: number) => TensorInfo,
  bytesOf: (id: number) => Uint8Array,
): Recording {
  const structure = new Set<Ref>();
  for (const entry of entries) {
    if (entry.kind === 'op') structuralInputs(entry).forEach((at) => structure.add(entry.inputs[at] ?? 0));
  }
  return {
    entries,
    structure,
    externals: externals.map((id, index): External => {
      const isShape = structure.has(~index);
      const fixed = isShape || constants.has(id) ? id : undefined;
      return { ...infoOf(id), fixed, bytes: isShape ? bytesOf(id) : undefined };
    }),
  };
}
