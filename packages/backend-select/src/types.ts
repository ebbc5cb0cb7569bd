import type { BackendKind, DeviceFacts } from "@graft/core";

export type { Refusal, SelectedBackend } from "@graft/core";

/** What every host may ask of the choice. */
export interface SelectRequest {
  /** A kind or an id; a backend that is asked for never falls back. @default the fastest usable */
  readonly backend?: string | undefined;
  /**
   * Threads that an engine on the processor computes with, where several workers share a machine's cores; it is among
   * the device's facts. @default as many as may be busy at once
   */
  readonly threads?: number | undefined;
  /** Heard while candidates are opened and checked; the choice then ends with `cancelled`. */
  readonly signal?: AbortSignal | undefined;
}

/** The choice in Node. */
export interface SelectOptions extends SelectRequest {
  /** Where engines that were installed later are (HOME/engines). */
  readonly home: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** A backend that can be opened and computes right. */
export interface UsableBackend {
  readonly id: string;
  readonly kind: BackendKind;
  readonly usable: true;
  readonly device: DeviceFacts;
  /** False for what is only taken when it is asked for: a software GPU, an engine for tests. */
  readonly automatic: boolean;
}

/** What a look at one candidate gave; `graft doctor` and `graft engines list` print these. */
export type BackendProbe =
  | UsableBackend
  | { readonly id: string; readonly kind: BackendKind; readonly usable: false; readonly reason: string };
