/**
 * SHA-256 (FIPS 180-4). Browsers have it built in, but only for pages that came over https or from
 * this machine, and this app may be looked at in other places, too.
 */

const PRIMES = firstPrimes(64);
const ROUND = Uint32Array.from(PRIMES, (prime) => fractionBits(Math.cbrt(prime)));
const START = Uint32Array.from(PRIMES.slice(0, 8), (prime) => fractionBits(Math.sqrt(prime)));

function firstPrimes(count) {
  const primes = [];
  for (let number = 2; primes.length < count; number += 1) {
    if (primes.every((prime) => number % prime !== 0)) primes.push(number);
  }
  return primes;
}

/** The first 32 bits after the point. */
function fractionBits(number) {
  return Math.floor((number - Math.floor(number)) * 2 ** 32);
}

function rotate(word, bits) {
  return (word >>> bits) | (word << (32 - bits));
}

/** The message, a 1 bit, zeros, and the message's length in bits: a multiple of 64 bytes. */
function padded(bytes) {
  const result = new Uint8Array(Math.ceil((bytes.length + 9) / 64) * 64);
  result.set(bytes);
  result[bytes.length] = 0x80;
  const view = new DataView(result.buffer);
  view.setUint32(result.length - 8, Math.floor(bytes.length / 2 ** 29));
  view.setUint32(result.length - 4, (bytes.length * 8) % 2 ** 32);
  return view;
}

/** Mix one block of 64 bytes into the state. */
function mix(state, view, start, words) {
  for (let t = 0; t < 16; t += 1) words[t] = view.getUint32(start + 4 * t);
  for (let t = 16; t < 64; t += 1) {
    const [before, late] = [words[t - 15], words[t - 2]];
    const small = rotate(before, 7) ^ rotate(before, 18) ^ (before >>> 3);
    const large = rotate(late, 17) ^ rotate(late, 19) ^ (late >>> 10);
    words[t] = words[t - 16] + small + words[t - 7] + large;
  }
  let [a, b, c, d, e, f, g, h] = state;
  for (let t = 0; t < 64; t += 1) {
    const sumE = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25);
    const first = (h + sumE + ((e & f) ^ (~e & g)) + ROUND[t] + words[t]) | 0;
    const sumA = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22);
    const second = (sumA + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    h = g;
    g = f;
    f = e;
    e = (d + first) | 0;
    d = c;
    c = b;
    b = a;
    a = (first + second) | 0;
  }
  [a, b, c, d, e, f, g, h].forEach((word, index) => {
    state[index] += word;
  });
}

/**
 * @param {ArrayBuffer} buffer
 * @returns {string} 64 hexadecimal digits
 */
export function sha256(buffer) {
  const view = padded(new Uint8Array(buffer));
  const state = START.slice();
  const words = new Uint32Array(64);
  for (let start = 0; start < view.byteLength; start += 64) mix(state, view, start, words);
  return Array.from(state, (word) => word.toString(16).padStart(8, "0")).join("");
}
