import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  plugins: [react()],
  resolve: { alias: { "@": at("./src") } },
  build: {
    outDir: at("../src/checkdam/web"),
    emptyOutDir: true,
    // The content security policy allows no data: fonts or scripts; keep every asset a file.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  server: {
    proxy: { "/api": process.env.CHECKDAM_SERVER ?? "http://127.0.0.1:8000" },
  },
  test: { include: ["src/**/*.test.{ts,tsx}"], environment: "node" },
});
