/** Digits that the course's generator wrote, to learn a hand among: labels, then pixels, packed. */

const PIXELS = 28 * 28;

/**
 * @param {(file: string) => Promise<ArrayBuffer>} read gives a file's bytes
 * @returns {Promise<import("./learning.js").Example[]>}
 */
export async function loadRehearsal(read) {
  const packed = new Blob([await read("models/rehearsal.bin")]).stream();
  const unpacked = packed.pipeThrough(new DecompressionStream("deflate"));
  const bytes = new Uint8Array(await new Response(unpacked).arrayBuffer());
  const count = bytes.length / (1 + PIXELS);
  if (!Number.isInteger(count)) throw new Error("the file is damaged");
  return Array.from(bytes.subarray(0, count), (digit, index) => {
    const start = count + index * PIXELS;
    return { digit, image: bytes.subarray(start, start + PIXELS) };
  });
}
