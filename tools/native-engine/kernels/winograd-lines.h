// The transforms of Winograd's minimal filtering F(4, 3) along one axis, for `WINOGRAD_LANES` channels at once. Points, formulas and
// sources are those of core's kernels/winograd-line.ts. Part of winograd.h.

namespace winograd::WINOGRAD_PROCESSOR {

constexpr int LANES = WINOGRAD_LANES;

/** The points, beside 0 and infinity: a, -a, b, -b. */
constexpr float A = 0.625f, B = 1.5f, A2 = A * A, B2 = B * B;
/** One over the product of a point's distances from the others. */
constexpr float AT_0 = 1 / (A2 * B2), AT_A = 1 / (2 * A2 * (A2 - B2)), AT_B = 1 / (2 * B2 * (B2 - A2));

typedef float Lanes __attribute__((vector_size(4 * WINOGRAD_LANES), aligned(4), may_alias));

static inline Lanes load(const float* from) { return *reinterpret_cast<const Lanes*>(from); }
static inline void store(float* to, Lanes value) { *reinterpret_cast<Lanes*>(to) = value; }

/** B' d: a line of the input. */
static inline void inputLine(const Lanes d[6], Lanes out[6]) {
  const Lanes evenA = d[4] - B2 * d[2], oddA = A * (d[3] - B2 * d[1]);
  const Lanes evenB = d[4] - A2 * d[2], oddB = B * (d[3] - A2 * d[1]);
  out[0] = A2 * B2 * d[0] - (A2 + B2) * d[2] + d[4];
  out[1] = evenA + oddA;
  out[2] = evenA - oddA;
  out[3] = evenB + oddB;
  out[4] = evenB - oddB;
  out[5] = A2 * B2 * d[1] - (A2 + B2) * d[3] + d[5];
}

/** A' m: a line of products to a line of the output. */
static inline void outputLine(const Lanes m[6], Lanes out[4]) {
  const Lanes evenA = m[1] + m[2], oddA = A * (m[1] - m[2]);
  const Lanes evenB = m[3] + m[4], oddB = B * (m[3] - m[4]);
  out[0] = m[0] + evenA + evenB;
  out[1] = oddA + oddB;
  out[2] = A2 * evenA + B2 * evenB;
  out[3] = A2 * oddA + B2 * oddB + m[5];
}

/** A dy: a line of the gradient of the output. */
static inline void gradientLine(const Lanes d[4], Lanes out[6]) {
  const Lanes evenA = d[0] + A2 * d[2], oddA = A * (d[1] + A2 * d[3]);
  const Lanes evenB = d[0] + B2 * d[2], oddB = B * (d[1] + B2 * d[3]);
  out[0] = d[0];
  out[1] = evenA + oddA;
  out[2] = evenA - oddA;
  out[3] = evenB + oddB;
  out[4] = evenB - oddB;
  out[5] = d[3];
}

/** G g: a line of the filter. */
static inline void filterLine(const Lanes g[3], Lanes out[6]) {
  const Lanes evenA = AT_A * (g[0] + A2 * g[2]), oddA = AT_A * A * g[1];
  const Lanes evenB = AT_B * (g[0] + B2 * g[2]), oddB = AT_B * B * g[1];
  out[0] = AT_0 * g[0];
  out[1] = evenA + oddA;
  out[2] = evenA - oddA;
  out[3] = evenB + oddB;
  out[4] = evenB - oddB;
  out[5] = g[2];
}

/** G' s: a line of sums of products to a line of the gradient of the filter. */
static inline void sumLine(const Lanes s[6], Lanes out[3]) {
  const Lanes evenA = AT_A * (s[1] + s[2]), oddA = AT_A * A * (s[1] - s[2]);
  const Lanes evenB = AT_B * (s[3] + s[4]), oddB = AT_B * B * (s[3] - s[4]);
  out[0] = AT_0 * s[0] + evenA + evenB;
  out[1] = oddA + oddB;
  out[2] = A2 * evenA + B2 * evenB + s[5];
}

}  // namespace winograd::WINOGRAD_PROCESSOR
