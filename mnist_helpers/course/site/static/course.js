// Opened from a disk, a browser loads no modules: the app comes in one file there.
if (location.protocol === "file:") {
  document.addEventListener("DOMContentLoaded", () => {
    for (const link of document.querySelectorAll('a[href$="app/index.html"]')) {
      link.href = link.href.replace("index.html", "in_one_file.html");
    }
  });
}

if (window.mermaid) {
  mermaid.initialize({ startOnLoad: true, theme: "neutral", securityLevel: "strict" });
}
