import type { OpAttribute } from '../kernels/tensorflow-backend.js';
import type { Binding, TypedArray } from './compiled-graph.js';
import type { TensorInfo } from './recording.js';

/** Our own ids start above the binding's ids, which are 32 bits wide. */
export const FIRST_ID = 2 ** 32;

/** Tensors that outlive a segment: the binding's under its own ids, ours under ids from {@link FIRST_ID}. */
export interface TensorTable {
  /** The binding's tensor behind an id. */
  readonly tensorOf: (id: number) => number;
  readonly infoOf: (id: number) => TensorInfo;
  /** Records the shape and type of a tensor of the binding. */
  readonly note: (id: number, info: TensorInfo) => void;
  /** Assigns a tensor to one of our ids. */
  readonly adopt: (id: number, tensor: number, info: TensorInfo) => void;
  readonly free: (id: number) => void;
}

export function tensorTable(binding: Binding): TensorTable {
  const infos = new Map<number, TensorInfo>();
  const adopted = new Map<number, number>();
  const tensorOf = (id: number): number => (id < FIRST_ID ? id : (adopted.get(id) ?? -1));
  return {
    tensorOf,
    infoOf(id) {
      let info = infos.get(id);
      if (info === undefined) infos.set(id, (info = askInfo(binding, tensorOf(id))));
      return info;
    },
    note(id, info) {
      infos.set(id, info);
    },
    adopt(id, tensor, info) {
      adopted.set(id, tensor);
      infos.set(id, info);
    },
    free(id) {
      const tensor = tensorOf(id);
      if (tensor >= 0) binding.deleteTensor(tensor);
      adopted.delete(id);
      infos.delete(id);
    },
  };
}

/** Shape and type of a tensor that was made before they were recorded. */
function askInfo(binding: Binding, tensor: number): TensorInfo {
  for (const dtype of [binding.TF_FLOAT, binding.TF_INT32, binding.TF_BOOL]) {
    try {
      const attributes: OpAttribute[] = [
        { name: 'T', type: binding.TF_ATTR_TYPE, value: dtype },
        { name: 'out_type', type: binding.TF_ATTR_TYPE, value: binding.TF_INT32 },
      ];
      const sizes = binding.executeOp('Shape', attributes, [tensor], 1)[0]?.id ?? -1;
      const shape = Array.from(binding.tensorDataSync(sizes), Number);
      binding.deleteTensor(sizes);
      return { shape, dtype };
    } catch {
      // The tensor has another type: try the next.
    }
  }
  throw new Error(`tensor ${tensor} is of a type that no graph takes`);
}

export const copyOfBytes = ({ buffer, byteOffset, byteLength }: TypedArray): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength).slice();

/**
 * Differences that rounding alone may cause: relative to the norm of all values, plus an absolute part per
 * value.
 */
export interface Tolerance {
  readonly share: number;
  readonly least: number;
}

/** True if two tensors are equal up to rounding. NaN equals NaN. */
export function isClose(binding: Binding, a: number, b: number, { share, least }: Tolerance): boolean {
  const expected = Array.from(binding.tensorDataSync(a), Number);
  const got = Array.from(binding.tensorDataSync(b), Number);
  if (expected.length !== got.length) return false;
  let [difference, size] = [0, 0];
  for (const [at, value] of expected.entries()) {
    const other = got[at] ?? NaN;
    if (Object.is(value, other)) continue;
    difference += (value - other) ** 2;
    size += value ** 2;
  }
  // NaN on one side makes the difference NaN, and every comparison false.
  return difference === 0 || Math.sqrt(difference) <= share * Math.sqrt(size) + least * Math.sqrt(got.length);
}
