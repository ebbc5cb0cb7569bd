import type { Chain, ChainValue } from "./chain.ts";
import { code, FunctionWriter } from "./wasm-writer.ts";

/** Bytes of four float32. */
const VECTOR = 16;
/** Bytes of a gathered number: where its partner row is, and its value. */
const ENTRY = 8;

/** Vectors that a turn of the inner loop does: several hide the latency of a division, but registers are sixteen. */
const unrollOf = (columns: number): number => (columns % 16 === 0 ? 4 : 1);

interface Gather {
  readonly x: number;
  readonly stride: number;
  readonly batch: number;
  /** First row of the other operand. */
  readonly partner: number;
  readonly list: number;
  /** Where the list ends afterwards. */
  readonly end: number;
  readonly columns: number;
  /** Every number is multiplied by this float32. */
  readonly factor?: number;
}

/**
 * Emits: the non-zero numbers of a column of x [batch, …], each with the address of its row of the other operand
 * [batch, columns]. NaN is no zero.
 */
function emitGather(f: FunctionWriter, gather: Gather): void {
  const [at, partner, left] = [f.local("i32"), f.local("i32"), f.local("i32")];
  const value = f.local("f32");
  f.emit(code.get(gather.x), code.set(at));
  f.emit(code.get(gather.partner), code.set(partner));
  f.emit(code.get(gather.batch), code.set(left));
  f.emit(code.get(gather.list), code.set(gather.end));
  f.emit(code.loop);
  f.emit(code.get(at), code.loadF32(), code.set(value));
  f.emit(code.get(value), code.f32(0), code.differsF32, code.if);
  f.emit(code.get(gather.end), code.get(partner), code.storeI32());
  f.emit(code.get(gather.end), code.get(value));
  if (gather.factor !== undefined) f.emit(code.get(gather.factor), code.multiplyF32);
  f.emit(code.storeF32(4));
  f.advance(gather.end, ENTRY);
  f.emit(code.end);
  f.emit(code.get(at), code.get(gather.stride), code.addI32, code.set(at));
  f.advance(partner, gather.columns * 4);
  f.advance(left, -1);
  f.emit(code.get(left), code.brIf(0), code.end);
}

/** Emits a loop over the gathered list; `q` is the entry's address. */
function emitForEach(f: FunctionWriter, { list, end }: Gather, body: (q: number) => void): void {
  const q = f.local("i32");
  f.emit(code.get(list), code.set(q), code.block, code.loop);
  f.emit(code.get(q), code.get(end), code.atLeastU, code.brIf(1));
  body(q);
  f.advance(q, ENTRY);
  f.emit(code.br(0), code.end, code.end);
}

/**
 * `(x, stride, batch, rows, w, z, list)`: z [batch, columns] += x[:, rows] · w [rows, columns], zeros of x skipped.
 * `stride` is the bytes from one row of x to the next; `list` has room for `batch` entries of 8 bytes.
 */
export function forwardKernel(columns: number): FunctionWriter {
  const f = new FunctionWriter();
  const [x, stride, batch, rows] = [
    f.parameter("i32"),
    f.parameter("i32"),
    f.parameter("i32"),
    f.parameter("i32"),
  ];
  const [w, z, list] = [f.parameter("i32"), f.parameter("i32"), f.parameter("i32")];
  const [end, to, from, stop, factor] = [
    f.local("i32"),
    f.local("i32"),
    f.local("i32"),
    f.local("i32"),
    f.local("v128"),
  ];
  const gather: Gather = { x, stride, batch, partner: z, list, end, columns };
  const unroll = unrollOf(columns);
  f.emit(code.loop);
  emitGather(f, gather);
  f.emit(code.get(w), code.i32(columns * 4), code.addI32, code.set(stop));
  emitForEach(f, gather, (q) => {
    f.emit(code.get(q), code.loadI32(), code.set(to));
    f.emit(code.get(q), code.loadSplat(4), code.set(factor));
    f.emit(code.get(w), code.set(from), code.loop);
    for (let u = 0; u < unroll; u++) {
      const offset = u * VECTOR;
      f.emit(code.get(to), code.get(to), code.load(offset));
      f.emit(code.get(factor), code.get(from), code.load(offset), code.multiply, code.add);
      f.emit(code.store(offset));
    }
    f.advance(to, unroll * VECTOR);
    f.advance(from, unroll * VECTOR);
    f.emit(code.get(from), code.get(stop), code.lessU, code.brIf(0), code.end);
  });
  f.advance(x, 4);
  f.advance(w, columns * 4);
  f.advance(rows, -1);
  f.emit(code.get(rows), code.brIf(0), code.end);
  return f;
}

