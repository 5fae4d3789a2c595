/** Arithmetic as Python and NumPy do it. */

/** Round to the nearest whole number, halves to the even one. */
export function roundHalfEven(value) {
  const floor = Math.floor(value);
  if (value - floor !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}

/** @param {ArrayLike<number>} values at least one */
export function median(values) {
  const sorted = new Float64Array(values).sort();
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** The greatest value; `Math.max` takes no more than some ten thousand. */
export function largest(values) {
  let most = -Infinity;
  for (let index = 0; index < values.length; index += 1) if (values[index] > most) most = values[index];
  return most;
}

/** How many places of a mask are true. */
export function count(mask) {
  let sum = 0;
  for (let index = 0; index < mask.length; index += 1) sum += mask[index];
  return sum;
}

/** As an array's own `map`, several times as fast, into an array of the type that is named. */
export function mapped(Type, values, change) {
  const result = new Type(values.length);
  for (let index = 0; index < values.length; index += 1) result[index] = change(values[index], index);
  return result;
}
