/** FNV-1a, 32 bits, of ASCII text. */
function hashed(text: string): number {
  let hash = 0x811c9dc5;
  for (const letter of text) hash = Math.imul(hash ^ letter.charCodeAt(0), 0x01000193);
  return hash >>> 0;
}

/** `scale · u + offset` for numbers u in [0, 1) by the program's formula: a mixed counter of 32 bits over 2³². */
export function formulaValues(name: string, count: number, scale: number, offset: number): Float32Array {
  const values = new Float32Array(count);
  let next = hashed(name);
  for (let at = 0; at < count; at++, next++) {
    let x = next;
    x = Math.imul(x ^ (x >>> 16), 0x45d9f3b);
    x = Math.imul(x ^ (x >>> 16), 0x45d9f3b);
    values[at] = (scale * ((x ^ (x >>> 16)) >>> 0)) / 2 ** 32 + offset;
  }
  return values;
}

export interface FormulaTensor {
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

/** A state dict whose values follow the program's formula. */
export function formulaWeights(keys: string): Map<string, FormulaTensor> {
  const product = (axes: readonly number[]): number => axes.reduce((a, b) => a * b, 1);
  return new Map(
    keys.split(' ').map((entry) => {
      const [key = '', axes = ''] = entry.split(':');
      const shape = axes.split('x').map(Number);
      const part = key.split('.').at(-1) ?? '';
      const bound = Math.sqrt(6 / product(shape.slice(1)));
      const isKernel = part === 'weight' && shape.length > 1;
      const isScale = part === 'weight' || part === 'running_var';
      const [scale, offset] = isKernel ? [2 * bound, -bound] : isScale ? [0.5, 0.75] : [0.4, -0.2];
      return [key, { shape, values: formulaValues(key, product(shape), scale, offset) }];
    }),
  );
}

/** Bytes of a tensor's values in one of the format's types. */
type Encode = (values: Float32Array) => Uint8Array;
const bytesOf = ({ buffer }: { readonly buffer: ArrayBufferLike }): Uint8Array => new Uint8Array(buffer);
const ENCODERS: Readonly<Record<string, Encode>> = {
  F32: (values) => bytesOf(values.slice()),
  F64: (values) => bytesOf(Float64Array.from(values)),
  // Cut, not rounded: the values that come back are those of the cut numbers.
  BF16: (values) => bytesOf(Uint16Array.from(new Uint32Array(values.slice().buffer), (bits) => bits >>> 16)),
};

/** A safetensors file as PyTorch's library writes it: header, then values one after the other, no digest. */
export function torchFile(
  tensors: ReadonlyMap<string, FormulaTensor>,
  { dtype = 'F32', extra = {} }: { readonly dtype?: string; readonly extra?: object } = {},
): Uint8Array {
  const encode = ENCODERS[dtype] as Encode;
  const parts: Uint8Array[] = [];
  const header: Record<string, unknown> = { __metadata__: { format: 'pt' } };
  let offset = 0;
  for (const [key, { shape, values }] of tensors) {
    const bytes = encode(values);
    header[key] = { dtype, shape, data_offsets: [offset, offset + bytes.length] };
    parts.push(bytes);
    offset += bytes.length;
  }
  for (const [key, entry] of Object.entries(extra)) {
    const bytes = new Uint8Array(8);
    header[key] = { ...(entry as object), data_offsets: [offset, offset + 8] };
    parts.push(bytes);
    offset += 8;
  }
  const text = new TextEncoder().encode(JSON.stringify(header));
  const length = new Uint8Array(8);
  new DataView(length.buffer).setBigUint64(0, BigInt(text.length), true);
  return Buffer.concat([length, text, ...parts]);
}
