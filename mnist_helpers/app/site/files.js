/** Where the app's files come from: the place it was loaded from, or the page itself. */

/** Whether the app is one file, with everything inside. */
export function isEmbedded() {
  return document.querySelector("script[data-file]") !== null;
}

/**
 * @param {string} file path from the app's folder
 * @returns {Promise<ArrayBuffer>}
 */
export async function read(file) {
  const embedded = document.querySelector(`script[data-file="${file}"]`);
  if (embedded !== null) return decodeBase64(embedded.textContent.trim());
  const response = await fetch(file);
  if (!response.ok) throw new Error(`the server answered ${response.status}`);
  return response.arrayBuffer();
}

function decodeBase64(text) {
  return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)).buffer;
}
