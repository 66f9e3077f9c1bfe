// Sets the colour scheme before the first paint, so that a dark screen never flashes white. A file of its own, because
// the content policy allows no inline scripts. The key and the attribute are Mantine's.
(() => {
  let chosen = "auto";
  try {
    chosen = localStorage.getItem("throughline.theme") || "auto";
  } catch (refusal) {
    // Storage is off in this browser: the system's scheme it is.
    void refusal;
  }
  const dark =
    chosen === "dark" || (chosen !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.setAttribute("data-mantine-color-scheme", dark ? "dark" : "light");
  document.documentElement.style.background = dark ? "#151a1f" : "#f7f8f8";
})();
