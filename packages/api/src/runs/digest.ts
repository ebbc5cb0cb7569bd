import type { CheckpointEvent, Phase, RunEndEvent, TrainEvent } from "@graft/core";

/** A phase of a training as far as it has come. */
export interface PhaseDigest {
  readonly phase: Phase;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  /** Null while it goes on. */
  readonly endedAt: number | null;
  readonly done: number;
  /** 0 where it is not known. */
  readonly total: number;
  /** Of the planned work; "epochs" while a head or a tail learns. */
  readonly unit: "images" | "bytes" | "steps" | "epochs" | null;
}

/** What all of a run's events come to. */
export interface RunDigest {
  /** Number of the last event that is in it; -1: none. */
  readonly lastSeq: number;
  /** What its owner should know, each once. */
  readonly notes: readonly { readonly code: string; readonly message: string; readonly isWarning: boolean }[];
  /** Of the newest attempt, in their order. */
  readonly phases: readonly PhaseDigest[];
  /** Epochs that are finished, and the last one there may be. */
  readonly epoch: number;
  readonly epochs: number;
  /** The best so far. */
  readonly bestEpoch: number | null;
  /** What it is gone on from. */
  readonly checkpoint: Pick<CheckpointEvent, "epoch" | "step"> | null;
  /** Where the newest attempt went on from. */
  readonly resumedFromEpoch: number | null;
  readonly end: RunEndEvent | null;
  /** Images whose features were computed in any attempt: they are kept. */
  readonly features: number;
  /** Workers that were lost since something was kept that the next one goes on from. */
  readonly lost: number;
}

export const EMPTY_DIGEST: RunDigest = {
  ...{ lastSeq: -1, notes: [], phases: [], epoch: 0, epochs: 0, bestEpoch: null, checkpoint: null },
  ...{ resumedFromEpoch: null, end: null, features: 0, lost: 0 },
};

/** Ends the phase that goes on. */
function ended(phases: readonly PhaseDigest[], at: number): PhaseDigest[] {
  return phases.map((one) => (one.endedAt === null ? { ...one, endedAt: at } : one));
}

function within(phases: readonly PhaseDigest[], change: Partial<PhaseDigest>): PhaseDigest[] {
  return phases.map((one) => (one.endedAt === null ? { ...one, ...change } : one));
}

/** True for the end of a run whose worker is gone; its host wrote it. */
export const isWorkerGone = ({ status, error }: Pick<RunEndEvent, "status" | "error">): boolean =>
  status === "interrupted" && error?.code === "backend";

/** The digest with one more event: the next one. */
export function digested(digest: RunDigest, event: TrainEvent): RunDigest {
  const { time, seq: lastSeq } = event;
  const next = { ...digest, lastSeq };
  switch (event.type) {
    case "phase-start": {
      // every attempt begins with a look at the pictures
      const before = event.phase === "scan" ? [] : ended(digest.phases, time);
      const total = event.total ?? 0;
      const phase = { phase: event.phase, startedAt: time, endedAt: null, done: 0, total, unit: null };
      return { ...next, end: null, phases: [...before, phase] };
    }
    case "progress": {
      const { done, total, unit } = event;
      const isFurther = event.phase === "features" && done > digest.features;
      return {
        ...next,
        phases: within(digest.phases, { done, total, unit }),
        ...(isFurther ? { features: done, lost: 0 } : {}),
      };
    }
    case "run-start":
      return {
        ...next,
        resumedFromEpoch: event.resumedFromEpoch ?? null,
        epoch: event.resumedFromEpoch ?? 0,
      };
    case "epoch-end": {
      const { epoch, epochs, best } = event;
      return {
        ...{ ...next, epoch, epochs, bestEpoch: best ? epoch : digest.bestEpoch },
        phases: within(digest.phases, { done: epoch, total: epochs, unit: "epochs" }),
      };
    }
    case "step-end":
      return { ...next, epochs: event.epochs };
    case "checkpoint": {
      const { epoch, step } = event;
      return { ...next, checkpoint: step === undefined ? { epoch } : { epoch, step }, lost: 0 };
    }
    case "note":
    case "warning": {
      const { code, message } = event;
      if (digest.notes.some((note) => note.code === code && note.message === message)) return next;
      return { ...next, notes: [...digest.notes, { code, message, isWarning: event.type === "warning" }] };
    }
    case "run-end": {
      const lost = isWorkerGone(event) ? digest.lost + 1 : digest.lost;
      const bestEpoch = event.keptEpoch ?? digest.bestEpoch;
      return {
        ...next,
        end: event,
        phases: ended(digest.phases, time),
        epoch: event.epochs,
        bestEpoch,
        lost,
      };
    }
    default:
      return event satisfies never;
  }
}
