/** A command's workspace, its status line and its signals; closed together. */
import { checkInt8, selectBackend } from "@graft/backend-select";
import {
  type ByteProgress,
  type CutLayer,
  type Dataset,
  datasetNotes,
  type JobNote,
  type OpenDatasetRequest,
  type OpenedDataset,
  type SelectedBackend,
  type TrunkWeights,
  type WorkspaceEvent,
} from "@graft/core";
import { NodeWorkspace } from "@graft/core/node";
import { packageVersion } from "../environment/package-version.ts";
import { nextCommand } from "../environment/self-command.ts";
import { fetchText } from "../progress/fetch-text.ts";
import { StatusLine } from "../progress/status-line.ts";
import type { CommandContext } from "./context.ts";

/** By a note's code: what `graft inspect` says of it. */
const TOLD_BY_INSPECT: Readonly<Record<string, string>> = {
  "broken-files": "which and why",
  "unclear-classes": "why",
};

/** What is said when a command is told to stop. */
export interface StopWords {
  readonly interrupt: string;
  readonly hangUp: string;
}

const STOPS_HERE: StopWords = {
  interrupt: "Stopping at the next step; press Ctrl-C again to stop at once.",
  hangUp: "The terminal was closed: stopping at the next step.",
};

export class Session implements AsyncDisposable {
  readonly context: CommandContext;
  readonly signal: AbortSignal;
  readonly workspace: NodeWorkspace;
  readonly #controller = new AbortController();
  readonly #line: StatusLine;
  readonly #words: StopWords;
  #interrupts = 0;
  #isWaiting = false;

  /** @param words of a command whose work goes on elsewhere. @default it stops */
  constructor(context: CommandContext, words: StopWords = STOPS_HERE) {
    this.#words = words;
    const { home, variables: env } = context.environment;
    this.context = context;
    this.signal = this.#controller.signal;
    this.#line = new StatusLine(context.environment);
    this.workspace = new NodeWorkspace({
      ...{ home, env, signal: this.signal, checkInt8 },
      onEvent: (event) => this.#hear(event),
      selectBackend: (backend) =>
        selectBackend({ ...(backend === undefined ? {} : { backend }), home, env, signal: this.signal }),
      versions: { graft: packageVersion() },
      // said in full where weights are chosen or looked at, and briefly where they are only used
      weightsNotices: ["train", "doctor"].includes(context.command) ? "full" : "short",
    });
    process.on("SIGINT", this.#onSignal);
    process.on("SIGTERM", this.#onSignal);
    process.on("SIGHUP", this.#onHangUp);
  }

  /** The first Ctrl-C asks the work to stop where it can be resumed; the second ends the process. */
  readonly #onSignal = (): void => {
    this.#interrupts++;
    if (this.#interrupts > 1) process.exit(130);
    this.stop(this.#words.interrupt);
  };

  /** A closed terminal may tell of it twice, by the system and by the shell, and is in no hurry either time. */
  readonly #onHangUp = (): void => {
    if (!this.signal.aborted) this.stop(this.#words.hangUp);
  };

  /** Asks the work to stop where it can be resumed. @param why one line for people. */
  stop(why: string): void {
    if (why !== "") this.notice(why);
    this.#controller.abort();
  }

  /** One line for people, on stderr. */
  notice(text: string): void {
    this.#line.print(text);
  }

  /** A line that the next one replaces; shown on terminals only. */
  status(text: string): void {
    this.#line.status(text);
  }

  /** Takes the status line away. */
  clear(): void {
    this.#line.clear();
  }

  /** How far a download or an unpacking is; a log hears at once that a server is waited for. */
  fetching(what: string, progress: ByteProgress): void {
    const isWaiting = progress.waiting !== undefined;
    const text = fetchText(what, progress);
    if (isWaiting && !this.#isWaiting && !this.context.environment.interactive) this.notice(text);
    else this.status(text);
    this.#isWaiting = isWaiting;
  }

  /** @param dataset its name as typed. */
  tellNote({ code, message }: JobNote, dataset: string): void {
    if (code === "weights") {
      this.notice(message);
      return;
    }
    const told = TOLD_BY_INSPECT[code];
    const inspect = nextCommand(this.context.environment, ["inspect", dataset]);
    this.notice(`Note: ${message}${told === undefined ? "" : `; ${told}: ${inspect}`}`);
  }

  /** How a data set was read, and that files cannot be used, which stops nothing: one line each. */
  tellNotes(dataset: Dataset, name: string): void {
    for (const note of datasetNotes(dataset)) this.tellNote(note, name);
  }

  get decodeAhead(): number {
    return this.workspace.decodeAhead;
  }

  /** @param name `--backend` as it was given; anything but a text means the fastest usable. */
  backend(name: unknown): Promise<SelectedBackend> {
    return this.workspace.selectBackend(typeof name === "string" ? name : undefined);
  }

  async dataset(name: string, request: OpenDatasetRequest = {}): Promise<OpenedDataset> {
    const opened = await this.workspace.openDataset(name, request);
    this.clear();
    return opened;
  }

  /** @param cut the last block that is needed. @default the whole trunk */
  async weights(
    weights: string,
    inputRange: readonly [number, number] | undefined,
    cut?: CutLayer,
  ): Promise<TrunkWeights> {
    const loaded = await this.workspace.loadWeights({ weights, inputRange, cut });
    this.clear();
    return loaded;
  }

  #hear(event: WorkspaceEvent): void {
    if (event.type === "notice") this.notice(event.message);
    else if (event.type === "scan") this.status(`Looking at the images  ${event.done}/${event.total}`);
    else this.fetching(event.what === "weights" ? "Fetching weights" : "Fetching", event.progress);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    process.off("SIGINT", this.#onSignal);
    process.off("SIGTERM", this.#onSignal);
    process.off("SIGHUP", this.#onHangUp);
    this.clear();
    await this.workspace[Symbol.asyncDispose]();
  }
}
