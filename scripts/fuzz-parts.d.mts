import type { DosFile } from "../src/dos/index.js";

export function randomOf(seed: number): () => number;
export function damaged(text: string, random: () => number): string;
export function wrongAnswer(file: DosFile): string | undefined;
export function wrongError(error: unknown, name: string): string | undefined;
