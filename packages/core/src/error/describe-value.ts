/**
 * Describes a given value in a few words: `"7"`, `a promise`, `the function 'kd'`, `an object with xs, ys`.
 *
 * Reads little of a large value.
 */
export function describeValue(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (typeof value === 'function') return value.name === '' ? 'a function' : `the function '${value.name}'`;
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (typeof value !== 'object') return 'a symbol';
  if (value === null) return 'null';
  if (isPromise(value)) return 'a promise';
  if ('dataSync' in value && 'shape' in value && Array.isArray(value.shape))
    return `a tensor of shape [${value.shape.join(', ')}]`;
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) {
    const { length } = value as unknown as Partial<ArrayLike<unknown>>;
    return `${value.constructor.name} of ${length === undefined ? `${value.byteLength} bytes` : `${length} values`}`;
  }
  const text = asJson(value);
  if (text !== undefined && text.length <= 100) return text;
  if (Array.isArray(value)) return `a list of ${value.length}`;
  const keys = Object.keys(value);
  if (keys.length === 0) return 'an object';
  return `an object with ${keys.slice(0, 6).join(', ')}${keys.length > 6 ? ', …' : ''}`;
}

/** True for a promise or another thenable, such as a value whose `await` was forgotten. */
export const isPromise = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';

function asJson(value: object): string | undefined {
  const plain = Array.isArray(value) || Object.getPrototypeOf(value) === Object.prototype;
  try {
    // Long lists and objects would be stringified only for the text to be discarded.
    if (!plain || Object.keys(value).length > 20) return undefined;
    if (Object.values(value).some((entry) => typeof entry === 'function')) return undefined;
    return JSON.stringify(value, (_, entry: unknown) =>
      typeof entry === 'bigint' || Number.isNaN(entry) ? String(entry) : entry,
    );
  } catch {
    return undefined;
  }
}
