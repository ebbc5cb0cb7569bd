import { renderOptions, trainConfigSchema } from "@graft/core";

/** Options beside those of a training that texts of core and of the server name. */
const OTHERS = new Set([
  ...[
    "allowOrigin",
    "bind",
    "blobs",
    "ca",
    "hostName",
    "insecure",
    "lan",
    "port",
    "tlsCert",
    "tlsKey",
    "workers",
  ],
  "trustProxy",
  "workerToken",
  ...["columns", "data", "flip", "force", "format", "home", "learningRates", "out"],
  ...["part", "precisionTarget", "splitGap"],
]);

/** What a flag is called otherwise than the option. */
const RENAMED: ReadonlyMap<string, string> = new Map([["part", "split"]]);

/** "batchSize" → "batch-size" */
export const flagName = (key: string): string =>
  (RENAMED.get(key) ?? key).replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

/** What an upload is told of a table, `{"path":"labels.csv","column":"breed"}`, as it is typed: "labels.csv:breed". */
function tableText(value: string): string {
  const [, path = '""', column] = /^\{"path":(".*?[^\\]")(?:,"column":(".*"))?\}$/.exec(value) ?? [];
  return [path, ...(column === undefined ? [] : [column])].map((text) => String(JSON.parse(text))).join(":");
}

const isTyped = (value: string): boolean => /^[\w./:+,[\]-]+$/.test(value);

/**
 * A text of core for people at a terminal: "`valSplit: 0.1`" is said as "--val-split 0.1", "`augment: null`" as
 * "--no-augment", and "`graft runs list`" as it is typed.
 */
export function inFlags(text: string): string {
  const commands = text.replace(/`(graft [a-z][^`\n]*)`/g, "$1");
  return renderOptions(commands, (named, said) => {
    // a server's words for what is one flag here
    const isTable = named === "labelTable" && said !== undefined;
    const [key, value] = isTable ? ["labelsFrom", tableText(said)] : [named, said];
    if (!(key in trainConfigSchema.shape || OTHERS.has(key))) return undefined;
    if (value === "null" || value === "false") return `--no-${flagName(key)}`;
    if (value === undefined || value === "true") return `--${flagName(key)}`;
    return `--${flagName(key)} ${isTyped(value) ? value : `"${value}"`}`;
  });
}
