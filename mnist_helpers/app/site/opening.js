/** Open a picture's file, turned as the camera was held, or say in one sentence why not. */

import { kindOf, look } from "./headers.js";
import { Refusal } from "./ink.js";
import { preparePhoto } from "./photo.js";

const [MOST_BYTES, MOST_PIXELS, LONGEST_SIDE] = [100e6, 50e6, 20_000];

const UNREADABLE = "the file cannot be read; allow this app to read it, or choose the picture again";
const EMPTY = "the file is empty; take or choose the picture again";
const NO_PICTURE = "this is not a picture that a browser can read; save it as PNG or JPEG";
const HEIC =
  "this browser cannot read HEIC photos; set the camera to JPEG (“most compatible”), or send a screenshot of it";
const TOO_LARGE = "the picture has too many pixels, or none; make a smaller copy";
const BROKEN = "the picture is damaged, or only a part of it has arrived; take or save it anew";

/**
 * Everything from a file to the 28×28 pixels.
 * @param {Blob} file
 * @returns {Promise<import("./photo.js").Prepared>}
 */
export async function prepareFile(file) {
  let bitmap = null;
  try {
    bitmap = await decode(file);
    return preparePhoto(sourceOf(bitmap));
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return { steps: {}, image: null, problem: error.message };
  } finally {
    bitmap?.close();
  }
}

/** @throws {Refusal} with what is wrong with the file */
async function decode(file) {
  if (file.size === 0) throw new Refusal(EMPTY);
  if (file.size > MOST_BYTES) throw new Refusal(TOO_LARGE);
  const bytes = new Uint8Array(await file.arrayBuffer().catch(() => refuse(UNREADABLE)));
  const kind = kindOf(bytes);
  if (kind === null) throw new Refusal(NO_PICTURE);
  const { size, isWhole } = look(bytes, kind);
  if (size !== null) requirePixels(...size);
  if (!isWhole) throw new Refusal(BROKEN);
  const how = { colorSpaceConversion: "none" }; // upright without being asked
  const bitmap = await createImageBitmap(file, how).catch(() => refuse(kind === "HEIC" ? HEIC : BROKEN));
  requirePixels(bitmap.width, bitmap.height);
  return bitmap;
}

function refuse(problem) {
  throw new Refusal(problem);
}

function requirePixels(width, height) {
  const isRight = width * height > 0 && width * height <= MOST_PIXELS && Math.max(width, height) <= LONGEST_SIDE;
  if (!isRight) throw new Refusal(TOO_LARGE);
}

/**
 * A decoded picture's rows, on a canvas that is as high as they are: phones allow no canvas of any size.
 * @returns {import("./photo.js").Source}
 */
function sourceOf(bitmap) {
  const { width, height } = bitmap;
  let canvas = null;
  let context = null;
  const rows = (top, count) => {
    if (canvas?.height !== count) {
      canvas = createCanvas(width, count);
      context = canvas.getContext("2d", { willReadFrequently: true });
    }
    context.clearRect(0, 0, width, count);
    context.drawImage(bitmap, 0, -top);
    return context.getImageData(0, 0, width, count).data;
  };
  return { width, height, rows };
}

function createCanvas(width, height) {
  if (typeof OffscreenCanvas !== "undefined") return new OffscreenCanvas(width, height);
  return Object.assign(document.createElement("canvas"), { width, height });
}
