import type { Matrix3, Vector3 } from "./crystal.js";

/** Scalar product. */
export function dot(a: Vector3, b: Vector3): number {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

/** Vector product. */
export function cross(a: Vector3, b: Vector3): Vector3 {
  return [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
}

/** Euclidean length. */
export function norm(a: Vector3): number {
  return Math.hypot(a[0], a[1], a[2]);
}

/** Row vector times matrix: fractional to Cartesian when the rows of `m` are lattice vectors. */
export function timesMatrix(v: Vector3, m: Matrix3): Vector3 {
  const component = (k: 0 | 1 | 2) => v[0] * m[0][k] + v[1] * m[1][k] + v[2] * m[2][k];
  return [component(0), component(1), component(2)];
}

/** Matrix product a b. */
export function multiply(a: Matrix3, b: Matrix3): Matrix3 {
  return [timesMatrix(a[0], b), timesMatrix(a[1], b), timesMatrix(a[2], b)];
}

/** Transpose. */
export function transpose(m: Matrix3): Matrix3 {
  return [
    [m[0][0], m[1][0], m[2][0]],
    [m[0][1], m[1][1], m[2][1]],
    [m[0][2], m[1][2], m[2][2]],
  ];
}

/** Determinant; for a lattice the signed volume. */
export function determinant(m: Matrix3): number {
  return dot(m[0], cross(m[1], m[2]));
}

/** Adjugate: the inverse times the determinant, exact for whole numbers. */
export function adjugate(m: Matrix3): Matrix3 {
  return transpose([cross(m[1], m[2]), cross(m[2], m[0]), cross(m[0], m[1])]);
}

/** Each component of `v` changed by `f`. */
export function mapVector(v: Vector3, f: (component: number, k: number) => number): Vector3 {
  return [f(v[0], 0), f(v[1], 1), f(v[2], 2)];
}

/** a + b. */
export function plus(a: Vector3, b: Vector3): Vector3 {
  return [a[0] + b[0], a[1] + b[1], a[2] + b[2]];
}

/** a - b. */
export function minus(a: Vector3, b: Vector3): Vector3 {
  return [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
}

/** The matrix p a + q b. */
export function combine(p: number, a: Matrix3, q: number, b: Matrix3): Matrix3 {
  const row = (k: 0 | 1 | 2) => mapVector(a[k], (x, column) => p * x + q * b[k][column]);
  return [row(0), row(1), row(2)];
}
