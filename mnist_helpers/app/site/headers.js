/** What the first bytes of a picture's file tell before anything is decoded: its kind, its size, its end. */

const text = (bytes, start, end) => String.fromCharCode(...bytes.subarray(start, end));
const view = (bytes) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/**
 * @param {Uint8Array} bytes of a whole file
 * @returns {"PNG" | "JPEG" | "GIF" | "BMP" | "WebP" | "HEIC" | "AVIF" | null} null for anything else
 */
export function kindOf(bytes) {
  if (text(bytes, 0, 8) === "\x89PNG\r\n\x1a\n") return "PNG";
  if (text(bytes, 0, 3) === "\xff\xd8\xff") return "JPEG";
  if (text(bytes, 0, 4) === "GIF8") return "GIF";
  if (text(bytes, 0, 2) === "BM") return "BMP";
  if (text(bytes, 0, 4) === "RIFF" && text(bytes, 8, 12) === "WEBP") return "WebP";
  if (text(bytes, 4, 8) !== "ftyp") return null;
  if (text(bytes, 8, 12).startsWith("avi")) return "AVIF";
  return /^(hei|hev|mif|msf)/.test(text(bytes, 8, 12)) ? "HEIC" : null;
}

/**
 * Width and height, so that nothing huge is decoded; and whether the end of the file is there, because a
 * browser shows the upper half of half a photo.
 * @returns {{size: number[] | null, isWhole: boolean}} no size where only decoding tells it
 */
export function look(bytes, kind) {
  try {
    if (kind === "PNG") return lookAtPng(bytes);
    if (kind === "JPEG") return lookAtJpeg(bytes);
    if (kind === "GIF") return { size: [6, 8].map((at) => view(bytes).getUint16(at, true)), isWhole: true };
    return { size: null, isWhole: true };
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return { size: null, isWhole: false }; // the file ends too early
  }
}

/** A PNG file is a row of chunks, each with its length and its name; the last one is called IEND. */
function lookAtPng(bytes) {
  const file = view(bytes);
  const size = [file.getUint32(16), file.getUint32(20)];
  let at = 8;
  while (text(bytes, at + 4, at + 8) !== "IEND") at += file.getUint32(at) + 12;
  return { size, isWhole: at + 12 <= bytes.length };
}

/** A JPEG file is a row of segments; the picture's pixels begin after the one called SOS, up to EOI. */
function lookAtJpeg(bytes) {
  const file = view(bytes);
  let size = null;
  let at = 2;
  for (;;) {
    const marker = file.getUint16(at);
    if (marker === 0xffff) {
      at += 1; // filled up
      continue;
    }
    const isFrame = marker >= 0xffc0 && marker <= 0xffcf && ![0xffc4, 0xffc8, 0xffcc].includes(marker);
    if (isFrame) size ??= [file.getUint16(at + 7), file.getUint16(at + 5)];
    if (marker === 0xffda) return { size, isWhole: hasEnd(bytes, at) };
    if (marker < 0xff01) return { size, isWhole: false };
    at += 2 + file.getUint16(at + 2);
  }
}

function hasEnd(bytes, start) {
  for (let at = bytes.indexOf(0xff, start); at >= 0; at = bytes.indexOf(0xff, at + 1)) {
    if (bytes[at + 1] === 0xd9) return true;
  }
  return false;
}
