/** Finds what answers a path: "/datasets/{dataset}/images"; a part "{path+}" at the end takes all that is left. */
export interface Route<T> {
  readonly method: string;
  readonly path: string;
  readonly target: T;
}

export interface Match<T> {
  readonly target: T;
  /** Parts of the path by name, decoded. */
  readonly parts: ReadonlyMap<string, string>;
}

/** What is below a part of a path. A fixed part goes before one that may be anything. */
interface Node<T> {
  readonly fixed: Map<string, Node<T>>;
  any?: Node<T>;
  rest?: Ends<T>;
  readonly ends: Ends<T>;
}

/** By method: the target, and names of the parts that may be anything, in order. */
type Ends<T> = Map<string, { readonly target: T; readonly names: readonly string[] }>;

const newNode = <T>(): Node<T> => ({ fixed: new Map(), ends: new Map() });

export class RouteTable<T> {
  readonly #root: Node<T> = newNode();

  /** @throws TypeError for two routes of one method and path. */
  constructor(routes: Iterable<Route<T>>) {
    for (const { method, path, target } of routes) {
      const names: string[] = [];
      let node = this.#root;
      let ends: Ends<T> | undefined;
      for (const part of path.split("/").slice(1)) {
        const [, name, plus] = /^\{(\w+)(\+?)\}$/.exec(part) ?? [];
        if (name !== undefined) names.push(name);
        if (plus === "+") ends = node.rest ??= new Map();
        else if (name !== undefined) node = node.any ??= newNode();
        else {
          const next = node.fixed.get(part) ?? newNode();
          node.fixed.set(part, next);
          node = next;
        }
      }
      ends ??= node.ends;
      if (ends.has(method)) throw new TypeError(`two routes answer ${method} ${path}`);
      ends.set(method, { target, names });
    }
  }

  /** @returns the methods that the path takes when the asked one is not among them; undefined where nothing is. */
  find(method: string, path: string): Match<T> | readonly string[] | undefined {
    const parts = path.split("/").slice(1);
    const found = this.#walk(this.#root, parts, 0, []);
    if (found === undefined) return undefined;
    const { ends, values } = found;
    const end = ends.get(method);
    if (end === undefined) return [...ends.keys()];
    const named = new Map<string, string>();
    for (const [i, name] of end.names.entries()) {
      const value = decoded(values[i] ?? "");
      if (value === undefined) return undefined;
      named.set(name, value);
    }
    return { target: end.target, parts: named };
  }

  #walk(
    node: Node<T>,
    parts: readonly string[],
    at: number,
    values: readonly string[],
  ): { readonly ends: Ends<T>; readonly values: readonly string[] } | undefined {
    const part = parts[at];
    if (part === undefined) return node.ends.size > 0 ? { ends: node.ends, values } : undefined;
    const fixed = node.fixed.get(part);
    const found = fixed && this.#walk(fixed, parts, at + 1, values);
    if (found) return found;
    if (part === "") return undefined;
    const any = node.any && this.#walk(node.any, parts, at + 1, [...values, part]);
    if (any) return any;
    return node.rest && { ends: node.rest, values: [...values, parts.slice(at).join("/")] };
  }
}

/** Undefined for what is no text. */
function decoded(part: string): string | undefined {
  try {
    return decodeURIComponent(part);
  } catch {
    return undefined;
  }
}
