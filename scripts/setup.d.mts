export const root: string;
export function setUp(): void;
export function nodeProblem(version: string): string | undefined;
interface Lock {
  readonly packages: Readonly<Record<string, { version?: string; optional?: boolean; link?: boolean }>>;
}
export function missingPackages(wanted: Lock, installed: Lock): string[];
export function say(text: string): void;
