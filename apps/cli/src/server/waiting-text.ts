import type { CliEnvironment } from "../environment/env.ts";
import { nextCommand } from "../environment/self-command.ts";
import type { ServerClient } from "./client.ts";

/** Something in a server's queue. */
type Queued = Awaited<ReturnType<ServerClient["api"]["queue"]["list"]["query"]>>[number];
/** Why it waits. */
export type Waiting = NonNullable<Queued["waiting"]>;

/** In a few words, for a list: "needs a worker with webgpu". */
export function waitingWords({ reason, backend }: Waiting, place: number | null): string {
  switch (reason) {
    case "no-worker":
    case "others-only":
    case "no-backend":
      return backend === null ? "needs a worker" : `needs a worker with ${backend}`;
    case "starting":
      return "a worker starts";
    case "busy":
      return lineText(place);
    case "soon":
      return "begins soon";
  }
}

/**
 * Why something waits, and what to do about it: a sentence or two.
 * @param options.cancel words of the command that gives it up.
 */
export function waitingText(
  waiting: Waiting,
  options: {
    readonly environment: CliEnvironment;
    /** The server's address. */
    readonly url: string;
    /** In the line, from 1. */
    readonly place: number | null;
    readonly cancel: readonly string[];
  },
): string {
  const { reason, backend, connected, able, backends, refused } = waiting;
  const wanted = backend === null ? "Waiting for a worker" : `Waiting for a worker with ${backend}`;
  const whatToDo = [
    ...refused.map(
      ({ name, version }) =>
        `${name} was sent away, as it has graft ${version}: install the server's version there.`,
    ),
    `Start one with \`graft worker --server ${options.url} --token TOKEN\` (a token of the role worker) on a computer that ${backend === null ? "is to train" : "has it"}, or cancel with: ${nextCommand(options.environment, options.cancel)}`,
  ].join(" ");
  switch (reason) {
    case "no-worker":
      return `${wanted}: none is connected. ${whatToDo}`;
    case "others-only":
      return `${wanted}: those that are connected do other people's work alone. ${whatToDo}`;
    case "no-backend": {
      const who = connected === 1 ? "the one that is connected has" : `the ${connected} connected have`;
      return `${wanted}: ${who} ${backends.length === 0 ? "none" : namesText(backends)}. ${whatToDo}`;
    }
    case "starting":
      return `${wanted}: one is starting.`;
    case "busy":
      return `${wanted}: ${able === 1 ? "the one that can do it is" : `the ${able} that can do it are`} busy. This is ${lineText(options.place)}.`;
    case "soon":
      return `${wanted}: one is free.`;
  }
}

function lineText(place: number | null): string {
  return place === null || place === 1 ? "next in line" : `number ${place} in line`;
}

/** "cpu, wasm and webgpu" */
const namesText = (names: readonly string[]): string =>
  [names.slice(0, -1).join(", "), ...names.slice(-1)].filter((part) => part !== "").join(" and ");
