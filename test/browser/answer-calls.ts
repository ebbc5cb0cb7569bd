// In a worker of a test's page: answers what TestWorker.call asks (open-browser.ts).

/** Where calls come from: a dedicated worker's global scope, or a port that the page made (page-server.ts). */
interface Channel {
  postMessage(message: unknown): void;
  onmessage: ((event: { readonly data: Call }) => void) | null;
}
// neither is named by Node's types
const { graftPort, self } = globalThis as unknown as {
  readonly graftPort?: Channel;
  readonly self: Channel;
};
const channel = graftPort ?? self;

interface Call {
  readonly id: number;
  readonly name: string;
  readonly argument: unknown;
}

/** Tells the test something between two answers. */
export const tell = (event: unknown): void => channel.postMessage({ event });

/** @param functions by the name that the test calls them by; each gives plain data and typed arrays. */
export function answerCalls(functions: Readonly<Record<string, (argument: unknown) => unknown>>): void {
  const answer = async ({ id, name, argument }: Call): Promise<void> => {
    try {
      const called = functions[name];
      if (!called) throw new Error(`the worker has no function ${name}`);
      channel.postMessage({ id, result: await called(argument) });
    } catch (error) {
      channel.postMessage({
        id,
        error: error instanceof Error ? `${error.message}\n${error.stack}` : String(error),
      });
    }
  };
  channel.onmessage = ({ data }) => void answer(data);
}