/** Emits the chain for one vector; the parameters' old values are all read before the first is written. */
function emitChain(
  f: FunctionWriter,
  { values, updates }: Chain,
  given: {
    readonly gradient: number;
    readonly offset: number;
    /** Locals: the vector's address in each parameter, and each scalar in all four places. */
    readonly addresses: readonly number[];
    readonly scalars: readonly number[];
    readonly results: readonly number[];
  },
): void {
  const at = (list: readonly number[], index: number): number[] => code.get(list[index] ?? -1);
  const push = (value: ChainValue): void => {
    if (value.kind === "gradient") f.emit(code.get(given.gradient));
    else if (value.kind === "scalar") f.emit(at(given.scalars, value.index));
    else if (value.kind === "parameter") f.emit(at(given.addresses, value.index), code.load(given.offset));
    else f.emit(at(given.results, value.index));
  };
  values.forEach((step, index) => {
    for (const operand of step.operands) push(operand);
    f.emit(code[step.op], code.set(given.results[index] ?? -1));
  });
  for (const { parameter, value } of updates) {
    f.emit(at(given.addresses, parameter));
    push(value);
    f.emit(code.store(given.offset));
  }
}

/**
 * `(x, stride, batch, rows, dz, list, factor, parameter…, scalar…)`: for each row the gradient h = Σ_b (factor · x[b, row])
 * · dz[b, :] over the non-zero x, then the chain, four columns at a time, in place: the gradient is never stored.
 */
export function updateKernel(chain: Chain, columns: number): FunctionWriter {
  const f = new FunctionWriter();
  const integers = (count: number): number[] => Array.from({ length: count }, () => f.parameter("i32"));
  const [x = 0, stride = 0, batch = 0, rows = 0, dz = 0, list = 0] = integers(6);
  const factor = f.parameter("f32");
  const pointers = integers(chain.numParameters);
  const scalarParameters = Array.from({ length: chain.numScalars }, () => f.parameter("f32"));
  const scalars = scalarParameters.map(() => f.local("v128"));
  const end = f.local("i32");
  const [column, partner] = [f.local("i32"), f.local("i32")];
  const value = f.local("v128");
  const unroll = unrollOf(columns);
  const gradients = Array.from({ length: unroll }, () => f.local("v128"));
  const results = chain.values.map(() => f.local("v128"));
  const addresses = pointers.map(() => f.local("i32"));
  for (const [i, scalar] of scalars.entries())
    f.emit(code.get(scalarParameters[i] ?? -1), code.splat, code.set(scalar));
  const gather: Gather = { x, stride, batch, partner: dz, list, end, columns, factor };
  f.emit(code.loop);
  emitGather(f, gather);
  f.emit(code.i32(0), code.set(column), code.loop);
  for (const gradient of gradients) f.emit(code.f32(0), code.splat, code.set(gradient));
  emitForEach(f, gather, (q) => {
    f.emit(code.get(q), code.loadI32(), code.get(column), code.addI32, code.set(partner));
    f.emit(code.get(q), code.loadSplat(4), code.set(value));
    for (const [u, gradient] of gradients.entries()) {
      f.emit(code.get(gradient), code.get(value), code.get(partner), code.load(u * VECTOR));
      f.emit(code.multiply, code.add, code.set(gradient));
    }
  });
  for (const [i, address] of addresses.entries())
    f.emit(code.get(pointers[i] ?? -1), code.get(column), code.addI32, code.set(address));
  for (const [u, gradient] of gradients.entries())
    emitChain(f, chain, { gradient, offset: u * VECTOR, addresses, scalars, results });
  f.advance(column, unroll * VECTOR);
  f.emit(code.get(column), code.i32(columns * 4), code.lessU, code.brIf(0), code.end);
  f.advance(x, 4);
  for (const pointer of pointers) f.advance(pointer, columns * 4);
  f.advance(rows, -1);
  f.emit(code.get(rows), code.brIf(0), code.end);
  return f;
}
