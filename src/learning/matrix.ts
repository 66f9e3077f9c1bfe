/** Symmetric positive definite matrices, as beliefs need them: Cholesky's factor and the inverse. Pure, rows one after the other. */

/**
 * The lower factor L of A = L L' (Cholesky; Golub and Van Loan 2013, algorithm 4.2.1) of `n` rows. Throws RangeError when A is not
 * positive definite: with a prior on every weight it always is.
 */
export function choleskyOf(matrix: Float64Array, n: number): Float64Array {
  const factor = new Float64Array(n * n);
  for (let i = 0; i < n; i += 1)
    for (let j = 0; j <= i; j += 1) {
      let rest = matrix[i * n + j]!;
      for (let k = 0; k < j; k += 1) rest -= factor[i * n + k]! * factor[j * n + k]!;
      if (i !== j) factor[i * n + j] = rest / factor[j * n + j]!;
      else if (rest > 0) factor[i * n + i] = Math.sqrt(rest);
      else throw new RangeError("the matrix is not positive definite");
    }
  return factor;
}

/** The x with L L' x = b. */
export function solved(factor: Float64Array, b: Float64Array): Float64Array {
  const n = b.length;
  const x = Float64Array.from(b);
  for (let i = 0; i < n; i += 1) {
    for (let k = 0; k < i; k += 1) x[i]! -= factor[i * n + k]! * x[k]!;
    x[i]! /= factor[i * n + i]!;
  }
  for (let i = n - 1; i >= 0; i -= 1) {
    for (let k = i + 1; k < n; k += 1) x[i]! -= factor[k * n + i]! * x[k]!;
    x[i]! /= factor[i * n + i]!;
  }
  return x;
}

/** The inverse of L L', each row up to its diagonal. */
export function inverseOf(factor: Float64Array, n: number): readonly number[] {
  const columns = Array.from({ length: n }, (_, at) => solved(factor, Float64Array.from({ length: n }, (_one, i) => (i === at ? 1 : 0)))); // prettier-ignore
  return Array.from({ length: n }, (_, i) => i).flatMap((i) => columns.slice(0, i + 1).map((column) => column[i]!)); // prettier-ignore
}
