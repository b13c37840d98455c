/** How hard to try. */
export interface FetchOptions {
  readonly headers?: Readonly<Record<string, string>>;
  /** Further attempts after the first. Default 5. */
  readonly retries?: number;
  /** Wait before the first repetition, ms; doubled each time, unless the server names a time. Default 500. */
  readonly firstDelay?: number;
  /** Longest wait for an answer, ms. Default 60000. */
  readonly timeout?: number;
  readonly signal?: AbortSignal;
}

/** An answer that is none of success: its status, and what the server said of it. */
export class HttpError extends Error {
  override readonly name = "HttpError";
  constructor(
    readonly url: string,
    readonly status: number,
    /** The server's own words. */
    readonly said: string,
  ) {
    super(`${url}: the server answered ${status}${said === "" ? "" : `: ${said}`}`);
  }
}

/**
 * The body of an answer to GET. Lost connections, time-outs, 429 and 5xx are tried again, later each time.
 *
 * @throws HttpError for any other answer; Error that names the address and the last reason when all attempts fail.
 */
export async function fetchBytes(url: string, options: FetchOptions = {}): Promise<Uint8Array> {
  const { retries = 5, firstDelay = 500 } = options;
  for (let attempt = 0; ; attempt++) {
    const outcome = await attemptOnce(url, options);
    if ("bytes" in outcome) return outcome.bytes;
    options.signal?.throwIfAborted();
    if (!outcome.again) throw outcome.error;
    if (attempt >= retries)
      throw new Error(`${outcome.error.message} (${attempt + 1} attempts)`, { cause: outcome.error });
    await pause(outcome.delay ?? firstDelay * 2 ** attempt, options.signal);
  }
}

type Outcome =
  { readonly bytes: Uint8Array } | { readonly error: Error; readonly again: boolean; readonly delay?: number };

async function attemptOnce(url: string, { headers, timeout = 60_000, signal }: FetchOptions): Promise<Outcome> {
  const limit = AbortSignal.timeout(timeout);
  try {
    const response = await fetch(url, {
      headers: { ...headers },
      signal: signal ? AbortSignal.any([signal, limit]) : limit,
    });
    const bytes = new Uint8Array(await response.arrayBuffer());
    if (response.ok) return { bytes };
    const again = response.status === 429 || response.status >= 500;
    const delay = retryAfter(response.headers.get("retry-after"));
    const error = new HttpError(url, response.status, wordsOf(bytes));
    return { error, again, ...(delay !== undefined && { delay }) };
  } catch (error) {
    const reason = limit.aborted ? `no answer within ${timeout} ms` : deepest(error);
    return { error: new Error(`${url}: ${reason}`, { cause: error }), again: true };
  }
}

/** Seconds in the header as ms, a minute at most; dates are not heeded. */
function retryAfter(header: string | null): number | undefined {
  const seconds = header === null ? NaN : Number(header);
  return seconds >= 0 ? Math.min(seconds, 60) * 1000 : undefined;
}

/** The message in a JSON error, or the beginning of its text. */
function wordsOf(bytes: Uint8Array): string {
  const text = Buffer.from(bytes).toString("utf8").slice(0, 2000);
  try {
    const { message, detail } = JSON.parse(text) as { message?: unknown; detail?: unknown };
    const words = message ?? detail;
    if (typeof words === "string") return words.slice(0, 200);
  } catch {
    // Not JSON: its text will do.
  }
  return text.replace(/\s+/g, " ").trim().slice(0, 100);
}

/** fetch says "fetch failed"; why is in its cause. */
function deepest(error: unknown): string {
  const { cause, message } = error as Error;
  return cause instanceof Error ? deepest(cause) : message;
}

function pause(milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(done, milliseconds);
    signal?.addEventListener("abort", done, { once: true });
    function done(): void {
      clearTimeout(timer);
      signal?.removeEventListener("abort", done);
      if (signal?.aborted) reject(signal.reason as Error);
      else resolve();
    }
  });
}
