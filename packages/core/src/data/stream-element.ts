import { flattened, isList } from './lists.js';

/* Elements of a stream: one or several images, alone or with labels, superclasses and weights. */

interface TensorLike {
  readonly shape: readonly number[];
  data(): Promise<ArrayLike<number>>;
  dispose(): void;
}

const isTensor = (value: unknown): value is TensorLike =>
  typeof value === 'object' && value !== null && 'dataSync' in value && 'shape' in value;

/** An element's parts, unconverted. */
export interface Parts {
  readonly image: unknown;
  readonly label: unknown;
  readonly superclass: unknown;
  readonly weight: unknown;
  /** Other fields of an element without a label, one of which may be meant as it. */
  readonly others: readonly string[];
}

export function partsOf(element: unknown): Parts {
  const none = { label: undefined, superclass: undefined, weight: undefined, others: [] };
  if (isTensor(element) || ArrayBuffer.isView(element)) return { ...none, image: element };
  if (Array.isArray(element)) {
    const [first, second] = element as readonly unknown[];
    // Two rows of a nested array are one image, not an image and a label.
    const isPair = isTensor(first) || ArrayBuffer.isView(first) || isTensor(second) || !isList(second);
    return element.length === 2 && isPair
      ? { ...none, image: first, label: second }
      : { ...none, image: element };
  }
  const record = (typeof element === 'object' && element !== null ? element : {}) as Readonly<
    Record<string, unknown>
  >;
  const { image, xs, label, ys, superclass, weight, ...rest } = record;
  const own = label ?? ys;
  return {
    ...{ image: image ?? xs, label: own, superclass, weight },
    others: own === undefined ? Object.keys(rest) : [],
  };
}

/** Values of one part of an element, and their shape if known. */
export interface Values {
  readonly values: ArrayLike<number>;
  readonly shape: readonly number[] | undefined;
}

export async function valuesOf(given: unknown): Promise<Values | undefined> {
  if (isTensor(given)) {
    const values = await given.data();
    const { shape } = given;
    given.dispose();
    return { values, shape };
  }
  if (typeof given === 'number') return { values: [given], shape: [] };
  if (!isList(given)) return undefined;
  if (!Array.isArray(given)) return { values: given as ArrayLike<number>, shape: undefined };
  const { flat, shape } = flattened(given);
  return { values: flat as number[], shape };
}

/** A number, bigint or boolean as a number; NaN for any string. */
export const numberOf = (value: unknown): number => (typeof value === 'string' ? NaN : Number(value ?? NaN));

/** Pixels in 0…255; bytes where all of them are whole. */
export function asPixels(values: ArrayLike<number | bigint>, scale: number): Uint8Array | Float32Array {
  if (scale === 1 && (values instanceof Uint8Array || values instanceof Uint8ClampedArray))
    return Uint8Array.from(values);
  const scaled = Float32Array.from(values, (value) => numberOf(value) * scale);
  const isByte = scaled.every((value) => value >= 0 && value <= 255 && Number.isInteger(value));
  return isByte ? Uint8Array.from(scaled) : scaled;
}
