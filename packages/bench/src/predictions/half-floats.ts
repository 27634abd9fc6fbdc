const float = new Float32Array(1);
const bits = new Uint32Array(float.buffer);

/** The bits of the nearest IEEE half-precision number, ties to even. */
export function float16Bits(value: number): number {
  float[0] = value;
  const given = bits[0] ?? 0;
  const sign = (given >>> 16) & 0x8000;
  const magnitude = given & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7e00;
  // From half a step beyond the largest half, rounding gives infinity.
  if (magnitude >= 0x477ff000) return sign | 0x7c00;
  // A subnormal half counts steps of 2⁻²⁴.
  if (magnitude < 0x38800000) return sign | roundToEven(Math.abs(value) * 2 ** 24);
  const odd = (magnitude >>> 13) & 1;
  return sign | ((magnitude - 0x38000000 + 0xfff + odd) >>> 13);
}

function roundToEven(value: number): number {
  const below = Math.floor(value);
  const rest = value - below;
  return rest > 0.5 || (rest === 0.5 && below % 2 === 1) ? below + 1 : below;
}
