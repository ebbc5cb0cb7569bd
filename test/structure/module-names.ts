import { readFileSync } from "node:fs";
import { type ESTree, parseSync, Visitor } from "vite";

/** What a statement or an expression takes of another module. */
export interface Taken {
  /** As it is written: "../errors.ts", "@graft/core". */
  readonly module: string;
  /** Undefined where it may be any: `import *`, `export *`, `import("…")` as a whole. */
  readonly names: readonly string[] | undefined;
}

export interface ModuleNames {
  /** What it imports, types too, and what it passes on with `export … from`. */
  readonly taken: readonly Taken[];
  /** Functions, classes and constants that it declares and exports. */
  readonly values: readonly string[];
  /** Of `taken`: what it passes on as values. */
  readonly passedOn: readonly Taken[];
}

/** The names that `{ a, b: c }` takes. */
const patternNames = ({ properties }: ESTree.ObjectPattern): string[] =>
  properties.flatMap((property) =>
    property.type === "Property" && property.key.type === "Identifier" ? [property.key.name] : [],
  );

/** The module of `await import("…")`, with or without parentheses. */
function awaited(expression: ESTree.Expression | ESTree.Super | null): string | undefined {
  if (expression?.type === "ParenthesizedExpression") return awaited(expression.expression);
  if (expression?.type !== "AwaitExpression" || expression.argument.type !== "ImportExpression") return;
  const { source } = expression.argument;
  return source.type === "Literal" && typeof source.value === "string" ? source.value : undefined;
}

/** `import("…")` as an expression and in types. */
function takenInside(program: ESTree.Program): Taken[] {
  const taken: Taken[] = [];
  const named = new Set<string>();
  new Visitor({
    VariableDeclarator({ id, init }) {
      const module = awaited(init);
      if (module === undefined || id.type !== "ObjectPattern") return;
      taken.push({ module, names: patternNames(id) });
      named.add(module);
    },
    MemberExpression({ object, property, computed }) {
      const module = awaited(object);
      if (module === undefined || computed || property.type !== "Identifier") return;
      taken.push({ module, names: [property.name] });
      named.add(module);
    },
    // visited after the declaration or the member expression that it stands in
    ImportExpression({ source }) {
      if (source.type !== "Literal" || typeof source.value !== "string" || named.has(source.value)) return;
      taken.push({ module: source.value, names: undefined });
    },
    TSImportType({ source: { value } }) {
      taken.push({ module: value, names: undefined });
    },
  }).visit(program);
  return taken;
}

/** @param file with its path. */
export function moduleNames(file: string): ModuleNames {
  const text = readFileSync(file, "utf8");
  const parsed = parseSync(file, text);
  const { staticImports, staticExports } = parsed.module;
  const taken: Taken[] = staticImports.map(({ moduleRequest, entries }) => {
    const names = entries.map(({ importName }) => importName.name ?? undefined);
    return {
      module: moduleRequest.value,
      names: names.every((name) => name !== undefined) ? names : undefined,
    };
  });
  const values: string[] = [];
  const passedOn: Taken[] = [];
  for (const { entries } of staticExports)
    for (const { moduleRequest, importName, exportName, isType } of entries) {
      if (moduleRequest) {
        const passed = {
          module: moduleRequest.value,
          names: importName.name ? [importName.name] : undefined,
        };
        taken.push(passed);
        if (!isType) passedOn.push(passed);
      } else if (exportName.name && !isType) values.push(exportName.name);
    }
  // the walk over all of a file takes ten times as long as the list of its statements
  if (/\bimport\s*\(/.test(text)) taken.push(...takenInside(parsed.program));
  return { taken, values, passedOn };
}
