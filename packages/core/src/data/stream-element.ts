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
}

export function partsOf(element: unknown): Parts {
  const none = { label: undefined, superclass: undefined, weight: undefined };
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
  const { image, xs, label, ys, superclass, weight } = record;
  return { image: image ?? xs, label: label ?? ys, superclass, weight };
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
