import { crc32 } from "node:zlib";
import { type Identity, jobsOf, newId } from "@graft/api";
import { CoreError, serializeError, WorkerHost } from "@graft/core";
import type { WebSocket } from "ws";
import { groupNames, markedSpace, type SpaceMarks, spaceMarks } from "../feature-groups.ts";
import { JobClaimer } from "../job-claimer.ts";
import type { Proofs } from "../proof.ts";
import { TRAINER_KINDS, type TrainersOptions } from "../trainers.ts";
import { LivingWorkerRow } from "../worker-row.ts";
import { forgetRefused, putRefused } from "./refused-row.ts";
import { type Answer, leavingSchema, otherVersion, parseSignIn, type SignIn } from "./sign-in.ts";
import { type LinkTimes, SocketLink } from "./socket-link.ts";

/** For its first words; it computes its proof before it connects. */
const SIGN_IN_MS = 30_000;
/** Of the first words. */
const SIGN_IN_LIMITS = { headBytes: 64 * 1024, bodyBytes: 0 } as const;

export interface RemoteOptions extends TrainersOptions {
  /** Of the server's machine, found when the first worker comes. */
  readonly ownProofs: () => Promise<Proofs>;
  readonly times?: LinkTimes;
}

export interface RemoteSessionOptions extends RemoteOptions {
  readonly socket: WebSocket;
  readonly identity: Identity;
}

/** One connection of a worker: it signs in, does jobs like one of this machine, and leaves or is lost. */
export class RemoteSession {
  /** Id of the token that it showed. */
  readonly token: string;
  /** Settles when the connection is closed and nothing of it is left. */
  readonly over: Promise<void>;
  readonly #options: RemoteSessionOptions;
  readonly #link: SocketLink;
  #claimer: JobClaimer | undefined;

  constructor(options: RemoteSessionOptions) {
    this.#options = options;
    this.token = options.identity.token.id;
    this.#link = new SocketLink(options.socket, options.times);
    this.#link.limit(SIGN_IN_LIMITS);
    this.over = this.#run().catch((error: unknown) => {
      options.log.error(error);
      this.end("the server failed");
    });
  }

  /** Has its job stopped for now, puts that back into the line, and closes the connection. */
  async close(): Promise<void> {
    await this.#claimer?.close();
    this.#link.close();
    await this.over;
  }

  /** Breaks the connection off. @param why for people */
  end(why: string): void {
    this.#link.end(why);
  }

  async #run(): Promise<void> {
    const { log } = this.#options;
    let signIn: SignIn;
    try {
      signIn = await this.#signIn();
    } catch (error) {
      log.error(error);
      this.#say({ type: "refused", error: serializeError(error) });
      this.#link.close();
      await this.#link.closed;
      return;
    }
    const id = newId();
    this.#link.limit();
    this.#say({ type: "welcome", worker: id });
    await this.#work(id, signIn);
  }

  /** @throws CoreError as `parseSignIn`; `backend` when nothing comes. */
  async #signIn(): Promise<SignIn> {
    const silent = (received: string): CoreError =>
      new CoreError("backend", { what: "The worker did not sign in.", received });
    let timer: NodeJS.Timeout | undefined;
    try {
      const heard = await new Promise<unknown>((resolve, reject) => {
        timer = setTimeout(() => reject(silent(`${SIGN_IN_MS / 1000} s of silence`)), SIGN_IN_MS);
        this.#link.onControl(resolve);
        void this.#link.closed.then((why) => reject(silent(why)));
      });
      const { version, identity, log } = this.#options;
      const other = otherVersion(heard, version);
      if (other) await putRefused(this.#options, other, identity).catch(log.error);
      return parseSignIn(heard, version);
    } finally {
      clearTimeout(timer);
    }
  }

  async #work(id: string, signIn: SignIn): Promise<void> {
    const { jobs, workers, workspace, clock, version, train, log, identity, cache } = this.#options;
    const { name, backends, names, threads } = signIn;
    const marks = await this.#marks(id, signIn);
    const groups = groupNames(backends, marks, cache);
    const host = new WorkerHost({
      ...{ port: this.#link.port, workspace, crc32 },
      spaceOf: (space) => markedSpace(space, marks),
    });
    await using row = new LivingWorkerRow({
      ...{ workers, clock, onError: log.error },
      row: {
        ...{ id, name, version, kind: "remote", backends, names, groups, threads },
        owner: jobsOf(identity) ?? null,
      },
    });
    await forgetRefused(this.#options, name, identity).catch(log.error);
    const claimer = new JobClaimer({
      ...{ jobs, worker: id, kinds: TRAINER_KINDS, backends: names, groups, onError: log.error },
      // its owner sees whatever it is given
      owner: jobsOf(identity),
      handle: (job, context) => train(job, { ...context, host }),
      onJob: (job) => row.worksOn(job?.id ?? null),
    });
    this.#claimer = claimer;
    this.#link.onControl((message) => {
      if (leavingSchema.safeParse(message).success) void this.close().catch(log.error);
    });
    log.worker(name, `connected, with ${backends.join(", ")} and ${threads} threads`);
    const why = await this.#link.closed;
    log.worker(name, `has left: ${why}`);
    // its job hears of that by the host, and goes back into the line
    await claimer.finish();
  }

  /** What becomes of the features that it computes. */
  async #marks(worker: string, { proofs }: SignIn): Promise<SpaceMarks> {
    const { ownProofs, log } = this.#options;
    // without them it has a space of its own, in which it computes as well
    const own = await ownProofs().catch((error: unknown) => {
      log.error(error);
      return {};
    });
    return spaceMarks({ proofs, own, worker });
  }

  #say(answer: Answer): void {
    this.#link.say(answer);
  }
}
