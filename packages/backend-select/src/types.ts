import type { Backend, BackendKind, DeviceFacts } from "@graft/core";

/** Why a candidate is not used. */
export interface Refusal {
  readonly id: string;
  readonly kind: BackendKind;
  readonly reason: string;
}

/** The backend that was chosen, opened and self-checked, and why the ones before it were not. */
export interface SelectedBackend {
  readonly backend: Backend;
  readonly refusals: readonly Refusal[];
}

export interface SelectOptions {
  /** A kind or an id; a backend that is asked for never falls back. @default the fastest usable */
  readonly backend?: string;
  /** Where engines that were installed later are (HOME/engines). */
  readonly home: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** What a look at one candidate gave; `graft doctor` and `graft engines list` print these. */
export type BackendProbe =
  | {
      readonly id: string;
      readonly kind: BackendKind;
      readonly usable: true;
      readonly device: DeviceFacts;
      /** False for what is only taken when it is asked for: a software GPU, an engine for tests. */
      readonly automatic: boolean;
    }
  | { readonly id: string; readonly kind: BackendKind; readonly usable: false; readonly reason: string };
