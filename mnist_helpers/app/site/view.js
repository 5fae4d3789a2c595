/** What the page shows of an answer: the digit, ten bars, the 28×28 pixels, and a spoken sentence. */

const SPEAK_AFTER = 700; // milliseconds of rest, so that a screen reader is not interrupted all the time
const INVITATION = "Draw a digit";
export const NO_DIGIT = "This does not look like one digit.";

/** As on the course's pages: a softmax does not reach 100%, so rounding should not either. */
export function percent(probability) {
  return probability < 0.9995 ? `${(100 * probability).toFixed(1)}%` : ">99.9%";
}

/** The answer in one sentence; if there is a drawing and no answer, the reason. */
function describe(probabilities, image, reason) {
  if (image === null) return "The canvas is empty.";
  if (probabilities === null || reason !== "") return reason;
  const order = [...probabilities.keys()].sort((one, other) => probabilities[other] - probabilities[one]);
  const [first, second] = order;
  const sentence = `This looks like ${first}, ${percent(probabilities[first])}.`;
  if (probabilities[second] < 0.05) return sentence;
  return `${sentence} Or ${second}, ${percent(probabilities[second])}.`;
}

/** The parts of the page that change with every piece of a stroke. */
export class View {
  /** @param {Document | HTMLElement} root holds elements with data-part of these names */
  constructor(root) {
    const part = (name) => root.querySelector(`[data-part="${name}"]`);
    this.image = null; // what is shown of a drawing
    this.digit = part("digit");
    this.confidence = part("confidence");
    this.spoken = part("spoken");
    this.seen = part("seen").getContext("2d");
    this.bars = Array.from({ length: 10 }, (_, digit) => createBar(part("bars"), digit));
  }

  /**
   * @param {Float32Array | null} probabilities null without an answer
   * @param {Uint8Array | null} image what the model sees; null for an empty canvas
   * @param {string} reason why a drawing has no answer; the probabilities are shown all the same
   */
  show(probabilities, image, reason = "") {
    const best = probabilities === null || reason !== "" ? -1 : probabilities.indexOf(Math.max(...probabilities));
    this.digit.textContent = best < 0 ? "?" : best;
    this.confidence.textContent = best < 0 ? reason : percent(probabilities[best]);
    this.confidence.classList.toggle("reason", reason !== "");
    if (image === null) this.confidence.textContent = INVITATION;
    this.bars.forEach((bar, digit) => {
      const probability = probabilities?.[digit] ?? 0;
      bar.row.classList.toggle("best", digit === best);
      bar.fill.style.setProperty("--share", probability);
      bar.number.textContent = probabilities === null ? "" : percent(probability);
      bar.row.setAttribute("aria-valuenow", Math.round(100 * probability));
    });
    this.showImage(image);
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.say(describe(probabilities, image, reason)), SPEAK_AFTER);
  }

  /** Show what the model sees; black for null. */
  showImage(image) {
    this.image = image;
    const picture = this.seen.createImageData(28, 28);
    const levels = image ?? new Uint8Array(28 * 28);
    levels.forEach((grey, pixel) => picture.data.set([grey, grey, grey, 255], 4 * pixel));
    this.seen.putImageData(picture, 0, 0);
  }

  say(sentence) {
    if (this.spoken.textContent !== sentence) this.spoken.textContent = sentence;
  }
}

function createBar(group, digit) {
  const row = document.createElement("div");
  const [label, track, fill, number] = ["b", "span", "i", "small"].map((tag) => document.createElement(tag));
  row.setAttribute("role", "meter");
  row.setAttribute("aria-label", `Digit ${digit}, percent`);
  label.textContent = digit;
  track.append(fill);
  row.append(label, track, number);
  group.append(row);
  return { row, fill, number };
}
