const images = 10;

/**
 * Score of the wrapped normal distribution on the unit circle, with the reference's sign: +x / sigma^2 near x = 0 (minus
 * the derivative of log p). Stable for every sigma: the largest exponent is taken out of the sums, so a small sigma far
 * from an image does not become 0 / 0.
 */
export function wrappedNormalScore(x: number, sigma: number): number {
  const wrapped = x - Math.round(x);
  const scale = 1 / (2 * sigma * sigma);
  let weights = 0;
  let moments = 0;
  for (let image = -images; image <= images; image++) {
    const distance = wrapped + image;
    const weight = Math.exp((wrapped * wrapped - distance * distance) * scale);
    weights += weight;
    moments += weight * distance;
  }
  return moments / weights / (sigma * sigma);
}

/** Density of the wrapped normal distribution at x (period 1). */
export function wrappedNormalDensity(x: number, sigma: number): number {
  let sum = 0;
  for (let image = -images; image <= images; image++) {
    const z = (x - Math.round(x) + image) / sigma;
    sum += Math.exp(-0.5 * z * z);
  }
  return sum / (sigma * Math.sqrt(2 * Math.PI));
}

/**
 * lambda(sigma) = E[score^2] by quadrature: the trapezoidal rule over one period, which converges exponentially for a
 * smooth periodic integrand (the reference draws 1e4 Monte-Carlo samples instead).
 */
export function scoreNorm(sigma: number): number {
  // The integrand has the width of sigma; beyond 12 sigma nothing is left of it.
  const half = Math.min(0.5, 12 * sigma);
  const points = 800;
  let sum = 0;
  for (let i = 0; i < points; i++) {
    const x = -half + ((i + 0.5) * 2 * half) / points;
    sum += wrappedNormalDensity(x, sigma) * wrappedNormalScore(x, sigma) ** 2;
  }
  return (sum * 2 * half) / points;
}

/** lambda for each deviation; 1 where sigma is 0 (the clean entry of a schedule). */
export function scoreNorms(sigmas: Float64Array): Float64Array {
  return sigmas.map((sigma) => (sigma === 0 ? 1 : scoreNorm(sigma)));
}
