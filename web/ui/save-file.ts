/** Handing a text to the person as a file. */

/** Saves `content` under `name` on the person's device. */
export function saveFile(name: string, content: string | Blob, type = "text/plain"): void {
  const address = URL.createObjectURL(typeof content === "string" ? new Blob([content], { type }) : content);
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  // The browser has taken its own reference to the content by the next task.
  setTimeout(() => URL.revokeObjectURL(address), 0);
}
