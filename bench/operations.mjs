/**
 * Operations of matrix products, in 1e9 (a multiplication and an addition are two), counted from the network's shapes:
 * B crystals of N atoms, H hidden, L layers, K frequencies, R guidance branches. Everything else (sines, SiLU,
 * normalisation) is left out, so that "share of the peak" says what all of it costs together.
 *
 * The products of a layer, in rows x (H x H):
 *   edge, first: receivers and senders     2 R B N
 *   edge, second: all ordered pairs        R B N^2
 *   nodes: [h, message] -> H, then H -> H  3 R B N
 * and the Fourier part, B half N rows x (6 K x H), where half = floor(N / 2): F_ij comes from half of the offsets by
 * parity, and all branches share it. Lattice products and the heads are counted too, below a percent.
 *
 * @typedef {{ hiddenDim: number, layerCount: number, frequencyCount: number, timeDim: number, classCount: number,
 *   dosPoints: number }} Size
 */

/**
 * One guided evaluation: both branches.
 * @param {Size} size
 * @param {number} B
 * @param {number} N
 */
export function guidedOperations(size, B, N) {
  return (2 * (forwardProducts(size, B, N, 2) + fourierProducts(size, B, N))) / 1e9;
}

/**
 * One training step: a forward pass of one branch, and for each product two of its size backward, for the weight and
 * for the input; nothing flows back into the Fourier features, which depend on no parameter.
 * @param {Size} size
 * @param {number} B
 * @param {number} N
 */
export function trainingOperations(size, B, N) {
  const encoder = B * N * size.dosPoints * size.hiddenDim;
  return (2 * (3 * forwardProducts(size, B, N, 1) + 2 * (fourierProducts(size, B, N) + encoder))) / 1e9;
}

/**
 * The same for a plain implementation, which concatenates an edge's inputs: B N^2 rows x (2 H + 9 + 6 K) x H, every branch
 * by itself. What a peer computes, for its own share of its own peak.
 * @param {Size} size
 * @param {number} B
 * @param {number} N
 */
export function plainGuidedOperations(size, B, N) {
  return (2 * 2 * plainForwardProducts(size, B, N)) / 1e9;
}

/**
 * Three products a layer of the network: forward, by the weight and by the input.
 * @param {Size} size
 * @param {number} B
 * @param {number} N
 */
export function plainTrainingOperations(size, B, N) {
  return (2 * 3 * plainForwardProducts(size, B, N)) / 1e9;
}

/**
 * @param {Size} size
 * @param {number} B
 * @param {number} N
 */
function plainForwardProducts(size, B, N) {
  const { hiddenDim: H, layerCount: L, frequencyCount: K, timeDim, classCount: C, dosPoints } = size;
  const layer = B * N ** 2 * (2 * H + 9 + 6 * K + H) * H + 3 * B * N * H ** 2;
  return L * layer + B * N * (C + dosPoints + H + timeDim + C + 3) * H + 9 * B * H;
}

/**
 * @param {Size} size
 * @param {number} B
 * @param {number} N
 * @param {number} R
 */
function forwardProducts({ hiddenDim: H, layerCount: L, timeDim, classCount: C }, B, N, R) {
  const layer = (2 * R * B * N + R * B * N ** 2 + 3 * R * B * N) * H ** 2 + 9 * B * H;
  const input = B * N * C * H + R * B * N * H ** 2 + B * timeDim * H;
  const heads = R * B * (N * (C + 3) * H + 9 * H);
  return L * layer + input + heads;
}

/**
 * @param {Size} size
 * @param {number} B
 * @param {number} N
 */
function fourierProducts({ hiddenDim: H, layerCount: L, frequencyCount: K }, B, N) {
  return L * B * Math.floor(N / 2) * N * 6 * K * H;
}
