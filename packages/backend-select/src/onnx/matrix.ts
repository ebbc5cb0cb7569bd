import type { OnnxModel, ValueName } from "./onnx-model.ts";

/** A constant matrix [rows, columns], row-major. */
export interface Matrix {
  readonly rows: number;
  readonly columns: number;
  readonly data: Float32Array;
}

export function matrixOf(
  rows: number,
  columns: number,
  value: (row: number, column: number) => number,
): Matrix {
  const at = (index: number): number => value(Math.floor(index / columns), index % columns);
  return { rows, columns, data: Float32Array.from({ length: rows * columns }, (_, index) => at(index)) };
}

/** The matrix with rows for columns. */
export const turned = ({ rows, columns, data }: Matrix): Matrix =>
  matrixOf(columns, rows, (row, column) => data[column * columns + row] ?? 0);

/** The matrix times a value [columns, n], or [b, columns, n]. */
export function matrixTimes(model: OnnxModel, { rows, columns, data }: Matrix, right: ValueName): ValueName {
  return model.node("MatMul", [model.floats([rows, columns], data), right]);
}
