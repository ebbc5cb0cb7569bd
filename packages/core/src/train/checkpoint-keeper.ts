import { optionsOf } from "../checkpoint/hashes.ts";
import type { CheckpointPace } from "../checkpoint/pace.ts";
import type { CheckpointSaver, SavedPoint } from "../checkpoint/saver.ts";
import type { Checkpoint, RunHashes } from "../checkpoint/types.ts";
import type { TrainConfig } from "../config/config.ts";
import type { EventMaker } from "../events/event-maker.ts";
import type { TrainEvent, TrainEventBody } from "../events/events.ts";
import type { RunProgress } from "./run-progress.ts";
import type { Trainer } from "./trainer.ts";

/** A phase of a run whose state is to be kept. */
export interface CheckpointKeeperOptions {
  /** Holds the parameters that `progress` stands at, whenever the keeper is called. */
  readonly trainer: Trainer;
  readonly config: TrainConfig;
  readonly progress: RunProgress;
  readonly saver: CheckpointSaver;
  readonly pace: CheckpointPace;
  readonly hashes: RunHashes;
  readonly backend: Checkpoint["backend"];
  readonly events: EventMaker;
}

/** What is told of a checkpoint that is on disk. */
export function checkpointEvent({ epoch, step }: { readonly epoch: number; readonly step: number }) {
  return { type: "checkpoint", epoch, ...(step > 0 ? { step } : {}) } as const;
}

type Standing = Pick<SavedPoint, "epoch" | "step">;

/** Saves where a phase of training stands, one save at a time, while the training goes on. */
export class CheckpointKeeper {
  readonly #options: CheckpointKeeperOptions;
  #parameters: ReadonlyMap<string, Float32Array> | undefined;
  /** What the newest checkpoint holds that was begun to be written. */
  #begun: Standing;
  readonly #untold: TrainEventBody[] = [];

  constructor(options: CheckpointKeeperOptions) {
    this.#options = options;
    this.#begun = this.#standing;
    options.pace.start(options.trainer.parameterBytes);
  }

  /**
   * To be called wherever no step is running: takes a checkpoint when it is time, and tells of what came to be on disk.
   * @throws what the store threw.
   */
  async *whenDue(): AsyncGenerator<TrainEvent, void> {
    await this.keepWhenDue();
    yield* this.#tell();
  }

  /** As `whenDue`, where no event can be told. */
  async keepWhenDue(): Promise<void> {
    const { saver, pace } = this.#options;
    if (!pace.isDue || saver.isSaving || !this.#isBehind) return;
    const { trainer } = this.#options;
    const begun = pace.begin();
    await this.#finish();
    // the arrays of the checkpoint before are free again: it is on disk
    this.#parameters = await trainer.readParameters(this.#parameters);
    this.#start(this.#parameters, () => {
      const message = pace.wrote(pace.clock() - begun);
      if (message !== undefined) this.#untold.push({ type: "warning", code: "slow-checkpoints", message });
    });
  }

  /** A run that is being stopped: where it stands, unless that is kept already. It may still be under way afterwards. */
  async *stop(): AsyncGenerator<TrainEvent, void> {
    if (this.#isBehind) {
      await this.#finish();
      this.#start(await this.#options.trainer.readParameters(this.#parameters));
    }
    yield* this.#tell();
  }

  /** The phase's epochs are done: nothing goes on from its weights and slots, only from the kept epoch and the numbers. */
  async *phaseEnd(): AsyncGenerator<TrainEvent, void> {
    this.#parameters = undefined;
    if (this.#isBehind) {
      await this.#finish();
      this.#options.pace.begin();
      this.#start(new Map());
    }
    yield* this.#tell();
  }

  #start(parameters: Checkpoint["parameters"], onSaved?: () => void): void {
    const { saver, config, hashes, backend, progress } = this.#options;
    const partial = progress.partial && progress.partial.step > 0 ? { ...progress.partial } : null;
    this.#begun = this.#standing;
    saver.start(
      { ...{ version: 1, hashes, backend, ...progress, partial }, options: optionsOf(config), parameters },
      onSaved,
    );
  }

  async #finish(): Promise<void> {
    const saved = await this.#options.saver.finish();
    if (saved) this.#untold.push(checkpointEvent(saved));
  }

  async *#tell(): AsyncGenerator<TrainEvent, void> {
    const { saver, events } = this.#options;
    if (saver.hasEnded) await this.#finish();
    for (const body of this.#untold.splice(0)) yield events.make(body);
  }

  get #isBehind(): boolean {
    const { epoch, step } = this.#standing;
    return epoch !== this.#begun.epoch || step !== this.#begun.step;
  }

  get #standing(): Standing {
    const { epoch, partial } = this.#options.progress;
    return { epoch, step: partial?.step ?? 0 };
  }
}
