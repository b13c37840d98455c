// Code that runs in the browser's page, as text: the project's types know no page.

/** How much of each chart of the notebook is drawn: paths of an SVG, or pixels of a canvas that are not transparent. */
export const chartMarks = `[...document.querySelectorAll(".jp-Notebook .vega-embed")].map((embed) => {
  const chart = embed.querySelector("canvas, svg.marks");
  const { width, height } = chart.getBoundingClientRect();
  if (!(chart instanceof HTMLCanvasElement)) return { width, height, marks: chart.querySelectorAll("path[d]").length };
  const { data } = chart.getContext("2d").getImageData(0, 0, chart.width, chart.height);
  return { width, height, marks: data.filter((value, i) => i % 4 === 3 && value > 0).length };
})`;

/**
 * In a view's frame: its label, and how many pixels are drawn. The page's own viewer draws once more into an image, because a
 * WebGL canvas forgets its pixels when they have been shown.
 */
export const viewMarks = `(async () => {
  const image = new Image();
  image.src = viewer.pngURI();
  await image.decode();
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [image.width, image.height];
  const context = canvas.getContext("2d");
  context.drawImage(image, 0, 0);
  const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
  const marks = data.filter((value, i) => i % 4 === 3 && value > 0).length;
  return { label: document.getElementById("label").textContent, marks };
})()`;

/** Widths of the charts of an exported page, where they are images; 0: not drawn. */
export const imageWidths = `[...document.querySelectorAll(".jp-RenderedSVG img")].map((image) => image.naturalWidth)`;

/** The notebook's part of the window. */
const scroller = `document.querySelector(".jp-WindowedPanel-outer")`;

/** Height of the notebook, and of what is seen of it, in pixels. */
export const scrollSize = `({ height: ${scroller}.scrollHeight, screen: ${scroller}.clientHeight })`;

export const scrollTo = (top: number): string => `${scroller}.scrollTo({ top: ${top} })`;
