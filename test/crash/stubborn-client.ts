import { createHash } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import * as z from "zod";

/** What a server says while it or what it stands on is in trouble: the same again may go well. */
const PASSING = ["backend", "busy", "cancelled", "disk-full", "offline", "unreadable"];
const PAUSE_MS = 100;
/** Longer than any recovery: then something does not recover. */
const PATIENCE_MS = 240_000;

const refusalSchema = z.object({ error: z.looseObject({ code: z.string() }) });

export const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

/** A client that asks again when its server goes away, and takes no other error. */
export class StubbornClient {
  readonly url: string;
  readonly #token: string;
  /** How often it had to ask again. */
  repeats = 0;

  constructor(url: string, token: string) {
    this.url = `${url}/api/v1`;
    this.#token = token;
  }

  get headers(): Readonly<Record<string, string>> {
    return { authorization: `Bearer ${this.#token}` };
  }

  /** @throws Error for an answer that another try would not change. */
  async call<T>(shape: z.ZodType<T>, method: string, path: string, body?: unknown): Promise<T> {
    const json = body === undefined ? {} : { body: JSON.stringify(body) };
    const headers = {
      ...this.headers,
      ...(body === undefined ? {} : { "content-type": "application/json" }),
    };
    return this.#until(async () => {
      const response = await fetch(this.url + path, { method, headers, ...json });
      return shape.parse(await this.#taken(response, `${method} ${path}`, () => response.json()));
    });
  }

  /** One try of a request whose body is bytes. @returns undefined when it did not come to an answer. */
  async once<T>(
    shape: z.ZodType<T>,
    [method, path]: readonly [method: string, path: string],
    body: Uint8Array<ArrayBuffer>,
    mediaType = "application/octet-stream",
  ): Promise<T | undefined> {
    return this.#tried(async () => {
      const headers = { ...this.headers, "content-type": mediaType };
      const response = await fetch(this.url + path, { method, headers, body });
      return shape.parse(await this.#taken(response, `${method} ${path}`, () => response.json()));
    });
  }

  async bytes(path: string): Promise<Uint8Array> {
    return this.#until(async () => {
      const response = await fetch(this.url + path, { headers: this.headers });
      return new Uint8Array(await this.#taken(response, `GET ${path}`, () => response.arrayBuffer()));
    });
  }

  async #taken<T>(response: Response, what: string, read: () => Promise<T>): Promise<T> {
    if (response.ok) return read();
    const text = await response.text();
    throw new Refused(`${what}: ${response.status} ${text.slice(0, 1000)}`, text);
  }

  /** @returns undefined when the server is in trouble. @throws Error for anything else. */
  async #tried<T>(work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await work();
    } catch (error) {
      // fetch says TypeError for a connection that cannot be made or broke
      const isPassing = error instanceof Refused ? error.isPassing : error instanceof TypeError;
      if (!isPassing) throw error;
      this.repeats++;
      await pause(PAUSE_MS);
      return undefined;
    }
  }

  async #until<T>(work: () => Promise<T>): Promise<T> {
    for (const end = performance.now() + PATIENCE_MS; performance.now() < end; ) {
      const answered = await this.#tried(async () => ({ value: await work() }));
      if (answered) return answered.value;
    }
    throw new Error(`${this.url} gave no answer in ${PATIENCE_MS / 1000} s`);
  }
}

class Refused extends Error {
  readonly isPassing: boolean;

  constructor(message: string, body: string) {
    super(message);
    const parsed = refusalSchema.safeParse(jsonOf(body));
    this.isPassing = parsed.success && PASSING.includes(parsed.data.error.code);
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
