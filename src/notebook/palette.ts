/**
 * Colours that stay apart for colour-blind readers (Okabe and Ito 2008), without the yellow and the black, which
 * vanish on a light or a dark page.
 */
export const okabeIto = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00"] as const;

/** The target's grey, and the text of axes: it reads on white and on black alike (contrast above 4:1 on both). */
export const neutral = "#777777";

/** The n-th series' colour; colours repeat after six series. */
export function seriesColor(index: number): string {
  return okabeIto[index % okabeIto.length] ?? okabeIto[0];
}

/**
 * The viridis scale (Smith and van der Walt 2015), dark violet to yellow, in equal steps: colour-blind readers see the same
 * order, and its lightness rises evenly. Its darkest and lightest ends are left out, which vanish on a dark or a light page.
 */
export const sequentialScale = ["#472a7a", "#3a548c", "#2a778e", "#1f988b", "#38b977", "#81d34d", "#dfe318"] as const;

/** Colour of a share from 0 to 1 of the sequential scale; what is outside takes the nearest end. */
export function sequentialColor(share: number): string {
  const at = Math.min(1, Math.max(0, share)) * (sequentialScale.length - 1);
  const below = Math.min(Math.floor(at), sequentialScale.length - 2);
  const [from, to] = [channels(sequentialScale[below]), channels(sequentialScale[below + 1])];
  return `#${from.map((c, i) => hex(c + (to[i] - c) * (at - below))).join("")}`;
}

function channels(color: string): number[] {
  return [1, 3, 5].map((at) => parseInt(color.slice(at, at + 2), 16));
}

function hex(channel: number): string {
  return Math.round(channel).toString(16).padStart(2, "0");
}
