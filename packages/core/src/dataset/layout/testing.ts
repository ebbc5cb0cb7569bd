/** What tests of layouts share: a data set as a list of paths, and what is understood of it. */
import { findLayout, type LayoutOptions } from "./find-layout.ts";
import { parseLabelTable } from "./parse-label-table.ts";

/** "a/%.jpg 3" stands for a/0.jpg, a/1.jpg, a/2.jpg. */
export function paths(...patterns: readonly string[]): readonly string[] {
  return patterns.flatMap((pattern) => {
    const [path = "", count = "1"] = pattern.split(" × ");
    return Array.from({ length: Number(count) }, (_, at) => path.replaceAll("%", String(at)));
  });
}

export const listingOf = (files: readonly string[]) => ({
  ...{ passed: [], skipped: [], broken: [], closed: [] },
  files: files.map((path) => ({ path, location: `/set/${path}` })),
  folders: [
    ...new Set(
      files.flatMap((path) =>
        path
          .split("/")
          .slice(0, -1)
          .map((_, at, names) => names.slice(0, at + 1).join("/")),
      ),
    ),
  ],
});

interface Shape extends LayoutOptions {
  /** Tables by path. */
  readonly texts?: Readonly<Record<string, string>>;
}

async function layoutOf(files: readonly string[], { texts = {}, ...options }: Shape = {}) {
  const tables = async () =>
    Object.entries(texts).flatMap(
      ([path, text]) => parseLabelTable(path, path.split("/").slice(0, -1).join("/"), text) ?? [],
    );
  return findLayout("set", listingOf([...files, ...Object.keys(texts)]), { tables, ...options });
}

/** Images of each class and part: {"train/cats": 12}. */
export async function understood(files: readonly string[], shape: Shape = {}) {
  const { placed, notes, labels } = await layoutOf(files, shape);
  const counts: Record<string, number> = {};
  for (const { label, part } of placed.values()) {
    const key = part === undefined ? label : `${part}/${label}`;
    counts[key] = (counts[key] ?? 0) + 1;
  }
  return {
    labels,
    counts,
    codes: notes.map(({ code }) => code),
    text: notes.map(({ message }) => message).join("\n"),
  };
}

export const refusal = async (files: readonly string[], shape: Shape = {}): Promise<string> =>
  layoutOf(files, shape).then(
    ({ labels }) => `taken: ${labels}`,
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );
