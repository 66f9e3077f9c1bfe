/** Builds the web app: `web/` in, `dist/web` out, one chunk a room so that the first screen stays small. */
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

export default defineConfig({
  root: "web",
  plugins: [react()],
  build: {
    outDir: "../dist/web",
    emptyOutDir: true,
    target: "es2022",
    // The content policy allows images from data: but scripts and fonts only from this server.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  server: {
    proxy: Object.fromEntries(
      ["/v1", "/auth", "/readyz", "/healthz"].map((path) => [
        path,
        process.env["THROUGHLINE_URL"] ?? "http://localhost:3000",
      ]),
    ),
  },
});
