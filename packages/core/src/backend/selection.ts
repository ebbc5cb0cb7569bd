import type { Backend, BackendKind } from "./backend.ts";

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
