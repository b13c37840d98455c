interface Python {
  readonly command: string;
  readonly version: string;
  /** Whether it can make virtual environments. */
  readonly venv: boolean;
}
export function labArguments(args: readonly string[]): readonly string[];
export function prepareJupyter(venv: string): Promise<void>;
export function pythonProblem(python: Python | undefined): string | undefined;
