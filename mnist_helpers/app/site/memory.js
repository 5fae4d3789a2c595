/** The drawings that a person corrected: kept in this browser alone, or saved as a file for the notebooks. */

const PLACE = "draw-a-digit-hand";
const FORMAT = 1; // mnist_helpers/app/hand.py reads the same number
const PIXELS = 28 * 28;

/** What is kept cannot be used. */
class MemoryProblem extends Error {}

/** @param {import("./learning.js").Example[]} drawings */
export function asText(drawings) {
  const listed = drawings.map(({ digit, image }) => ({ digit, image: btoa(String.fromCharCode(...image)) }));
  return JSON.stringify({ format: FORMAT, drawings: listed });
}

/**
 * @returns {import("./learning.js").Example[]}
 * @throws {MemoryProblem} for a text that `asText` did not write
 */
function fromText(text) {
  try {
    const { format, drawings } = JSON.parse(text);
    if (format !== FORMAT) throw new MemoryProblem();
    return drawings.map(({ digit, image }) => {
      const pixels = Uint8Array.from(atob(image), (letter) => letter.charCodeAt(0));
      if (!(Number.isInteger(digit) && digit >= 0 && digit <= 9)) throw new MemoryProblem();
      if (pixels.length !== PIXELS) throw new MemoryProblem();
      return { digit, image: pixels };
    });
  } catch {
    throw new MemoryProblem("The drawings kept in this browser are damaged and were thrown away.");
  }
}

/**
 * @returns {import("./learning.js").Example[]} none if nothing is kept, or the browser keeps nothing
 * @throws {MemoryProblem} what was kept is damaged; it is gone now
 */
export function recall() {
  let text = null;
  try {
    text = localStorage.getItem(PLACE);
  } catch {
    // Some private windows, and pages in an IFrame, may keep nothing.
  }
  if (text === null) return [];
  try {
    return fromText(text);
  } catch (error) {
    keep([]);
    throw error;
  }
}

/** Keep these drawings instead of those before; false if the browser does not let us. */
export function keep(drawings) {
  try {
    if (drawings.length === 0) localStorage.removeItem(PLACE);
    else localStorage.setItem(PLACE, asText(drawings));
    return true;
  } catch {
    return false;
  }
}
