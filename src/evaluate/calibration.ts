/** A forecast: the probability that it gave its answer, and whether that was right. */
export interface Forecast {
  readonly probability: number;
  readonly right: boolean;
}

/** Forecasts of about the same probability. */
export interface CalibrationBin {
  readonly count: number;
  readonly meanProbability: number;
  /** Share that was right. */
  readonly accuracy: number;
}

/**
 * Calibration curve: forecasts in equal steps of probability, empty ones left out, and the expected calibration error, the mean
 * distance of probability and accuracy weighted by counts (Naeini et al. 2015; Guo et al. 2017).
 * @throws Error when there is no forecast
 */
export function calibrationCurve(
  forecasts: readonly Forecast[],
  bins = 15,
): { readonly bins: readonly CalibrationBin[]; readonly expectedError: number } {
  if (forecasts.length === 0) throw new Error("calibration: expected at least one forecast, found none");
  const steps = Array.from({ length: bins }, (): Forecast[] => []);
  for (const forecast of forecasts) steps[Math.min(bins - 1, Math.floor(forecast.probability * bins))].push(forecast);
  const found = steps
    .filter(({ length }) => length > 0)
    .map((step) => ({
      count: step.length,
      meanProbability: step.reduce((sum, { probability }) => sum + probability, 0) / step.length,
      accuracy: step.filter(({ right }) => right).length / step.length,
    }));
  const expectedError = found.reduce((sum, { count, meanProbability, accuracy }) => sum + count * Math.abs(meanProbability - accuracy), 0) / forecasts.length; // prettier-ignore
  return { bins: found, expectedError };
}
