import { inParallel } from "../concurrency/in-parallel.ts";
import { CoreError } from "../errors.ts";
import { isOfOneFile } from "../files/one-file-error.ts";
import type { ImageRule } from "../image/types.ts";
import { nameFew } from "../name-few.ts";
import { visibleText } from "../visible-text.ts";
import type { PrepareImage } from "./prepare-image.ts";
import type { DatasetImage } from "./types.ts";

/** Beyond this share it is the place that is in trouble, not the images. */
const MOST_LOST = 0.02;
/** A single one may be, however few there are. */
const FEW = 1;

export interface LostImagesOptions {
  /** The data set's name or path, as it was given. @default "the data set" */
  readonly source?: string | undefined;
  readonly labels: readonly string[];
  /** Of none of their classes all may go. */
  readonly needed: readonly DatasetImage[];
  /** Not all of them may go. @default none */
  readonly validation?: readonly DatasetImage[];
}

/** How images are looked at once more: `prepare` for no variant at all reads and compares a file, and does not decode it. */
export interface LookAgain {
  readonly prepare: PrepareImage;
  readonly rule: ImageRule;
  /** Images that may be looked at at once. */
  readonly decodeAhead: number;
  readonly signal?: AbortSignal | undefined;
}

/** An image and what is wrong with it; who read it may have named it. */
function told([{ path }, { message }]: readonly [DatasetImage, CoreError]): string {
  return message.includes(path) ? message : `${visibleText(path)}: ${message}`;
}

/**
 * Images that were usable when the data set was opened and no longer are: gone, changed, locked. A few are left out; a work
 * stops when more than 2 % are lost, or when nothing is left of a class or of the validation.
 */
export class LostImages {
  readonly #options: LostImagesOptions;
  readonly #all: readonly DatasetImage[];
  readonly #lost = new Map<DatasetImage, CoreError>();
  /** Images that are left, by what must not be empty. */
  readonly #left = new Map<string, number>();
  readonly #groupOf = new Map<DatasetImage, string>();
  #refusal: CoreError | undefined;
  #told = 0;

  constructor(options: LostImagesOptions) {
    this.#options = options;
    const { needed, validation = [], labels } = options;
    this.#all = [...needed, ...validation];
    for (const image of validation) this.#groupOf.set(image, "the validation images");
    for (const image of needed)
      this.#groupOf.set(image, `the class "${visibleText(labels[image.label] ?? String(image.label))}"`);
    for (const group of this.#groupOf.values()) this.#left.set(group, (this.#left.get(group) ?? 0) + 1);
  }

  has(image: DatasetImage): boolean {
    return this.#lost.has(image);
  }

  /** @throws CoreError `unreadable` when this one is too many; `refusal` makes it whole. */
  add(image: DatasetImage, error: CoreError): void {
    this.#lose(image, error);
    this.#check();
  }

  /** Of images that were all tried. @throws CoreError `unreadable` when too many of them are lost. */
  addAll(lost: readonly { readonly image: DatasetImage; readonly error: CoreError }[]): void {
    for (const { image, error } of lost) this.#lose(image, error);
    this.#check();
  }

  /**
   * What a work that ended with this error is to say: where `add` stopped it, how many of all images are lost, for which the
   * others are looked at; any other error as it is.
   */
  async refusal(error: unknown, { prepare, rule, decodeAhead, signal }: LookAgain): Promise<unknown> {
    if (this.#refusal === undefined || error !== this.#refusal) return error;
    const others = this.#all.filter((image) => !this.#lost.has(image));
    try {
      await inParallel(others, decodeAhead, async (image) => {
        if (signal?.aborted) return;
        await prepare(image, rule, null, []).catch((failure: unknown) => {
          if (!isOfOneFile(failure)) throw failure;
          this.#lose(image, failure);
        });
      });
    } catch {
      // the machine is in trouble too: what was counted until then is told
    }
    return this.#tooMany();
  }

  /** One line about those that were lost since the last call, or undefined when there are none. */
  notice(): string | undefined {
    const lost = [...this.#lost].slice(this.#told);
    this.#told = this.#lost.size;
    const [first] = lost;
    if (first === undefined) return undefined;
    const count = `${lost.length} of ${this.#all.length} images`;
    const example = told(first);
    if (lost.length === 1) return `${count} can no longer be used and is left out: ${example}`;
    const names = nameFew(lost.map(([{ path }]) => path));
    return `${count} can no longer be used and are left out: ${names}. For example ${example}`;
  }

  #lose(image: DatasetImage, error: CoreError): void {
    const group = this.#groupOf.get(image);
    if (group !== undefined && !this.#lost.has(image))
      this.#left.set(group, (this.#left.get(group) ?? 0) - 1);
    this.#lost.set(image, error);
  }

  #check(): void {
    const allowed = Math.max(FEW, Math.floor(MOST_LOST * this.#all.length));
    if (this.#lost.size <= allowed && this.#emptied.length === 0) return;
    this.#refusal = this.#tooMany();
    throw this.#refusal;
  }

  /** What nothing is left of. */
  get #emptied(): string[] {
    return [...this.#left].flatMap(([group, left]) => (left <= 0 ? [group] : []));
  }

  #tooMany(): CoreError {
    const { source } = this.#options;
    const [size, all] = [this.#lost.size, this.#all.length];
    const place = source === undefined ? "the data set" : visibleText(source);
    const emptied = this.#emptied;
    const nothing = emptied.length === 0 ? "" : ` Nothing is left of ${nameFew(emptied)}.`;
    const [first] = this.#lost;
    const example = first && told(first);
    return new CoreError(
      "unreadable",
      {
        what: `${size} of ${all} ${all === 1 ? "image" : "images"} can no longer be read: is ${place} still there?${nothing}`,
        ...(example === undefined ? {} : { received: example.replace(/\.$/, "") }),
        fix: "Restore them as they were, then resume; or start again with the images that are there.",
      },
      {
        facts: {
          lost: size,
          images: all,
          paths: [...this.#lost.keys()].slice(0, 100).map(({ path }) => path),
        },
      },
    );
  }
}
