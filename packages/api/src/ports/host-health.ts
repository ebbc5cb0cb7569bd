/** One engine of a host, as it was tried there. */
export interface EngineHealth {
  readonly id: string;
  readonly kind: string;
  readonly isUsable: boolean;
  /** Taken without being named. */
  readonly isAutomatic: boolean;
  /** Its device; where it cannot be used, why not: text of a driver, which may name paths. */
  readonly said: string;
  /** How 8-bit numbers do on it; null where it was not tried. */
  readonly int8: { readonly isUsable: boolean; readonly said: string } | null;
}

/** The machine that a host runs on. */
export interface HostFacts {
  readonly runtime: string;
  readonly platform: string;
  readonly processor: string;
  readonly threads: number;
  readonly memoryBytes: number;
  readonly freeMemoryBytes: number;
  /** Room where the home is; null where it cannot be written. */
  readonly freeDiskBytes: number | null;
  /** Where things lie, for who may know: folders, addresses without passwords. */
  readonly home: string;
  readonly store: string;
  readonly blobs: string;
}

/** What a host knows of itself. A page has none. */
export interface HostHealth {
  facts(): Promise<HostFacts>;
  /** Tried in a process of its own; what was found lately is told again. @throws what keeps them from being tried. */
  engines(): Promise<readonly EngineHealth[]>;
}
