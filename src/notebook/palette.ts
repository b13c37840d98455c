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
