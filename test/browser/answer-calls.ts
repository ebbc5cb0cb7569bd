// In a worker of a test's page: answers what TestWorker.call asks (open-browser.ts).

/** What a dedicated worker has of its page. */
declare const self: {
  postMessage(message: unknown, transfer?: readonly unknown[]): void;
  onmessage: ((event: { readonly data: Call }) => void) | null;
};

interface Call {
  readonly id: number;
  readonly name: string;
  readonly argument: unknown;
}

/** Tells the test something between two answers. */
export const tell = (event: unknown): void => self.postMessage({ event });

/** @param functions by the name that the test calls them by; each gives plain data and typed arrays. */
export function answerCalls(functions: Readonly<Record<string, (argument: unknown) => unknown>>): void {
  const answer = async ({ id, name, argument }: Call): Promise<void> => {
    try {
      const called = functions[name];
      if (!called) throw new Error(`the worker has no function ${name}`);
      self.postMessage({ id, result: await called(argument) });
    } catch (error) {
      self.postMessage({
        id,
        error: error instanceof Error ? `${error.message}\n${error.stack}` : String(error),
      });
    }
  };
  self.onmessage = ({ data }) => void answer(data);
}
