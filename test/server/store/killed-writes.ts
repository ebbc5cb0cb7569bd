/** What the writing process says is done. */
export type Done =
  | { readonly kind: "images"; readonly folder: string }
  | { readonly kind: "edit"; readonly number: number }
  | { readonly kind: "events"; readonly last: number }
  | { readonly kind: "files"; readonly bytes: number };

/** Pictures that come in one call. */
export const BATCH_IMAGES = 1100;
/** Pictures that every edit changes. */
export const BASE_IMAGES = 60;
/** Events of one call. */
export const EVENTS = 30;
